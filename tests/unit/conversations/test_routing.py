"""Which conversation a message joins: the rules as a table, and what holds for every sequence."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.conversations.routing import (
    Arrival,
    Existing,
    Known,
    Opened,
    place,
    route,
)

NOW = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
REOPENS_WITHIN = 7 * DAY


def uid(number: int) -> UUID:
    return UUID(int=number)


ANNA, BORIS, INBOX = uid(1), uid(2), uid(3)


def known(number: int, status: str = "open", **changed: Any) -> Known:
    facts: dict[str, Any] = {
        "id": uid(number),
        "root_id": ANNA,
        "inbox_id": INBOX,
        "pool": "main",
        "status": status,
        "opened_at": NOW - 30 * DAY,
        "updated_at": NOW - DAY,
        "closed_at": NOW - DAY if status == "closed" else None,
    }
    return Known(**{**facts, **changed})


def arrival(number: int = 100, **changed: Any) -> Arrival:
    facts: dict[str, Any] = {
        "id": uid(number),
        "root_id": ANNA,
        "inbox_id": INBOX,
        "pool": "main",
        "at": NOW,
    }
    return Arrival(**{**facts, **changed})


LATELY = NOW - REOPENS_WITHIN + timedelta(seconds=1)
LONG_AGO = NOW - REOPENS_WITHIN


@pytest.mark.parametrize(
    ("message", "conversations", "expected"),
    [
        pytest.param({}, [], Opened("open"), id="a first message opens one"),
        pytest.param({}, [known(10)], Existing(uid(10)), id="an open one is joined"),
        pytest.param({}, [known(10, "pending")], Existing(uid(10)), id="a pending one is joined"),
        pytest.param({}, [known(10, "snoozed")], Existing(uid(10)), id="a snoozed one is joined"),
        pytest.param({}, [known(10, "closed")], Opened("open"), id="a closed one is not"),
        pytest.param(
            {},
            [known(10), known(11, "snoozed", updated_at=NOW)],
            Existing(uid(11)),
            id="the newest is joined, whatever its state",
        ),
        pytest.param({}, [known(10, pool="sales")], Opened("open"), id="not of another pool"),
        pytest.param({}, [known(10, root_id=BORIS)], Opened("open"), id="not another customer's"),
        pytest.param(
            {"named": (uid(10),)},
            [known(10), known(11, updated_at=NOW)],
            Existing(uid(10)),
            id="the named one goes before the newest",
        ),
        pytest.param(
            {"named": (uid(11), uid(10))},
            [known(10), known(11)],
            Existing(uid(11)),
            id="what is named first goes first",
        ),
        pytest.param(
            {"named": (uid(10),)},
            [known(10, "closed", closed_at=LATELY)],
            Existing(uid(10)),
            id="a named one closed lately is joined",
        ),
        pytest.param(
            {"named": (uid(10),)},
            [known(10, "closed", closed_at=LONG_AGO)],
            Opened("open"),
            id="a named one closed long ago is not",
        ),
        pytest.param(
            {"named": (uid(10),), "silence": 8 * DAY},
            [known(10, "closed", closed_at=LONG_AGO)],
            Existing(uid(10)),
            id="its inbox says how long",
        ),
        pytest.param(
            {"named": (uid(10),), "silence": 0 * DAY},
            [known(10, "closed", closed_at=NOW)],
            Opened("open"),
            id="no day at all: what is closed stays so",
        ),
        pytest.param(
            {"named": (uid(11), uid(10))},
            [known(10), known(11, "closed", closed_at=LONG_AGO)],
            Existing(uid(10)),
            id="the next named one is tried",
        ),
        pytest.param(
            {"named": (uid(10),)},
            [known(10, root_id=BORIS), known(11)],
            Existing(uid(11)),
            id="another customer's named one is not joined",
        ),
        pytest.param(
            {"named": (uid(10),)},
            [known(10, pool="sales")],
            Existing(uid(10)),
            id="a named one of another pool is joined",
        ),
        pytest.param({"automatic": True}, [], Opened("closed"), id="automatic: born closed"),
        pytest.param(
            {"automatic": True},
            [known(10, "closed", closed_at=LONG_AGO), known(11, "closed", updated_at=NOW)],
            Existing(uid(11)),
            id="automatic: joins the newest, though closed",
        ),
        pytest.param({"imported": True}, [], Opened("closed"), id="imported: born closed"),
        pytest.param(
            {"imported": True, "at": NOW - 400 * DAY},
            [known(10)],
            Opened("closed"),
            id="imported: not into what did not live then",
        ),
        pytest.param(
            {"imported": True, "at": NOW - 10 * DAY},
            [known(10), known(11, "closed", closed_at=NOW - 12 * DAY)],
            Existing(uid(11)),
            id="imported: into what was alive around then, the later opened first",
        ),
        pytest.param(
            {"imported": True, "at": NOW - 35 * DAY},
            [known(10)],
            Existing(uid(10)),
            id="imported: also just before it opened",
        ),
        pytest.param(
            {"imported": True, "at": NOW - 33 * DAY, "named": (uid(10),)},
            [known(10, "closed", closed_at=NOW - 35 * DAY)],
            Existing(uid(10)),
            id="imported: closed lately by its own time",
        ),
    ],
)
def test_the_rules(
    message: dict[str, Any], conversations: list[Known], expected: Existing | Opened
) -> None:
    assert route(arrival(**message), conversations, NOW) == expected
    assert route(arrival(**message), conversations[::-1], NOW) == expected


def placed(arrivals: list[Arrival], conversations: list[Known]):
    numbers = count(1000)
    return place(arrivals, conversations, NOW, lambda: uid(next(numbers)))


@pytest.mark.parametrize("status", ["pending", "snoozed", "closed"])
def test_a_live_message_opens_what_it_joins(status: str) -> None:
    [placement] = placed([arrival(named=(uid(10),))], [known(10, status)])
    assert placement.reopened
    assert placement.was == status
    after = placement.conversation
    assert (after.status, after.closed_at, after.updated_at) == ("open", None, NOW)


@pytest.mark.parametrize("status", ["open", "pending", "snoozed", "closed"])
@pytest.mark.parametrize("kind", ["automatic", "imported"])
def test_automatic_and_imported_messages_wake_nobody(status: str, kind: str) -> None:
    before = known(10, status)
    [placement] = placed([arrival(named=(uid(10),), **{kind: True})], [before])
    assert placement.conversation == before
    assert not placement.reopened


def test_messages_of_one_batch_see_each_other() -> None:
    first, second, third = placed(
        [arrival(1), arrival(2), arrival(3, named=(uid(1),), pool="sales")], []
    )
    assert first.opened
    assert not second.opened
    assert first.conversation.id == second.conversation.id == third.conversation.id


def test_a_live_message_after_an_automatic_one_opens_its_own() -> None:
    first, second, third = placed([arrival(1, automatic=True), arrival(2), arrival(3)], [])
    assert (first.conversation.status, second.conversation.status) == ("closed", "open")
    assert first.conversation.id != second.conversation.id == third.conversation.id


@pytest.mark.parametrize("step", [1, -1], ids=["oldest first", "newest first"])
def test_history_falls_into_episodes(step: int) -> None:
    start, days = NOW - 200 * DAY, [1, 3, 8, 40, 44, 100][::step]
    placements = placed([arrival(day, imported=True, at=start + day * DAY) for day in days], [])
    episodes: dict[UUID, list[int]] = {}
    for day, placement in zip(days, placements, strict=True):
        episodes.setdefault(placement.conversation.id, []).append(day)
    assert sorted(sorted(one) for one in episodes.values()) == [[1, 3, 8], [40, 44], [100]]
    for after in {one.conversation.id: one.conversation for one in placements}.values():
        assert after.status == "closed"
        assert after.opened_at == start + min(episodes[after.id]) * DAY
        assert after.closed_at == start + max(episodes[after.id]) * DAY


messages = st.builds(
    arrival,
    st.integers(1, 10_000),
    root_id=st.sampled_from([ANNA, BORIS]),
    pool=st.sampled_from(["main", "sales"]),
    at=st.integers(0, 60).map(lambda days: NOW - days * DAY),
    automatic=st.booleans(),
    imported=st.booleans(),
)
conversations = st.lists(
    st.builds(
        known,
        st.integers(10, 40),
        st.sampled_from(["open", "pending", "snoozed", "closed"]),
        root_id=st.sampled_from([ANNA, BORIS]),
        pool=st.sampled_from(["main", "sales"]),
        updated_at=st.integers(0, 60).map(lambda days: NOW - days * DAY),
    ),
    max_size=6,
    unique_by=lambda one: one.id,
)


@given(st.lists(messages, max_size=12), conversations)
def test_what_holds_for_every_sequence(arrivals: list[Arrival], before: list[Known]) -> None:
    placements = placed(arrivals, before)
    states = {one.id: one for one in before}
    live_opened = 0
    for one, placement in zip(arrivals, placements, strict=True):
        after = placement.conversation
        assert after.root_id == one.root_id
        assert after.pool == one.pool
        if one.live:
            assert after.status == "open"
            live_opened += placement.opened
        else:
            was = states[after.id].status if after.id in states else "closed"
            assert after.status == was
        assert (after.closed_at is None) == (after.status != "closed")
        assert after.opened_at <= after.updated_at or not after.history
        states[after.id] = after
    # Whoever has an unfinished conversation never gets a second one.
    assert live_opened <= len({(one.root_id, one.pool) for one in arrivals if one.live})
