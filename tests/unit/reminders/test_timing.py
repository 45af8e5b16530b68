"""When reminders are due over every change of clocks, and the one right plan after any story."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.hours.calendar import ALWAYS, Calendar, Holiday, Span
from hub.reminders.timing import (
    NOTHING,
    History,
    Planned,
    Standing,
    Step,
    Timing,
    due_at,
    is_late,
    step,
)
from hub.rules.triggers import Only

SOFIA, BERLIN, NEW_YORK = (
    ZoneInfo(name) for name in ("Europe/Sofia", "Europe/Berlin", "America/New_York")
)
DAY, HOURS = Timing("before", "1d"), Timing("before", "24h")
NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)


def there(zone: ZoneInfo, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=zone)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("timing", "moment", "zone", "expected"),
    [
        # Spring: Sofia goes from 3 to 4 on 29 March 2026.
        (DAY, there(SOFIA, 2026, 3, 29, 9), SOFIA, there(SOFIA, 2026, 3, 28, 9)),
        (HOURS, there(SOFIA, 2026, 3, 29, 9), SOFIA, there(SOFIA, 2026, 3, 28, 8)),
        (DAY, there(SOFIA, 2026, 3, 30, 3, 30), SOFIA, there(SOFIA, 2026, 3, 29, 4, 30)),
        # Autumn: back from 4 to 3 on 25 October 2026.
        (DAY, there(SOFIA, 2026, 10, 25, 9), SOFIA, there(SOFIA, 2026, 10, 24, 9)),
        (HOURS, there(SOFIA, 2026, 10, 25, 9), SOFIA, there(SOFIA, 2026, 10, 24, 10)),
        (DAY, there(SOFIA, 2026, 10, 26, 3, 30), SOFIA, datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        # The day is the customer's, wherever the appointment's time was written.
        (DAY, datetime(2026, 3, 9, 13, tzinfo=UTC), NEW_YORK, there(NEW_YORK, 2026, 3, 8, 9)),
        (
            Timing("before", "1w"),
            there(BERLIN, 2026, 4, 1, 9),
            BERLIN,
            there(BERLIN, 2026, 3, 25, 9),
        ),
        (
            Timing("after", "3d"),
            there(BERLIN, 2026, 3, 27, 9),
            BERLIN,
            there(BERLIN, 2026, 3, 30, 9),
        ),
        (Timing("after", "90m"), NOON, SOFIA, NOON + timedelta(minutes=90)),
    ],
)
def test_when_it_is_due(
    timing: Timing, moment: datetime, zone: ZoneInfo, expected: datetime
) -> None:
    assert due_at(timing, moment, zone) == expected.astimezone(UTC)


@given(
    st.integers(0, 2 * 365 * 24 * 60),
    st.sampled_from(["1d", "2d", "1w", "3h", "45m"]),
    st.sampled_from([SOFIA, BERLIN, NEW_YORK, ZoneInfo("Australia/Lord_Howe")]),
)
def test_a_calendar_day_is_within_the_shift_of_a_clock_of_elapsed_time(
    minutes: int, by: str, zone: ZoneInfo
) -> None:
    at = NOON + timedelta(minutes=minutes)
    before = due_at(Timing("before", by), at, zone)
    elapsed = at - before
    exact = {"1d": 24, "2d": 48, "1w": 168, "3h": 3, "45m": 0.75}[by]
    shift = timedelta(hours=1) if by[-1] in "dw" else timedelta(0)
    assert abs(elapsed - timedelta(hours=exact)) <= shift


@pytest.mark.parametrize(
    ("timing", "seconds", "late"),
    [
        (Timing("before", "2h", timedelta(minutes=30)), 30 * 60, False),
        (Timing("before", "2h", timedelta(minutes=30)), 30 * 60 + 1, True),
        (Timing("before", "2h"), 3600, False),
        (Timing("before", "2h"), 3601, True),
        (Timing("before", "2h", timedelta(hours=9)), 2 * 3600, True),
        (Timing("after", "2h", timedelta(hours=9)), 9 * 3600, False),
    ],
)
def test_better_never_than_too_late(timing: Timing, seconds: int, late: bool) -> None:
    due = NOON - timedelta(hours=2) if timing.direction == "before" else NOON
    assert is_late(timing, Planned(NOON, due), due + timedelta(seconds=seconds)) is late


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


PLAN = Planned(at(48), at(24))


@pytest.mark.parametrize(
    ("standing", "history", "now", "expected"),
    [
        (Standing(at(48)), History(), NOON, Step(plan=PLAN)),
        (Standing(at(48)), History(PLAN), NOON, NOTHING),
        (Standing(at(48)), History(sent=(at(48),)), NOON, NOTHING),
        (Standing(at(48)), History(refused=(PLAN,)), NOON, NOTHING),
        (Standing(at(72)), History(PLAN), NOON, Step("moved", Planned(at(72), at(48)))),
        (Standing(at(48), over=True), History(PLAN), NOON, Step("cancelled")),
        (Standing(at(48), over=True), History(), NOON, NOTHING),
        (Standing(None), History(PLAN), NOON, Step("no-time")),
        (Standing(at(20)), History(), NOON, Step(plan=Planned(at(20), at(-4)), too_late=True)),
        (Standing(at(23.5)), History(), NOON, Step(plan=Planned(at(23.5), at(-0.5)))),
    ],
)
def test_what_a_change_makes_of_the_plan(
    standing: Standing, history: History, now: datetime, expected: Step
) -> None:
    assert step(HOURS, standing, SOFIA, history, now) == expected


@pytest.mark.parametrize("zone", [SOFIA, NEW_YORK, ZoneInfo("Pacific/Auckland")])
@pytest.mark.parametrize(
    ("direction", "moment"),
    [
        ("before", datetime(1, 1, 1, tzinfo=UTC)),
        ("after", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("by", ["30m", "1d", "2w"])
def test_what_lies_outside_the_calendar_is_no_time(
    direction: Literal["before", "after"], moment: datetime, zone: ZoneInfo, by: str
) -> None:
    timing = Timing(direction, by)
    assert step(timing, Standing(moment), zone, History(), NOON) == NOTHING
    assert step(timing, Standing(moment), zone, History(PLAN), NOON) == Step("no-time")


@dataclass
class Desk:
    """A booking system, the planner and the clock, as a story plays them."""

    timing: Timing
    now: datetime = NOON
    standing: Standing = field(default_factory=lambda: Standing(at(48)))
    history: History = field(default_factory=History)
    sent: list[tuple[datetime, datetime]] = field(default_factory=list)
    """(when, the moment that was announced)"""

    def replan(self) -> None:
        taken = step(self.timing, self.standing, SOFIA, self.history, self.now)
        if taken.drop:
            self.history = replace(self.history, planned=None)
        if taken.plan and taken.too_late:
            self.history = replace(self.history, refused=(*self.history.refused, taken.plan))
        elif taken.plan:
            self.history = replace(self.history, planned=taken.plan)

    def until(self, later: datetime) -> None:
        planned = self.history.planned
        if planned and planned.due_at <= later:
            self.now = max(self.now, planned.due_at)
            self.history = replace(self.history, planned=None)
            if not is_late(self.timing, planned, self.now):
                self.sent.append((self.now, planned.moment))
                self.history = replace(self.history, sent=(*self.history.sent, planned.moment))
        self.now = later


DEEDS = st.one_of(
    st.tuples(st.just("move"), st.integers(-20, 200)),
    st.tuples(st.just("cancel"), st.just(0)),
    st.tuples(st.just("book"), st.just(0)),
    st.tuples(st.just("wait"), st.integers(1, 60)),
)


@given(st.lists(DEEDS, max_size=25), st.sampled_from([DAY, HOURS, Timing("before", "2h")]))
def test_after_any_story_the_one_right_reminder_is_sent_in_time(
    story: list[tuple[str, int]], timing: Timing
) -> None:
    desk = Desk(timing)
    desk.replan()
    for deed, hours in story:
        if deed == "wait":
            desk.until(desk.now + timedelta(hours=hours))
            continue
        moment = desk.now + timedelta(hours=hours) if deed == "move" else desk.standing.moment
        over = deed == "cancel" or (deed == "move" and desk.standing.over)
        desk.standing = Standing(moment, over)
        before = len(desk.sent)
        desk.replan()
        assert len(desk.sent) == before
    settled, standing = desk.now, desk.standing
    planned = desk.history.planned
    assert standing.moment is not None
    wanted = Planned(standing.moment, due_at(timing, standing.moment, SOFIA))
    announced = standing.moment in desk.history.sent
    expected = not standing.over and not announced and not is_late(timing, wanted, settled)
    assert planned == (wanted if expected else None)
    earlier = len(desk.sent)
    desk.until(settled + timedelta(hours=400))
    assert [moment for _, moment in desk.sent[earlier:]] == ([standing.moment] if expected else [])
    moments = [moment for _, moment in desk.sent]
    assert len(moments) == len(set(moments))
    assert all(when < moment for when, moment in desk.sent)


OFFICE = Calendar(
    (Span(frozenset(range(5)), 9 * 60, 18 * 60),),
    SOFIA,
    (Holiday(12, 25), Holiday(5, 6, 2026), Holiday(3, 30, 2026)),
)


@pytest.mark.parametrize(
    ("direction", "by", "only", "moment", "expected"),
    [
        # A Monday's is sent on Friday; a Monday that is a holiday moves it as well.
        ("before", "1d", "working_days", "2026-05-11T10:00", "2026-05-08T10:00"),
        ("before", "1d", "working_hours", "2026-05-11T10:00", "2026-05-08T17:59"),
        ("before", "24h", "working_hours", "2026-05-12T08:00", "2026-05-08T17:59"),
        ("before", "24h", "working_hours", "2026-05-13T09:00", "2026-05-12T09:00"),
        ("before", "1d", "working_days", "2026-05-07T20:00", "2026-05-05T20:00"),
        ("before", "1d", "working_hours", "2026-05-07T20:00", "2026-05-05T17:59"),
        ("before", "2h", "working_hours", "2026-05-08T10:00", "2026-05-07T17:59"),
        ("before", "2h", "working_days", "2026-05-08T10:00", "2026-05-08T08:00"),
        ("after", "1d", "working_days", "2026-05-08T10:00", "2026-05-11T10:00"),
        ("after", "1d", "working_hours", "2026-05-08T10:00", "2026-05-11T09:00"),
        ("after", "1d", "working_hours", "2026-05-05T10:00", "2026-05-07T09:00"),
        ("after", "3h", "working_hours", "2026-05-12T17:00", "2026-05-13T09:00"),
        ("after", "1d", "working_days", "2026-12-24T10:00", "2026-12-28T10:00"),
        # The clocks change on Sunday 29 March: the wall clock is kept over it, both ways.
        ("before", "1d", "working_days", "2026-03-31T10:00", "2026-03-27T10:00"),
        ("after", "1d", "working_days", "2026-03-27T03:30", "2026-03-31T03:30"),
        ("before", "1d", "working_hours", "2026-03-31T10:00", "2026-03-27T17:59"),
        # Back on Sunday 25 October.
        ("before", "1d", "working_days", "2026-10-26T03:30", "2026-10-23T03:30"),
        ("after", "1d", "working_days", "2026-10-23T10:00", "2026-10-26T10:00"),
        ("after", "24h", "working_hours", "2026-10-24T12:00", "2026-10-26T09:00"),
        # A working day stays what it was counted as, also in the hour that comes twice.
        ("before", "24h", None, "2026-05-11T10:00", "2026-05-10T10:00"),
    ],
)
def test_only_when_the_company_works(
    direction: Literal["before", "after"],
    by: str,
    only: Only | None,
    moment: str,
    expected: str,
) -> None:
    """Holidays: Wednesday 6 May, Monday 30 March 2026, every 25 December."""
    timing = Timing(direction, by, only=only, hours=OFFICE)
    at = datetime.fromisoformat(moment).replace(tzinfo=SOFIA)
    assert due_at(timing, at, SOFIA) == datetime.fromisoformat(expected).replace(tzinfo=SOFIA)


@pytest.mark.parametrize("only", ["working_days", "working_hours"])
@pytest.mark.parametrize("direction", ["before", "after"])
def test_without_hours_every_time_is_one(
    direction: Literal["before", "after"], only: Only
) -> None:
    for hours in (ALWAYS, Calendar((), SOFIA)):
        timing = Timing(direction, "1d", only=only, hours=hours)
        assert due_at(timing, NOON, SOFIA) == due_at(replace(timing, only=None), NOON, SOFIA)


@given(
    moment=st.integers(0, 3 * 365 * 24 * 60).map(lambda some: NOON + timedelta(minutes=some)),
    by=st.sampled_from(["0m", "30m", "24h", "1d", "2w"]),
    zone=st.sampled_from([SOFIA, BERLIN, NEW_YORK, ZoneInfo("Australia/Lord_Howe")]),
    only=st.sampled_from(["working_days", "working_hours"]),
    direction=st.sampled_from(["before", "after"]),
)
def test_it_moves_one_way_only_and_to_a_working_time(
    moment: datetime,
    by: str,
    zone: ZoneInfo,
    only: Only,
    direction: Literal["before", "after"],
) -> None:
    hours = replace(OFFICE, zone=zone)
    timing = Timing(direction, by, only=only, hours=hours)
    counted, found = (
        due_at(replace(timing, only=None), moment, SOFIA),
        due_at(timing, moment, SOFIA),
    )
    if only == "working_hours":
        assert hours.open_at(found)
    else:
        assert hours.opens_on(found.astimezone(zone).date())
    assert found <= counted if direction == "before" else found >= counted
    assert abs(found - counted) <= timedelta(days=5)
