"""Beside a crowd other work stands aside, for a bounded time, and never stops."""

from dataclasses import dataclass

import pytest

from hub.db.crowd import ASIDE, LASTS, LONGEST, Crowd


@dataclass
class Stopwatch:
    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def watch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def crowd(watch: Stopwatch) -> Crowd:
    return Crowd(watch)


def test_without_a_crowd_nothing_stands_aside(crowd: Crowd):
    assert not crowd.presses
    assert [crowd.aside(10_000), crowd.aside(10_000)] == [0, 0]


def test_a_crowd_is_over_soon_after_it_was_last_noticed(crowd: Crowd, watch: Stopwatch):
    crowd.noticed()
    watch.at += LASTS - 1
    crowd.noticed()
    watch.at += LASTS - 1
    before = crowd.presses
    watch.at += 1
    assert (before, crowd.presses) == (True, False)
    assert crowd.aside(10_000) == 0


def test_beside_a_crowd_so_many_go_each_second(crowd: Crowd, watch: Stopwatch):
    crowd.noticed()
    assert [crowd.aside(2 * ASIDE), crowd.aside(ASIDE), crowd.aside(1)] == [0, 2, 3]
    watch.at += 1
    assert crowd.aside(0) == pytest.approx(2 + 1 / ASIDE)


def test_what_stood_aside_before_does_not_count_when_its_time_has_passed(
    crowd: Crowd, watch: Stopwatch
):
    crowd.noticed()
    crowd.aside(ASIDE)
    watch.at += 10
    crowd.noticed()
    assert crowd.aside(ASIDE) == 0
    assert crowd.aside(1) == 1


def test_nothing_stands_aside_for_longer_than_the_bound(crowd: Crowd, watch: Stopwatch):
    crowd.noticed()
    assert max(crowd.aside(1000 * ASIDE) for _ in range(5)) == LONGEST
    watch.at += LONGEST
    crowd.noticed()
    assert crowd.aside(1) == 0
