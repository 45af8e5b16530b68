"""When the lanes of a closed inbox look again by themselves."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from uuid import UUID

import pytest

from hub.deliveries.rests import LONGEST, PER_SECOND, SHORTEST, STEP, Rests

NOW = datetime(2026, 5, 4, 9, 0, 1, tzinfo=UTC)
INBOX, OTHER = UUID(int=1), UUID(int=2)


def test_a_lane_alone_looks_as_often_as_can_be():
    rests = Rests()
    now = NOW
    for _ in range(100):
        until = rests.until(INBOX, now)
        assert SHORTEST - STEP < until - now <= SHORTEST
        now = until


def test_one_inbox_does_not_slow_another_down():
    rests = Rests()
    for _ in range(10_000):
        rests.until(INBOX, NOW)
    assert rests.until(OTHER, NOW) <= NOW + SHORTEST


@pytest.mark.parametrize("lanes", [100, 2_000, 30_000])
def test_many_lanes_look_in_turn_and_each_within_the_longest_rest(lanes: int):
    """Also from their first minute on, when all of them have come at once."""
    rests = Rests()
    waiting = [(rests.until(INBOX, NOW), lane, NOW) for lane in range(lanes)]
    looks: Counter[datetime] = Counter()
    while waiting[0][0] < NOW + timedelta(minutes=40):
        at, lane, before = waiting[0]
        assert at - before <= LONGEST
        heappop(waiting)
        looks[at] += 1
        heappush(waiting, (rests.until(INBOX, at), lane, at))
    # In any ten minutes no more than the rate allows, or each once, whichever is more.
    bound = max(PER_SECOND * LONGEST.total_seconds(), lanes) * 1.05
    for start in range(0, 30, 5):
        since = NOW + timedelta(minutes=start)
        assert sum(n for at, n in looks.items() if since <= at < since + LONGEST) <= bound
