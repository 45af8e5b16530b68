"""The leaky bucket."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.errors import TooMany
from hub.web.limits import Limits, Rate

NOW = datetime(2026, 5, 3, 9, 0, tzinfo=UTC)
RATE = Rate(10, per=60)


def take(limits, times, now=NOW, key="a"):
    return [limits.take(key, RATE, now) for _ in range(times)]


def test_so_many_at_once_and_no_more():
    limits = Limits()
    assert [one.remaining for one in take(limits, 10)] == list(range(9, -1, -1))
    with pytest.raises(TooMany) as refused:
        take(limits, 1)
    assert refused.value.retry_after == pytest.approx(6)


def test_room_comes_back_evenly():
    limits = Limits()
    take(limits, 10)
    take(limits, 1, NOW + timedelta(seconds=6))
    with pytest.raises(TooMany):
        take(limits, 1, NOW + timedelta(seconds=11))
    assert take(limits, 1, NOW + timedelta(seconds=66))[0].remaining == 9


def test_refused_calls_do_not_count():
    limits = Limits()
    take(limits, 10)
    for _ in range(100):
        with pytest.raises(TooMany):
            take(limits, 1)
    take(limits, 1, NOW + timedelta(seconds=6))


def test_callers_do_not_share():
    limits = Limits()
    take(limits, 10)
    take(limits, 10, key="b")


def test_headers_tell_limit_rest_and_reset():
    (one,) = take(Limits(), 1)
    assert one.headers() == {
        "RateLimit-Limit": "10",
        "RateLimit-Remaining": "9",
        "RateLimit-Reset": "6",
    }


def test_the_table_does_not_grow_for_ever(monkeypatch):
    monkeypatch.setattr("hub.web.limits._MOST_CALLERS", 100)
    limits = Limits()
    for number in range(1000):
        limits.take(str(number), RATE, NOW + timedelta(seconds=number))
    assert len(limits._empty_at) <= 100
