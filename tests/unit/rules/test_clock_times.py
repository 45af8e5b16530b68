"""Clock times: when they come, in whose zone, around changes of clocks and after an outage."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import Invalid
from hub.rules.clock_times import LOOK_AGAIN, Round, Tick, following, last_shown, ticks
from hub.rules.schedule import check, next_time
from hub.rules.triggers import AtClock

SPRING = datetime(2026, 3, 28, 12, tzinfo=UTC)  # the day before Sofia's clocks go forward
AUTUMN = datetime(2026, 10, 24, 12, tzinfo=UTC)  # and back
ZONES = ("Europe/Sofia", "Asia/Yekaterinburg", "America/New_York", "Australia/Lord_Howe", "UTC")
NINE = "0 9 * * *"
MOMENTS = st.integers(0, 525_600).map(lambda one: SPRING + timedelta(minutes=one))


@pytest.mark.parametrize(
    ("expression", "after", "times"),
    [
        ("30 3 * * *", SPRING, ["29 04:00", "30 03:30"]),  # 03:30 is left out
        ("30 3 * * *", AUTUMN, ["25 03:30", "26 03:30"]),  # 03:30 is shown twice
        ("0 9 * * *", SPRING, ["29 09:00", "30 09:00"]),
        ("0 9 * * 1", SPRING, ["30 09:00", "06 09:00"]),
    ],
)
def test_a_time_comes_once_a_day_whatever_the_clocks_do(
    expression: str, after: datetime, times: list[str]
) -> None:
    first = next_time(expression, "Europe/Sofia", after)
    second = next_time(expression, "Europe/Sofia", first)
    assert [one.strftime("%d %H:%M") for one in (first, second)] == times


@given(
    st.sampled_from(ZONES),
    MOMENTS,
    st.integers(0, 59),
    st.integers(0, 23),
)
def test_days_have_one_time_each(zone: str, start: datetime, minute: int, hour: int) -> None:
    moment, days = start, []
    for _ in range(5):
        later = next_time(f"{minute} {hour} * * *", zone, moment)
        assert later > moment
        moment = later
        days.append(later.astimezone(ZoneInfo(zone)).date())
    assert days == [days[0] + timedelta(days=number) for number in range(5)]


EXPRESSIONS = (
    "* * * * *",
    "*/7 * * * *",
    "0-30/3 0-5 * * *",
    "30 3 * * *",
    "0 9 * * 1",
    "5 */2 * * *",
)


@settings(max_examples=40)
@given(
    st.sampled_from(EXPRESSIONS),
    st.sampled_from(ZONES),
    st.sampled_from((SPRING, AUTUMN)),
    st.integers(0, 2_880),
    st.integers(0, 600),
)
def test_the_last_missed_time_is_what_a_walk_finds(
    expression: str, zone: str, day: datetime, start: int, span: int
) -> None:
    since = day + timedelta(minutes=start)
    until = since + timedelta(minutes=span)
    last, coming = None, next_time(expression, zone, since)
    while coming <= until:
        last, coming = coming, next_time(expression, zone, coming)
    found = [one.at for one in ticks(AtClock(expression, zone), [], since, until)]
    assert found == ([] if last is None else [last])


def test_a_clock_of_every_minute_is_not_walked_through() -> None:
    asked = []

    def coming(after: datetime) -> datetime:
        asked.append(after)
        return next_time("* * * * *", "Europe/Sofia", after)

    until = SPRING + timedelta(days=2)
    assert last_shown(coming, SPRING, until) == until
    assert len(asked) < 60


def test_only_the_last_missed_time_counts_and_each_zone_has_its_own() -> None:
    when = AtClock(NINE, "customer")
    since = datetime(2026, 5, 1, 12, tzinfo=UTC)
    found = list(ticks(when, ["Europe/Sofia", "Asia/Yekaterinburg"], since, since.replace(day=9)))
    assert {one.zone: one.at.astimezone(UTC).strftime("%d %H") for one in found} == {
        "Europe/Sofia": "09 06",
        "Asia/Yekaterinburg": "09 04",
        "UTC": "09 09",
    }


def test_the_companys_clock_is_everybodys() -> None:
    when = AtClock(NINE, "Europe/Sofia")
    since = datetime(2026, 5, 1, tzinfo=UTC)
    [tick] = ticks(when, ["Asia/Yekaterinburg"], since, since + timedelta(hours=12))
    assert tick == Tick(None, datetime(2026, 5, 1, 6, tzinfo=UTC))
    assert list(ticks(when, [], since, since + timedelta(hours=5))) == []
    assert following(when, [], since) == datetime(2026, 5, 1, 6, tzinfo=UTC)


@settings(max_examples=10)
@given(MOMENTS)
def test_no_time_is_passed_over_between_two_looks(start: datetime) -> None:
    """Whoever looks again when it is told to sees each zone's times, one after the other."""
    when, seen, at = AtClock(NINE, "customer"), [], start
    for _ in range(30):
        until = following(when, ZONES, at)
        assert until - at <= LOOK_AGAIN
        seen += [one.at for one in ticks(when, ZONES, at, until) if one.zone == "UTC"]
        at = until
    nines = [start.replace(hour=9, minute=0) + timedelta(days=day) for day in range(4)]
    assert seen == [one for one in nines if start < one <= at]


def test_a_round_goes_on_where_it_stood() -> None:
    at, customer = datetime(2026, 5, 1, 9, tzinfo=UTC), UUID(int=7)
    left = Round(at, (Tick("UTC", at), Tick(None, at)), customer)
    assert Round.of(left.data()) == left
    assert left.past([customer]) == Round(at, (Tick(None, at),))
    assert left.past([UUID(int=one) for one in range(200)]).after == UUID(int=199)


@given(st.text(alphabet="0123456789*/-,# LMW", max_size=20), st.sampled_from([*ZONES, "x", ""]))
def test_any_clock_time_is_taken_or_refused(expression: str, zone: str) -> None:
    try:
        check(expression, zone)
    except Invalid:
        return
    assert next_time(expression, zone, SPRING) > SPRING
