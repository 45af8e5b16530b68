"""How often the twin lets a bot send."""

import pytest

from channels.telegram.twin.limits import Limits, Pace
from channels.telegram.twin.refusals import Refused


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def refused(limits: Limits, chat: str, messages: int = 1) -> int:
    """The seconds to wait; 0 when it may be sent."""
    try:
        limits.count(chat, messages)
    except Refused as error:
        wait = error.parameters["retry_after"]
        return wait if error.description == f"Too Many Requests: retry after {wait}" else -1
    return 0


def test_one_a_second_to_each_chat():
    clock = Clock()
    limits = Limits(Pace(burst=1), clock)
    assert [refused(limits, "a"), refused(limits, "a"), refused(limits, "b")] == [0, 1, 0]
    clock.now += 1
    assert [refused(limits, "a"), refused(limits, "a")] == [0, 1]


def test_thirty_a_second_in_all():
    clock = Clock()
    limits = Limits(Pace(), clock)
    assert [refused(limits, str(chat)) for chat in range(31)] == [0] * 30 + [1]
    clock.now += 0.5
    assert [refused(limits, str(chat)) for chat in range(40, 56)] == [0] * 15 + [1]


def test_an_album_counts_whole():
    limits = Limits(Pace(), Clock())
    assert refused(limits, "a", 10) == 0
    assert refused(limits, "a") == 1


def test_who_waits_as_told_is_not_refused_again():
    clock = Clock()
    limits = Limits(Pace(burst=1), clock)
    for _ in range(20):
        assert refused(limits, "a") == 0
        clock.now += refused(limits, "a")


def test_switched_off():
    limits = Limits(None, Clock())
    assert not any(refused(limits, "a") for _ in range(100))


@pytest.mark.parametrize("burst", [1, 3, 5])
def test_a_burst(burst: int):
    limits = Limits(Pace(burst=burst), Clock())
    assert [refused(limits, "a") for _ in range(burst + 1)] == [0] * burst + [1]
