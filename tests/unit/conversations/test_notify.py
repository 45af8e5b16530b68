"""Whom an event concerns, as a function of the event and of who is in which circle."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from hub.conversations.notify import Circle, addressed
from hub.events import Event, EventType

ANNA, BORIS, CLARA = UUID(int=1), UUID(int=2), UUID(int=3)
TALK, TEAM = UUID(int=10), UUID(int=20)
CIRCLE = Circle({TALK: frozenset({ANNA, BORIS})}, {TEAM: frozenset({BORIS, CLARA})})
EVENT = Event(
    seq=1,
    id=UUID(int=99),
    type=EventType.MESSAGE_CREATED,
    occurred_at=datetime(2026, 5, 3, tzinfo=UTC),
    customer_id=UUID(int=30),
    conversation_id=TALK,
    stream_id=None,
    position=None,
    inbox_id=None,
    data={"direction": "inbound", "imported": False, "automatic": False},
    rule_id=None,
    depth=0,
)


def changed(**fields: list[Any]) -> Event:
    return EVENT._replace(type=EventType.CONVERSATION_UPDATED, data={"changed": fields})


def written(**facts: object) -> Event:
    return EVENT._replace(data={**EVENT.data, **facts})


NOTE = EVENT._replace(type=EventType.NOTE_CREATED, data={"mentions": [str(CLARA)]})


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        pytest.param(EVENT, {ANNA: "reply", BORIS: "reply"}, id="a customer writes"),
        pytest.param(written(automatic=True), {}, id="a machine of theirs"),
        pytest.param(written(imported=True), {}, id="history"),
        pytest.param(written(direction="outbound"), {}, id="we write"),
        pytest.param(EVENT._replace(conversation_id=None), {}, id="in no conversation"),
        pytest.param(NOTE, {CLARA: "mention"}, id="mentioned"),
        pytest.param(NOTE._replace(data={}), {}, id="a note for nobody"),
        pytest.param(changed(assignee=[None, str(ANNA)]), {ANNA: "assigned"}, id="assigned"),
        pytest.param(changed(assignee=[str(ANNA), None]), {}, id="taken away"),
        pytest.param(
            changed(team=[None, str(TEAM)]), {BORIS: "team", CLARA: "team"}, id="to a team"
        ),
        pytest.param(
            changed(team=[None, str(TEAM)], assignee=[None, str(BORIS)]),
            {BORIS: "assigned", CLARA: "team"},
            id="to a team and one of it",
        ),
        pytest.param(changed(status=["open", "closed"]), {}, id="something else"),
        pytest.param(changed(followers=[[], [str(ANNA)]]), {}, id="followed"),
    ],
)
def test_whom_an_event_concerns(event: Event, expected: dict[UUID, str]) -> None:
    assert addressed(event, CIRCLE) == expected
