"""When a reminder is due, and what a change of its object means for it. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from hub.hours.calendar import ALWAYS, Calendar
from hub.rules.schedule import duration
from hub.rules.triggers import Only

LATE = timedelta(hours=1)
"""How much later than its time a reminder is sent when its rule does not say."""
_CALENDAR = ("d", "w")
_LOOKED = 367
"""Days of which one has to be a working day."""


@dataclass(frozen=True, slots=True)
class Timing:
    """`by` before or after a moment, as the rule writes it; `late`: its bound, if it has one.

    only: when it may be sent, by the company's `hours`.
    """

    direction: Literal["before", "after"]
    by: str
    late: timedelta | None = None
    only: Only | None = None
    hours: Calendar = ALWAYS

    @property
    def bound(self) -> timedelta:
        return LATE if self.late is None else self.late


class Standing(NamedTuple):
    """What of an object decides about its reminders: the time that is counted from, if it is set.

    over: nothing of this object is to be announced any more. A tuple, as `Planned`: thousands are
    made at a time.
    """

    moment: datetime | None
    over: bool = False


class Planned(NamedTuple):
    """A reminder as it was planned."""

    moment: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """What there is of one rule's reminders of one object.

    sent: the moments that were announced. refused: what was dropped for good.
    """

    planned: Planned | None = None
    sent: tuple[datetime, ...] = ()
    refused: tuple[Planned, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What to do: drop what is planned (`drop` says why), then perhaps plan anew.

    too_late: `plan` is not planned but recorded as dropped.
    """

    drop: str = ""
    plan: Planned | None = None
    too_late: bool = False


NOTHING = Step()


def due_at(timing: Timing, moment: datetime, zone: ZoneInfo) -> datetime:
    """When a reminder of `moment` is due, in UTC: at `_counted`, or when the company works next
    to it: earlier for `before`, later for `after`. Raises OverflowError as that does.

    Where a year knows no working time, it stays as it is counted.
    """
    counted = _counted(timing, moment, zone)
    before = timing.direction == "before"
    if timing.only == "working_hours":
        find = timing.hours.last_open if before else timing.hours.next_opening
        return find(counted) or counted
    if timing.only == "working_days":
        return _working_day(timing.hours, counted, timedelta(days=-1 if before else 1))
    return counted


def _working_day(hours: Calendar, counted: datetime, step: timedelta) -> datetime:
    """The same time by the company's clock, on the nearest day on which it works."""
    there = counted.astimezone(hours.zone).replace(tzinfo=None)
    for days in range(_LOOKED):
        if hours.opens_on((there + days * step).date()):
            if not days:
                return counted
            wall = there + days * step
            return wall.replace(tzinfo=hours.zone, fold=0).astimezone(UTC)
    return counted


def _counted(timing: Timing, moment: datetime, zone: ZoneInfo) -> datetime:
    """`by` before or after the moment, in UTC.

    Days and weeks are those of the customer's calendar: a day before nine o'clock is nine o'clock,
    also over a change of the clocks. What that change leaves out comes an hour later by the clock,
    what it shows twice comes the first time. Hours and less are elapsed time. Raises OverflowError
    for what lies outside the calendar.
    """
    by = duration(timing.by)
    shift = -by if timing.direction == "before" else by
    if not timing.by.strip().endswith(_CALENDAR):
        return moment.astimezone(UTC) + shift
    there = moment.astimezone(zone).replace(tzinfo=None) + shift
    return there.replace(tzinfo=zone, fold=0).astimezone(UTC)


def is_late(timing: Timing, planned: Planned, now: datetime) -> bool:
    """Whether it is better not sent at all: past the rule's bound, or past what it announces."""
    passed = timing.direction == "before" and now >= planned.moment
    return passed or now - planned.due_at > timing.bound


def step(
    timing: Timing, standing: Standing, zone: ZoneInfo, history: History, now: datetime
) -> Step:
    """What a reminder's object, as it is now, makes of what is planned."""
    planned, wanted = history.planned, _wanted(timing, standing, zone)
    drop = _stale(planned, wanted, standing) if planned else ""
    if wanted is None or wanted == planned:
        return Step(drop=drop) if drop else NOTHING
    if wanted.moment in history.sent or wanted in history.refused:
        return Step(drop=drop)
    return Step(drop=drop, plan=wanted, too_late=is_late(timing, wanted, now))


def stale(timing: Timing, standing: Standing, zone: ZoneInfo, planned: Planned) -> str:
    """Why what was planned is no longer what it should be; empty when it still is."""
    return _stale(planned, _wanted(timing, standing, zone), standing)


def _stale(planned: Planned, wanted: Planned | None, standing: Standing) -> str:
    if wanted is None:
        return "cancelled" if standing.over else "no-time"
    return "" if wanted == planned else "moved"


def _wanted(timing: Timing, standing: Standing, zone: ZoneInfo) -> Planned | None:
    """None without a time, or with one that cannot be counted from: a placeholder's year 9999."""
    moment = None if standing.over else standing.moment
    try:
        return None if moment is None else Planned(moment, due_at(timing, moment, zone))
    except OverflowError:
        return None
