"""The demo's clock: never backwards, never ahead of the wall, today in the end."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.demo.clock import LeapingClock

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)


class Wall:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@given(st.lists(st.tuples(st.floats(0, 1e5), st.floats(-2e6, 2e6)), max_size=20))
def test_it_runs_forwards_and_never_overtakes_the_wall(moves: list[tuple[float, float]]):
    wall = Wall()
    clock = LeapingClock(wall, NOON - timedelta(days=8))
    last = clock()
    for passed, leap in moves:
        wall.now += timedelta(seconds=passed)
        clock.leap_to(NOON + timedelta(seconds=leap))
        assert last <= clock() <= wall.now
        last = clock()
    clock.catch_up()
    assert clock() == wall.now


def test_it_leaps_to_the_hour_and_runs_on_from_there():
    wall = Wall()
    clock = LeapingClock(wall, NOON - timedelta(days=8))
    assert clock() == NOON - timedelta(days=8)
    clock.leap_to(NOON - timedelta(days=3))
    wall.now += timedelta(seconds=2)
    assert clock() == NOON - timedelta(days=3) + timedelta(seconds=2)


def test_a_beginning_ahead_is_now():
    assert LeapingClock(Wall(), NOON + timedelta(days=1))() == NOON
