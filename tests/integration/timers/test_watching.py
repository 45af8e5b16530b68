"""Timers of real conversations: started, ended, warned of, broken; and the list by deadline."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.conversations import repository as conversations
from hub.conversations import update
from hub.conversations.inbound.rated import RatingReader
from hub.conversations.repository import Filter
from hub.conversations.status import ConversationStatus, Patch
from hub.db.engine import Database, WriteSession
from hub.db.reader import Handler
from hub.desk.routing import RoutingReader
from hub.due import queue
from hub.due.loop import Pace
from hub.errors import Conflict, Invalid
from hub.events import Event
from hub.operators.access import SYSTEM
from hub.rules import repository
from hub.rules.actions import Tools
from hub.rules.reader import RuleReader
from hub.rules.yaml_text import read
from hub.timers import policies, watching
from hub.timers.watching import TimerReader, Timers
from tests.channels import INSTALLED
from tests.integration.deliveries.scene import Turned
from tests.integration.desk.office import Office

MINUTE = timedelta(minutes=1)
EXAMPLES = Path(__file__).parents[3] / "docs" / "examples" / "rules"
NEW: dict[str, Any] = {
    "name": "All",
    "position": 0,
    "inboxes": [],
    "teams": [],
    "priority": 0,
    "first_reply": 60,
    "next_reply": 30,
    "resolution": 480,
    "warn_percent": 80,
}


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database, Turned())


async def promise(office: Office, **changes: object) -> None:
    async with office.database.transaction() as session:
        await policies.create(session, {**NEW, **changes}, office.clock())
        await watching.anew(session, office.clock())
    await due(office)


async def look(office: Office) -> Sequence[Event]:
    """Let the reader read on."""
    events = await office.news()
    async with office.database.transaction() as session:
        await TimerReader(office.clock)(session, events)
    return events


async def due(office: Office, database: Database | None = None) -> None:
    """Do what is due, until nothing is."""
    handlers = Timers(database or office.database, office.clock).handlers
    for _ in range(20):
        async with (database or office.database).transaction() as session:
            claims = await queue.claim(
                session, list(handlers), now=office.clock(), limit=100, lease=Pace().lease
            )
        if not claims:
            return
        for one in claims:
            await handlers[one.kind]([one])
    raise AssertionError("it never ends")


async def told(office: Office) -> list[tuple[str, str]]:
    rows = await office.execute(
        "SELECT type, data FROM pending_events WHERE type LIKE 'conversation.timer_%' ORDER BY n"
    )
    return [(row.type.removeprefix("conversation.timer_"), row.data["timer"]) for row in rows]


async def deadline(office: Office) -> datetime | None:
    [row] = await office.conversations()
    found: datetime | None = row.due_at
    return found


async def test_a_promise_is_warned_of_broken_and_told_once(
    office: Office, database_url: str
) -> None:
    inbox = await office.inbox(None)
    await promise(office)
    await office.writes(inbox, "anna", "Hello")
    await look(office)
    start = office.clock()
    assert await deadline(office) == start + 60 * MINUTE
    office.time.turn(minutes=48)
    await due(office)
    assert await told(office) == [("warned", "first_reply")]
    office.time.turn(minutes=12)
    async with Database.open(database_url) as second:
        await due(office)
        await due(office, second)
    assert await told(office) == [("warned", "first_reply"), ("breached", "first_reply")]
    await office.writes(inbox, "anna", "Are you there?")
    await look(office)
    await due(office)
    assert len(await told(office)) == 2, "another message does not start it again"
    assert await deadline(office) == start + 60 * MINUTE


@pytest.mark.parametrize("ends", ["answered", "closed", ""])
async def test_a_low_score_is_a_deadline_without_any_promise(office: Office, ends: str) -> None:
    inbox = await office.inbox(None)
    await office.writes(inbox, "anna", "Hello")
    [row] = await office.conversations()
    score = {"button": f"rate:{row.id.hex}:1"}
    await office.writes(inbox, "anna", "1", data=score)
    events = await office.news()
    async with office.database.transaction() as session:
        await RatingReader(office.clock)(session, events)
    await look(office)
    assert await deadline(office) == office.clock() + timedelta(hours=24)
    if ends == "answered":
        await office.execute("UPDATE conversations SET waiting_since = NULL")
    if ends:
        async with office.database.transaction() as session:
            patch = (
                Patch(status=ConversationStatus.CLOSED) if ends == "closed" else Patch(priority=1)
            )
            await update.update(session, row.id, patch, by=update.HUB, now=office.clock())
        await look(office)
        assert await deadline(office) is None
    office.time.turn(minutes=24 * 60)
    await due(office)
    assert await told(office) == ([] if ends else [("breached", "call_back")])


async def test_answered_in_time_nothing_is_told(office: Office) -> None:
    inbox = await office.inbox(None)
    anna = await office.operator("anna")
    await promise(office, resolution=None)
    await office.writes(inbox, "c", "Hello")
    await look(office)
    [row] = await office.conversations()
    office.time.turn(minutes=30)
    await office.execute(
        "UPDATE conversations SET waiting_since = NULL, first_replied_at = :now",
        now=office.clock(),
    )
    async with office.database.transaction() as session:
        patch = Patch(assignee_id=anna.id)
        await update.update(session, row.id, patch, by=update.HUB, now=office.clock())
    await look(office)
    assert await deadline(office) is None
    assert await office.next_ready() is None, "nothing waits any more"
    office.time.turn(minutes=60)
    await office.writes(inbox, "c", "And then?")
    await look(office)
    assert await deadline(office) == office.clock() + 30 * MINUTE


async def test_promises_made_changed_and_taken_back_reach_who_waits_already(
    office: Office,
) -> None:
    inbox = await office.inbox(None)
    await office.writes(inbox, "c", "Hello")
    await look(office)
    start = office.clock()
    assert await deadline(office) is None
    await promise(office, next_reply=None, resolution=None)
    assert await deadline(office) == start + 60 * MINUTE
    [row] = await office.execute("SELECT id FROM timer_policies")
    async with office.database.transaction() as session:
        await policies.update(session, row.id, {"first_reply": 10})
        await watching.anew(session, office.clock())
    await due(office)
    assert await deadline(office) == start + 10 * MINUTE
    async with office.database.transaction() as session:
        await policies.remove(session, row.id)
        await watching.anew(session, office.clock())
    await due(office)
    assert await deadline(office) is None
    assert await office.execute("SELECT 1 FROM conversation_timers") == []


async def test_a_team_that_goes_leaves_the_promises_of_others(office: Office) -> None:
    inbox = await office.inbox(None)
    gone, stays = await office.team(inbox), await office.team(inbox)
    await promise(office, name="both", teams=[gone, stays])
    await promise(office, name="alone", teams=[stays])
    [both] = await office.execute("SELECT id FROM timer_policies WHERE name = 'both'")
    async with office.database.transaction() as session:
        assert await policies.forget_team(session, gone)
        assert not await policies.forget_team(session, gone)
        assert (await policies.get(session, both.id))["teams"] == [stays]
        with pytest.raises(Conflict, match="alone: alone, both"):
            await policies.forget_team(session, stays)
        # What is kept is not asked for again: only what is given.
        await without_team(session, stays)
        await policies.update(session, both.id, {"first_reply": 5})
        with pytest.raises(Invalid):
            await policies.update(session, both.id, {"teams": [stays]})


async def without_team(session: WriteSession, team_id: UUID) -> None:
    await session.execute(text("DELETE FROM teams WHERE id = :id"), {"id": team_id})


async def test_the_list_shows_what_is_due_soonest_first(office: Office) -> None:
    slow, quick = await office.inbox(None, name="slow"), await office.inbox(None, name="quick")
    await promise(office, name="quick", inboxes=[quick], first_reply=5, resolution=None)
    await promise(office, name="slow", position=1, inboxes=[slow], resolution=None)
    free = await office.inbox(None, name="free")
    for inbox, who in ((slow, "a"), (free, "b"), (quick, "c"), (slow, "d")):
        await office.writes(inbox, who, "Hello")
        office.time.turn(minutes=1)
    await look(office)
    seen = []
    after = None
    for _ in range(5):
        async with office.database.reading() as session:
            items, after = await conversations.page(
                session, SYSTEM, Filter(), limit=2, after=after, sort="due"
            )
        seen += [one["customer"]["contact_point"]["value"] for one in items]
        if after is None:
            break
    assert seen == ["c", "a", "d", "b"]


async def test_a_broken_promise_is_escalated_by_the_shipped_rules(office: Office) -> None:
    inbox = await office.inbox(None)
    anna, boris = await office.operator("anna"), await office.operator("boris")
    await office.team(inbox, anna, boris)
    await office.comes(anna)
    for spec in read((EXAMPLES / "reply-times.yaml").read_text(encoding="utf-8"), "reply-times"):
        async with office.database.transaction() as session:
            on = spec.model_copy(update={"enabled": True})
            await repository.store(session, on, channels=INSTALLED, now=office.clock())
    await promise(office, resolution=None)
    await office.writes(inbox, "c", "Hello")
    await read_on(office)
    await office.hand_out()
    assert await office.whose() == {"c": "anna"}
    await office.comes(boris)
    for minutes in (48, 12):
        office.time.turn(minutes=minutes)
        await due(office)
        await read_on(office)
    [row] = await office.conversations()
    assert (row.labels, row.priority) == (["due soon"], 4)
    await office.hand_out()
    assert await office.whose() == {"c": "boris"}, "who has waited longer for one gets it"


_TAKE_AWAY = """
name: Nobody keeps it
enabled: true
trigger: {on: conversation.assigned}
actions:
  - assign: {operator: nobody}
"""


async def test_a_rule_that_takes_away_what_was_given_comes_to_an_end(office: Office) -> None:
    inbox = await office.inbox(None)
    anna, boris = await office.operator("anna"), await office.operator("boris")
    await office.team(inbox, anna, boris)
    await office.comes(anna)
    await office.comes(boris)
    home = await office.contact("c")
    await office.execute(
        "UPDATE customers SET owner_id = :owner WHERE id = :id", owner=anna.id, id=home.root_id
    )
    for spec in read(_TAKE_AWAY, "take-away"):
        async with office.database.transaction() as session:
            await repository.store(session, spec, channels=INSTALLED, now=office.clock())
    await office.writes(inbox, "c", "Hello")
    rounds = 0
    while await read_on(office):
        await office.hand_out()
        rounds += 1
        assert rounds < 10, "it never ends"
    assert await office.whose() == {"c": "boris"}, "who had it does not get it again"


async def read_on(office: Office) -> int:
    """Let every reader read on; how many events that were."""
    events = await office.news()
    readers: list[Handler] = [
        TimerReader(office.clock),
        RoutingReader(office.clock),
        RuleReader(Tools(office.registry), office.clock),
    ]
    for reader in readers:
        async with office.database.transaction() as session:
            await reader(session, events)
    return len(events)
