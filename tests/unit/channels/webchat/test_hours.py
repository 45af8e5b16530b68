"""Opening hours: what a text means; the next opening is the first one, also when clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from channels.webchat.hours import Hours, Span, parse

ZONES = ["UTC", "Europe/Sofia", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"]
SOFIA = ZoneInfo("Europe/Sofia")
MINUTE = timedelta(minutes=1)
# Each of these zones changes its clocks within some days of one of them.
SPRING, AUTUMN = datetime(2026, 3, 5, tzinfo=UTC), datetime(2026, 10, 22, tzinfo=UTC)


def at(text: str, zone: ZoneInfo = SOFIA) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("", ()),
        (" ; ", ()),
        ("Mon 09:00-18:00", (Span(0, 540, 1080),)),
        ("mon-tue 9:00 \u2013 10:00", (Span(0, 540, 600), Span(1, 540, 600))),
        ("Sun-Mon 00:00-24:00", (Span(6, 0, 1440), Span(0, 0, 1440))),
        ("Fri 22:00-02:00", (Span(4, 1320, 1560),)),
        ("Mon, Wed 09:00-12:00,13:00-17:00;", None),
    ],
)
def test_what_a_text_means(text: str, spans: tuple[Span, ...] | None):
    four = (Span(0, 540, 720), Span(0, 780, 1020), Span(2, 540, 720), Span(2, 780, 1020))
    assert parse(text, SOFIA).spans == (four if spans is None else spans)


@pytest.mark.parametrize(
    "text",
    [
        "always",
        "Mon",
        "09:00-18:00",
        "Mon 9-18",
        "Mon 25:00-26:00",
        "Mon 09:60-10:00",
        "Mon 24:00-25:00",
        "Monday 09:00-18:00",
        "Mon 09:00-18:00 Tue 10:00-11:00",
        "Mon 09:00-18:00;" * 200,
    ],
)
def test_what_means_nothing_is_refused_in_words(text: str):
    with pytest.raises(ValueError, match=r"expected|times go|too many"):
        parse(text, SOFIA)


def test_a_weekday_and_a_weekend():
    hours = parse("Mon-Fri 09:00-18:00; Sat 10:00-14:00", SOFIA)
    assert hours.open_at(at("2026-05-04T09:00"))
    assert not hours.open_at(at("2026-05-04T08:59:59"))
    assert not hours.open_at(at("2026-05-04T18:00")), "the end is not part of it"
    assert hours.next_opening(at("2026-05-09T14:00")) == at("2026-05-11T09:00")
    assert hours.next_opening(at("2026-05-09T13:59")) == at("2026-05-09T13:59"), "it is open"


def test_no_hours_are_all_hours():
    assert parse("", SOFIA).open_at(at("2026-05-09T03:00"))


def test_a_night_belongs_to_the_day_it_begins_on():
    hours = parse("Fri 22:00-02:00", SOFIA)
    assert [
        hours.open_at(at(moment))
        for moment in ("2026-05-08T21:59", "2026-05-08T22:00", "2026-05-09T01:59")
    ] == [False, True, True]
    assert not hours.open_at(at("2026-05-09T02:00"))
    assert not hours.open_at(at("2026-05-08T01:00"))


def test_an_hour_that_is_skipped_never_opens_and_one_that_repeats_opens_twice():
    # Sofia 2026-03-29: 03:00 becomes 04:00; 2026-10-25: 04:00 becomes 03:00.
    skipped = parse("Sun 03:15-03:45", SOFIA)
    assert skipped.next_opening(at("2026-03-29T00:00")) == at("2026-04-05T03:15")
    cut = parse("Sun 03:15-05:00", SOFIA)
    assert cut.next_opening(at("2026-03-29T00:00")) == at("2026-03-29T04:00")
    first = at("2026-10-25T03:40")
    assert skipped.open_at(first)
    again = skipped.next_opening(at("2026-10-25T03:50"))
    assert again == at("2026-10-25T03:15").replace(fold=1).astimezone(UTC)


spans = st.builds(
    lambda day, start, length: Span(day, start, start + length),
    st.integers(0, 6),
    st.integers(0, 1439),
    st.integers(1, 1440),
)


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    begin = draw(st.sampled_from([SPRING, AUTUMN]))
    return begin + timedelta(minutes=draw(st.integers(0, 40 * 1440)))


def slowly(hours: Hours, now: datetime) -> datetime | None:
    """The same by looking at every minute of fifteen days."""
    for _ in range(15 * 1440):
        if hours.open_at(now):
            return now
        now = now.replace(second=0, microsecond=0) + MINUTE
    return None


@given(
    st.lists(spans, min_size=1, max_size=3), st.sampled_from(ZONES), moments(), st.integers(0, 59)
)
@example([Span(6, 195, 225)], "Europe/Sofia", datetime(2026, 3, 28, 23, tzinfo=UTC), 0)
@example([Span(4, 0, 30)], "Africa/Cairo", datetime(2026, 4, 23, 12, tzinfo=UTC), 5)
@settings(max_examples=40, deadline=None)
def test_the_next_opening_is_the_first_open_minute(
    wanted: list[Span], zone: str, now: datetime, second: int
):
    now = now.replace(second=second)
    hours = Hours(tuple(wanted), ZoneInfo(zone))
    assert hours.next_opening(now) == slowly(hours, now)


@given(st.lists(spans, min_size=1, max_size=3), st.sampled_from(ZONES), moments())
@settings(max_examples=100, deadline=None)
def test_open_is_what_the_wall_clock_says(wanted: list[Span], zone: str, now: datetime):
    local = now.astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    today, yesterday = local.weekday(), (local.weekday() - 1) % 7
    expected = any(
        (one.day == today and one.start <= minute < one.end)
        or (one.day == yesterday and one.start <= minute + 1440 < one.end)
        for one in wanted
    )
    assert Hours(tuple(wanted), ZoneInfo(zone)).open_at(now) == expected


@given(st.text(alphabet="monfri -,;:0123456789", max_size=60))
@settings(max_examples=500, deadline=None)
def test_any_text_is_hours_or_is_refused(text: str):
    try:
        hours = parse(text, SOFIA)
    except ValueError:
        return
    assert all(0 <= one.start < 1440 and one.start < one.end <= 2880 for one in hours.spans)


def test_a_long_text_is_read_in_no_time():
    with pytest.raises(ValueError, match="expected"):
        parse("mon " + "- , " * 20_000, SOFIA)
