"""Business hours: open, next opening, open time between and after; DST, nights, holidays."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import Invalid
from hub.hours.calendar import ALWAYS, Calendar, Holiday, Span
from hub.hours.spec import compiled, zone

SOFIA = ZoneInfo("Europe/Sofia")
ZONES = ["UTC", "Europe/Sofia", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"]
WORK = frozenset(range(5))
OFFICE = Calendar((Span(WORK, 540, 1080),), SOFIA, (Holiday(12, 25), Holiday(5, 6, 2026, "Day")))
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# Each of these zones changes its clocks within some days of one of them.
SPRING, AUTUMN = datetime(2026, 3, 5, tzinfo=UTC), datetime(2026, 10, 22, tzinfo=UTC)


def at(text: str, zone_: ZoneInfo = SOFIA) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone_)


@pytest.mark.parametrize(
    ("moment", "is_open", "following"),
    [
        ("2026-05-04T09:00", True, "2026-05-04T09:00"),
        ("2026-05-04T08:59:59", False, "2026-05-04T09:00"),
        ("2026-05-04T18:00", False, "2026-05-05T09:00"),
        ("2026-05-08T18:00", False, "2026-05-11T09:00"),
        ("2026-05-05T18:00", False, "2026-05-07T09:00"),
        ("2027-05-06T10:00", True, "2027-05-06T10:00"),
        ("2026-12-25T10:00", False, "2026-12-28T09:00"),
        ("2028-12-25T10:00", False, "2028-12-26T09:00"),
    ],
)
def test_a_week_with_holidays(moment: str, is_open: bool, following: str) -> None:
    assert OFFICE.open_at(at(moment)) is is_open
    assert OFFICE.next_opening(at(moment)) == at(following)


def test_a_night_goes_on_past_midnight_but_not_into_a_holiday() -> None:
    bar = Calendar((Span(frozenset({4, 5}), 22 * 60, 120),), SOFIA, (Holiday(5, 10, 2026),))
    assert bar.open_at(at("2026-05-09T01:59"))
    assert not bar.open_at(at("2026-05-09T02:00"))
    assert bar.between(at("2026-05-08T12:00"), at("2026-05-11T12:00")) == 6 * HOUR


@pytest.mark.parametrize(
    ("begin", "minutes", "end"),
    [
        ("2026-05-04T09:00", 60, "2026-05-04T10:00"),
        ("2026-05-04T17:30", 60, "2026-05-05T09:30"),
        ("2026-05-08T17:59", 2, "2026-05-11T09:01"),
        ("2026-05-05T17:00", 120, "2026-05-07T10:00"),
        ("2026-05-04T09:00", 540, "2026-05-04T18:00"),
        ("2026-05-04T03:00", 0, "2026-05-04T03:00"),
        ("2026-05-03T03:00", 1, "2026-05-04T09:01"),
    ],
)
def test_minutes_of_business_time(begin: str, minutes: int, end: str) -> None:
    assert OFFICE.after(at(begin), minutes * MINUTE) == at(end)


def test_changes_of_clocks_are_elapsed_time() -> None:
    night = Calendar((Span(frozenset(range(7)), 60, 300),), SOFIA)
    spring, autumn = at("2026-03-29T00:00"), at("2026-10-25T00:00")
    assert night.between(spring, spring + timedelta(hours=12)) == 3 * HOUR
    assert night.between(autumn, autumn + timedelta(hours=12)) == 5 * HOUR
    # 03:30 is left out: it opens when the clocks are changed, at 01:00 UTC.
    left_out = Calendar((Span(frozenset({6}), 210, 300),), SOFIA)
    assert left_out.next_opening(spring) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    nothing = Calendar((Span(frozenset({6}), 190, 230),), SOFIA)
    assert nothing.between(spring, spring + timedelta(days=1)) == timedelta()
    # 03:30 comes twice: the first one closes.
    twice = Calendar((Span(frozenset({6}), 120, 210),), SOFIA)
    assert twice.between(autumn, autumn + timedelta(days=1)) == 90 * MINUTE


@pytest.mark.parametrize(
    "calendar",
    [
        Calendar((), SOFIA),
        Calendar((Span(frozenset(), 0, 1440),), SOFIA),
        Calendar(
            (Span(frozenset({0}), 540, 540 + 60),),
            SOFIA,
            ALL_DAYS := tuple(
                Holiday(one.month, one.day)
                for one in (date(2028, 1, 1) + timedelta(days=n) for n in range(366))
            ),
        ),
    ],
)
def test_what_is_never_open_never_loops(calendar: Calendar) -> None:
    now = at("2026-05-04T09:00")
    assert not calendar.open_at(now)
    assert calendar.next_opening(now) is None
    assert calendar.after(now, MINUTE) is None
    assert calendar.between(now, now + timedelta(days=3000)) == timedelta()


def test_without_hours_it_is_always_open() -> None:
    now = at("2026-05-04T09:00")
    assert ALWAYS.open_at(now)
    assert ALWAYS.after(now, timedelta(days=90)) == now + timedelta(days=90)


minutes = st.integers(0, 1440)
spans = st.builds(
    Span, st.frozensets(st.integers(0, 6), min_size=1), st.integers(0, 1439), minutes
)
days = st.dates(date(2026, 1, 1), date(2026, 12, 31))
holidays = st.one_of(
    days.map(lambda day: Holiday(day.month, day.day)),
    days.map(lambda day: Holiday(day.month, day.day, day.year)),
)
calendars = st.builds(
    Calendar,
    st.lists(spans, max_size=4).map(tuple),
    st.sampled_from(ZONES).map(ZoneInfo),
    st.lists(holidays, max_size=4).map(tuple),
)
moments = st.builds(
    lambda start, n: start + n * MINUTE,
    st.sampled_from([SPRING, AUTUMN]),
    st.integers(0, 30 * 1440),
)
some = settings(max_examples=60, deadline=None)


@pytest.mark.parametrize("name", ZONES)
def test_around_the_clock_all_time_is_open_whenever_it_begins(name: str) -> None:
    """Also from just before midnight to just after one, where an hour is left out between."""
    always = Calendar(ALWAYS.spans, ZoneInfo(name))
    for day in (date(2026, 1, 1) + timedelta(days=n) for n in range(365)):
        begin = datetime(day.year, day.month, day.day, 23, 30, tzinfo=always.zone).astimezone(UTC)
        end = begin + timedelta(days=1, hours=23, minutes=45)
        assert always.between(begin, end) == end - begin, begin


@some
@given(calendars, moments, st.integers(0, 1000))
def test_the_time_between_is_the_sum_of_its_open_minutes(
    calendar: Calendar, begin: datetime, length: int
) -> None:
    end = begin + length * MINUTE
    counted = sum(calendar.open_at(begin + n * MINUTE) for n in range(length))
    assert calendar.between(begin, end) == counted * MINUTE


@some
@given(calendars, moments, st.integers(1, 20_000))
def test_after_and_between_agree(calendar: Calendar, begin: datetime, length: int) -> None:
    end = calendar.after(begin, length * MINUTE)
    if end is None:
        assert calendar.between(begin, begin + timedelta(days=3650)) < length * MINUTE
        return
    assert calendar.between(begin, end) == length * MINUTE
    assert calendar.between(begin, end - timedelta(seconds=1)) < length * MINUTE, "and no earlier"


@some
@given(calendars, moments)
def test_the_next_opening_is_the_first_open_moment(calendar: Calendar, moment: datetime) -> None:
    found = calendar.next_opening(moment)
    if found is None:
        assert not any(calendar.open_at(moment + n * HOUR) for n in range(24 * 400))
        return
    assert found >= moment
    assert calendar.open_at(found)
    assert calendar.between(moment, found) == timedelta()


@some
@given(calendars, moments, st.integers(0, 3000), st.integers(0, 3000))
def test_times_add_up(calendar: Calendar, begin: datetime, first: int, second: int) -> None:
    middle = begin + first * MINUTE
    end = middle + second * MINUTE
    parts = calendar.between(begin, middle) + calendar.between(middle, end)
    assert calendar.between(begin, end) == parts


@pytest.mark.parametrize(
    ("week", "off", "field"),
    [
        ([{"days": ["mon"], "from": "09:00", "until": "09:00"}], [], "week.0.until"),
        ([{"days": ["mon"], "from": "24:00", "until": "09:00"}], [], "week.0.until"),
        ([{"days": ["mon"], "from": "09:00", "until": "24:30"}], [], "week.0.until"),
        ([], [{"date": "2026-02-30", "yearly": False, "name": ""}], "holidays.0.date"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(
    week: list[dict[str, object]], off: list[dict[str, object]], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        compiled("UTC", week, off)
    assert list(refused.value.fields) == [field]


@pytest.mark.parametrize("name", ["", "Europe/Sophia", "../etc/passwd", "/etc/passwd"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        zone(name)
