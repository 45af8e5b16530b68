"""The catalogue of events in the documentation is the one in the code."""

from hub.events import FOR_ONE, EventType
from tests.events_page import PAGE, described, page


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make events`"


def test_every_event_is_described():
    said = dict(described())
    assert set(said) == set(EventType)
    assert [event for event, words in said.items() if not words] == []


def test_every_event_is_on_the_page():
    written = page()
    for event in EventType:
        assert f"| `{event}`{' ¹' if event in FOR_ONE else ''} | " in written
