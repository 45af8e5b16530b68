"""Weekly hours: what they mean in a zone, past midnight, around a change of clocks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Invalid
from hub.rules.hours import read

MONDAY = datetime(2026, 5, 4, tzinfo=UTC)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@pytest.mark.parametrize(
    ("hours", "moment", "holds"),
    [
        ("mon-fri 09:00-18:00 UTC", MONDAY.replace(hour=9), True),
        ("mon-fri 09:00-18:00 UTC", MONDAY.replace(hour=8, minute=59), False),
        ("mon-fri 09:00-18:00 UTC", MONDAY.replace(hour=18), False),
        ("mon-fri 09:00-18:00 UTC", MONDAY + timedelta(days=5, hours=12), False),
        ("mon-fri 9:00-18:00, sat 10:00-14:00 UTC", MONDAY + timedelta(days=5, hours=12), True),
        ("fri-mon 09:00-18:00 UTC", MONDAY.replace(hour=10), True),
        ("fri-mon 09:00-18:00 UTC", MONDAY + timedelta(days=2, hours=10), False),
        ("mon 22:00-02:00 UTC", MONDAY + timedelta(days=1, hours=1), True),
        ("mon 22:00-02:00 UTC", MONDAY.replace(hour=1), False),
        ("sun 22:00-02:00 UTC", MONDAY.replace(hour=1), True),
        ("mon 00:00-24:00 UTC", MONDAY.replace(hour=23, minute=59), True),
        ("mon 09:00-18:00 Europe/Sofia", MONDAY.replace(hour=6), True),
        ("mon 09:00-18:00 customer", MONDAY.replace(hour=4), True),
    ],
)
def test_what_hours_mean(hours: str, moment: datetime, holds: bool) -> None:
    assert read(hours).holds(moment, "Asia/Yekaterinburg") is holds


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ("", "time zone"),
        ("mon 09:00-18:00", "time zone"),
        ("mon 09:00-18:00 Europe/Sophia", "`Europe/Sophia` is none"),
        ("monday 09:00-18:00 UTC", "no day with hours"),
        ("mon 09:00-25:00 UTC", "no 25:00 o'clock"),
        ("mon 9-18 UTC", "no day with hours"),
        (f"{'mon 09:00-18:00, ' * 40}UTC", "no hours"),
    ],
)
def test_wrong_hours_are_refused_in_plain_words(hours: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(hours)
    assert words in str(refused.value)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        hours = read(text)
    except Invalid:
        return
    assert isinstance(hours.holds(MONDAY, ""), bool)


@given(
    st.sampled_from(DAYS),
    st.integers(0, 1439),
    st.integers(0, 1439),
    st.integers(0, 525_600).map(lambda one: MONDAY + timedelta(minutes=one)),
)
def test_a_span_holds_for_its_minutes_of_the_week(
    day: str, start: int, end: int, moment: datetime
) -> None:
    """Counted in another way: as minutes since Monday, on a ring."""
    zone = "Europe/Sofia"
    text = f"{day} {start // 60}:{start % 60:02}-{end // 60}:{end % 60:02} {zone}"
    local = moment.astimezone(ZoneInfo(zone))
    minute = local.weekday() * 1440 + local.hour * 60 + local.minute
    length = (end - start) % 1440 or 1440
    since = (minute - DAYS.index(day) * 1440 - start) % (7 * 1440)
    assert read(text).holds(moment, "") is (since < length)
