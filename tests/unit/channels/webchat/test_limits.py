"""Token buckets: how often, how long to wait, and who counts as one."""

import pytest

from channels.webchat.errors import Refused
from channels.webchat.limits import _KEPT, Buckets, Limits, Rate, network
from channels.webchat.settings import WebChatSettings


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_then_the_rate():
    time = Time()
    buckets = Buckets(Rate(per_minute=60, burst=3), time)
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 1]
    time.now += 1
    assert [buckets.take("a") for _ in range(2)] == [0, 1]
    time.now += 3600
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 1]


def test_what_costs_more_waits_longer():
    time = Time()
    buckets = Buckets(Rate(per_minute=60, burst=10), time)
    assert [buckets.take("a", 4) for _ in range(3)] == [0, 0, 2]
    assert buckets.take("a", 2) == 0


def test_each_key_has_its_own_bucket():
    buckets = Buckets(Rate(60, 1), Time())
    assert buckets.take("a") == 0
    assert buckets.take("b") == 0
    assert buckets.take("a") > 0


def test_zero_is_no_limit():
    buckets = Buckets(Rate(0, 1), Time())
    assert not any(buckets.take("a") for _ in range(1000))


def test_memory_is_bounded():
    buckets = Buckets(Rate(60, 1), Time())
    for number in range(_KEPT + 10):
        buckets.take(str(number))
    assert len(buckets._levels) == _KEPT
    assert buckets.take("0") == 0, "the oldest is forgotten"
    assert buckets.take(str(_KEPT + 9)) > 0, "the newest is not"


def _allowed(limits: Limits, visit: str, remote: str, tries: int = 1000) -> int:
    for number in range(tries):
        try:
            limits.check("messages", visit, remote)
        except Refused:
            return number
    return tries


def test_a_refusal_says_how_long_to_wait():
    limits = Limits(WebChatSettings(visits_per_minute=1), Time())
    limits.visit("192.0.2.1")
    limits.visit("192.0.2.1")
    with pytest.raises(Refused) as refused:
        limits.visit("192.0.2.1")
    assert refused.value.status == 429
    assert refused.value.response().headers["Retry-After"] == "60"


def test_messages_are_limited_for_each_visit():
    limits = Limits(WebChatSettings(), Time())
    assert _allowed(limits, "one", "192.0.2.1") == 20
    assert _allowed(limits, "two", "192.0.2.1") == 20


def test_messages_are_limited_for_each_address():
    limits = Limits(WebChatSettings(), Time())
    assert sum(_allowed(limits, f"v{n}", "192.0.2.1") for n in range(30)) == 200
    assert _allowed(limits, "elsewhere", "192.0.2.2") == 20


def test_who_is_over_his_own_limit_does_not_use_up_his_neighbours():
    limits = Limits(WebChatSettings(), Time())
    for _ in range(1000):
        _allowed(limits, "flood", "192.0.2.1", tries=1)
    assert _allowed(limits, "neighbour", "192.0.2.1") == 20


def test_visits_are_limited_for_each_address():
    limits = Limits(WebChatSettings(visits_per_minute=2), Time())
    for _ in range(4):
        limits.visit("2001:db8::1")
    with pytest.raises(Refused):
        limits.visit("2001:db8::ffff")
    limits.visit("2001:db8:0:1::1")


@pytest.mark.parametrize(
    ("remote", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_what_counts_as_one_address(remote: str, counted: str):
    assert network(remote) == counted
