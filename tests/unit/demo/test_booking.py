"""The demo's rules can be stored, and its booking desk speaks every language it offers."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from hub.demo import stories
from hub.demo.booking import LASTS, first_book, opening_hours
from hub.demo.desk_page import LOCALES, Desk
from hub.demo.furnishing import RULES
from hub.rules.spec import compile_spec, parse
from hub.templates.shipped import shipped

READY = Path(__file__).parents[3] / "docs" / "examples" / "rules" / "appointments.yaml"
VISIT = {
    "number": "A-7",
    "contact_point": "email:<b>@example.com",
    "starts_at": "2026-05-05T10:00",
    "shown": "05.05. 10:00",
    "service": "Eye test",
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["name"]))
def test_a_rule_of_the_demo_works(rule: dict[str, object]) -> None:
    compile_spec(parse(rule), list(shipped()))


def test_its_reminders_are_called_as_the_ready_ones() -> None:
    ready = {one["name"] for one in yaml.safe_load_all(READY.read_text(encoding="utf-8"))}
    assert ready <= {rule["name"] for rule in RULES}


@pytest.mark.parametrize("hour", range(24))
def test_the_book_of_the_first_day_keeps_to_the_shops_hours(hour: int) -> None:
    """Whenever the demo is started; the first two have reminders ahead of them."""
    chat = stories.load().chats["shop"]
    calendar = opening_hours(chat)
    begun = datetime(2026, 11, 23, hour, 41, tzinfo=UTC)
    soon, later, past = (at for at, _ in first_book(begun, calendar))
    for at in (soon, later, past):
        assert calendar.open_at(at)
        assert calendar.open_at(at + LASTS - timedelta(minutes=1))
        assert at.minute == 0
    assert soon - begun > timedelta(hours=2)
    assert later - begun > timedelta(days=1)
    assert later - soon >= timedelta(days=1)
    assert begun - past > LASTS


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("status", ["booked", "move-requested", "cancelled", "<i>odd</i>"])
def test_its_page_shows_what_can_be_done(locale: str, status: str) -> None:
    desk = Desk.open({"hub": "http://hub.example", "twins": {"email": "http://mail.example"}})
    visits = [{**VISIT, "status": status, "over": status == "cancelled"}]
    page = desk.page("booking.html", locale, {"visits": visits, "known": [], "told": None}).text
    assert page is not None
    assert f'lang="{locale}"' in page
    assert ('value="cancel"' in page) is (status != "cancelled")
    assert "<i>" not in page
    assert "<b>" not in page
