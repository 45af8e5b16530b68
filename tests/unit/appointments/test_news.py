"""What a change of an appointment means: made, moved, ended, or nothing that concerns anybody."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.appointments.put import news, rescheduled
from hub.appointments.status import has_ended, meaning
from hub.events import EventType
from hub.objects.put import State

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=2)
BOOKED = State("booked", NOON, known=True)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (State(), BOOKED, ["appointment.created"]),
        (BOOKED, State("booked", LATER, known=True), ["appointment.moved"]),
        (BOOKED, State("cancelled", NOON, known=True), ["appointment.cancelled"]),
        (BOOKED, State("no-show", NOON, known=True), ["appointment.missed"]),
        (BOOKED, State("completed", NOON, known=True), ["appointment.completed"]),
        (BOOKED, BOOKED, ["appointment.updated"]),
        (BOOKED, State("confirmed", NOON, known=True), ["appointment.updated"]),
        (
            BOOKED,
            State("cancelled", LATER, known=True),
            ["appointment.moved", "appointment.cancelled"],
        ),
        (
            State("cancelled", NOON, known=True),
            State("canceled", NOON, known=True),
            ["appointment.updated"],
        ),
        (State(), State("cancelled", None, known=True), ["appointment.created"]),
    ],
)
def test_news(before: State, now: State, expected: list[str]) -> None:
    events = [str(type_) for type_, _ in news(before, now).events]
    assert events[: len(expected)] == expected


def test_a_move_says_from_when_to_when_on_the_timeline_too() -> None:
    told = news(BOOKED, State("booked", LATER, known=True))
    facts = {"starts_at": "2026-05-03T14:00:00.000000Z", "was": "2026-05-03T12:00:00.000000Z"}
    assert told.events == [(EventType.APPOINTMENT_MOVED, facts)]
    assert told.activities == [("appointment.moved", facts)]


def test_an_update_is_no_line_on_the_timeline() -> None:
    assert not news(BOOKED, BOOKED).activities


@pytest.mark.parametrize(
    ("status", "word", "ended"),
    [
        ("booked", "booked", False),
        ("cancel-requested", "cancel-requested", False),
        ("canceled", "cancelled", True),
        ("no_show", "missed", True),
        ("done", "completed", True),
        ("waiting_list", "waiting_list", False),
    ],
)
def test_how_systems_spell_it(status: str, word: str, ended: bool) -> None:
    assert (meaning(status), has_ended(status)) == (word, ended)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (State(), BOOKED, False),
        (BOOKED, BOOKED, False),
        (BOOKED, State("confirmed", NOON, known=True), False),
        (BOOKED, State("booked", LATER, known=True), True),
        (BOOKED, State("booked", NOON, known=True, ends_at=LATER), True),
        (BOOKED, State("canceled", NOON, known=True), True),
        (State("cancelled", NOON, known=True), State("canceled", NOON, known=True), False),
        (State("cancelled", NOON, known=True), BOOKED, True),
        (BOOKED, State("no-show", NOON, known=True), False),
    ],
)
def test_calendars_are_told_of_another_time_and_of_the_end(
    before: State, now: State, *, expected: bool
) -> None:
    assert rescheduled(before, now) is expected
