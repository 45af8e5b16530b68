"""The next step for the head of a lane, and the pauses between tries."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.deliveries.dispatch import Head
from hub.deliveries.gates import GRID, on_grid
from hub.deliveries.lane import End, Hold, Rest, Send, Wait, decide
from hub.deliveries.retry import FIRST, LONGEST, delay, next_try
from hub.deliveries.status import Status

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=5)
DEADLINE = NOW + timedelta(hours=1)


def head(status: str = "queued", **changes: Any) -> Head:
    facts: dict[str, Any] = {
        "content": {},
        "reason": "",
        "attempts": 0,
        "deadline": DEADLINE,
        "opted_out": False,
        **changes,
    }
    one = UUID(int=1)
    return Head(one, one, one, one, None, "x", "somebody", "", status=status, **facts)


@pytest.mark.parametrize(
    ("one", "hold", "safe", "paused", "step"),
    [
        (head(), Hold(), False, None, Send(needs_slot=True)),
        (head(), Hold(NOW, has_slot=True), False, None, Send(needs_slot=False)),
        (head(), Hold(SOON, has_slot=True), False, None, Wait(SOON, Hold(SOON, has_slot=True))),
        (head(), Hold(SOON), False, None, Wait(SOON, Hold(SOON))),
        # A slot inside a pause is worth nothing: after it another one is taken.
        (head(), Hold(NOW, has_slot=True), False, SOON, Wait(SOON)),
        # A closed inbox: nothing binds the lane, so opening it is enough.
        (head(), Hold(), None, None, Rest()),
        (head(), Hold(SOON, has_slot=True), None, SOON, Rest()),
        # In doubt.
        (head("sending"), Hold(), False, None, End(Status.UNKNOWN, "in-doubt")),
        (head("sending"), Hold(), True, None, Send(needs_slot=True)),
        (head("sending"), Hold(), None, None, Rest()),
        # The deadline ends everything, also while the inbox is closed.
        (head(deadline=NOW), Hold(), None, None, End(Status.FAILED, "expired")),
        (head("sending", deadline=NOW), Hold(), None, None, End(Status.UNKNOWN, "expired")),
        (
            head(deadline=NOW, reason="in-doubt"),
            Hold(),
            True,
            None,
            End(Status.UNKNOWN, "expired"),
        ),
        (head(deadline=SOON), Hold(DEADLINE), True, None, Wait(SOON, Hold(DEADLINE))),
        # An opt-out counts until the moment of sending, unless forced.
        (head(opted_out=True), Hold(), True, None, End(Status.SUPPRESSED, "opted_out")),
        (
            head(opted_out=True, content={"forced": True}),
            Hold(),
            True,
            None,
            Send(needs_slot=True),
        ),
        # What may have been sent was not suppressed.
        (head("sending", opted_out=True), Hold(), True, None, Send(needs_slot=True)),
    ],
)
def test_the_next_step(
    one: Head, hold: Hold, safe: bool | None, paused: datetime | None, step: object
):
    assert decide(one, hold, repeat_is_safe=safe, paused_until=paused, now=NOW) == step


def test_a_hold_survives_its_json():
    for hold in (Hold(), Hold(SOON), Hold(SOON, has_slot=True)):
        assert Hold.of(hold.data) == hold


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_pauses_double_up_to_the_longest(attempt: int, jitter: float):
    full = min(FIRST * 2 ** min(attempt - 1, 20), LONGEST)
    assert full / 2 <= delay(attempt, jitter) <= full


@given(st.integers(1, 30), st.floats(0, 1, exclude_max=True), st.integers(-10, 1000))
def test_the_next_look_is_at_the_deadline_at_the_latest(attempt: int, jitter: float, left: int):
    deadline = NOW + timedelta(seconds=left)
    moment = next_try(NOW, attempt=attempt, deadline=deadline, jitter=jitter)
    assert NOW <= moment <= max(NOW, deadline)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_grid(slot: datetime):
    step = on_grid(slot)
    assert slot - GRID < step <= slot
    assert on_grid(step) == step
