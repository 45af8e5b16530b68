"""What the relay has just numbered is had from memory only where it joins on to what one has."""

from datetime import UTC, datetime

import pytest

from hub.db.fresh import KEPT, FreshEvents
from hub.events import Event
from hub.ids import new_id

AT = datetime(2026, 5, 3, tzinfo=UTC)


def events(first: int, last: int) -> list[Event]:
    return [
        Event(seq, new_id(), "note.created", AT, None, None, None, None, None, {}, None, 0)
        for seq in range(first, last + 1)
    ]


def numbers(fresh: FreshEvents, after: int, limit: int = 100) -> list[int]:
    return [event.seq for event in fresh.after(after, limit)]


@pytest.fixture
def fresh() -> FreshEvents:
    """Holds 5 to 9."""
    made = FreshEvents()
    made.add(events(5, 7))
    made.add(events(8, 9))
    return made


def test_what_comes_next_is_at_hand(fresh: FreshEvents) -> None:
    assert numbers(fresh, 4) == [5, 6, 7, 8, 9]
    assert numbers(fresh, 7) == [8, 9]
    assert numbers(fresh, 4, limit=2) == [5, 6]


@pytest.mark.parametrize("after", [0, 3, 9, 10, 500])
def test_whoever_is_further_back_or_ahead_asks_the_log(fresh: FreshEvents, after: int) -> None:
    assert numbers(fresh, after) == []


def test_nothing_is_known_at_first() -> None:
    assert numbers(FreshEvents(), 0) == []


def test_a_gap_is_never_bridged(fresh: FreshEvents) -> None:
    # 10 and 11 were numbered by another node.
    fresh.add(events(12, 13))
    assert numbers(fresh, 9) == []
    assert numbers(fresh, 11) == [12, 13]


def test_only_so_many_are_kept() -> None:
    fresh = FreshEvents()
    fresh.add(events(1, KEPT + 5))
    assert numbers(fresh, 4) == []
    assert numbers(fresh, 5) == list(range(6, 106))
