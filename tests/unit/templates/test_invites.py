"""What of an appointment goes into its reader's calendar."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from hub.ports import Invite
from hub.templates import samples
from hub.templates.invites import invite_of
from hub.templates.shipped import shipped
from hub.templates.wording import Reader, word

TEN = datetime(2026, 5, 5, 10, tzinfo=UTC)
FACTS = {
    "id": "0198c5a0-0000-7000-8000-000000000001",
    "status": "booked",
    "sequence": 3,
    "starts_at": "2026-05-05T10:00:00.000000Z",
    "ends_at": None,
    "place": "Nevsky 10",
}


def test_it_is_the_appointment_as_it_is_now() -> None:
    assert invite_of("Haircut", {"appointment": FACTS}) == Invite(
        UUID(int=0x0198C5A0000070008000000000000001), 3, "Haircut", TEN, None, "Nevsky 10"
    )


@pytest.mark.parametrize(
    ("status", "cancelled", "answered"),
    [("canceled", True, False), ("confirmed", False, True), ("move-requested", False, False)],
)
def test_its_status_says_how_it_stands(status: str, *, cancelled: bool, answered: bool) -> None:
    found = invite_of("Haircut", {"appointment": {**FACTS, "status": status}})
    assert found is not None
    assert (found.cancelled, found.answered) == (cancelled, answered)


@pytest.mark.parametrize(
    ("title", "facts"),
    [
        ("", {"appointment": FACTS}),
        ("Haircut", {}),
        ("Haircut", {"appointment": {**FACTS, "starts_at": None}}),
    ],
)
def test_without_a_title_or_a_time_there_is_none(title: str, facts: dict[str, object]) -> None:
    assert invite_of(title, facts) is None


@pytest.mark.parametrize("locale", ["en", "ru", "bg"])
@pytest.mark.parametrize("name", ["booked", "moved", "cancelled", "reminder-day"])
def test_shipped_notices_bring_one(name: str, locale: str) -> None:
    template = shipped()[f"appointment-{name}"]
    facts = samples.minimal("appointment", TEN)
    named = {**facts["appointment"], "data": {"service": "Haircut"}}
    wording = word(template, {**facts, "appointment": named}, Reader(locale, "UTC"))
    assert wording.calendar.endswith(": Haircut")
