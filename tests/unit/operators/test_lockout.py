"""How long guessing has to wait."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import TooMany
from hub.operators import lockout
from hub.operators.lockout import Count, after_try

NOW = datetime(2026, 5, 3, 9, 0, tzinfo=UTC)
KEY = lockout.account_key("a@example.com")


def test_pauses_double_up_to_a_quarter_of_an_hour():
    pauses = [lockout.pause(KEY, count).total_seconds() for count in range(1, 13)]
    assert pauses == [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900]


@given(st.integers(1, 10_000))
def test_nobody_waits_longer_than_that(count):
    assert lockout.pause(KEY, count) <= timedelta(minutes=15)


def test_a_try_while_locked_counts_nothing():
    locked = Count(5, NOW, NOW + timedelta(seconds=30))
    with pytest.raises(TooMany) as refused:
        after_try(KEY, locked, NOW + timedelta(seconds=10))
    assert refused.value.retry_after == 20
    assert after_try(KEY, locked, NOW + timedelta(seconds=30)).count == 6


def test_failures_are_forgotten_after_a_day():
    old = Count(9, NOW, NOW + timedelta(minutes=15))
    assert after_try(KEY, old, NOW + timedelta(hours=23)).count == 10
    assert after_try(KEY, old, NOW + timedelta(hours=24)) == Count(
        1, NOW + timedelta(hours=24), None
    )


def test_keys_say_nothing_about_the_account_and_group_addresses():
    assert lockout.account_key(" A@Example.com ") == KEY
    assert "example" not in KEY
    assert lockout.address_key("2001:db8::1") == lockout.address_key("2001:db8::ffff:2")
    assert lockout.address_key("192.0.2.1") != lockout.address_key("192.0.2.2")
    assert lockout.address_key("@") == "address:unknown"
