"""When somebody is there, and how much of that time lies between two moments.

A calendar is a week of spans on the clock of one zone, less its holidays. A day that is a holiday
is closed from midnight to midnight, also for the end of a night that began before. Where daylight
saving shows a time twice, the first one opens or closes; where it leaves a time out, the moment of
the change does. Time that is open is elapsed time: a night of 25 hours has 25.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

DAY = 24 * 60
_HORIZON = 3660
"""Days that are looked ahead: who opens on 29 February only does so within eight years."""
_BACK = 368
"""Days that are looked back: a year with one to spare at either end."""
_MINUTE = timedelta(minutes=1)
_NONE = timedelta()

Interval = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Span:
    """On `days` (0 is Monday) from minute `start` until, not including, minute `end`.

    An end that is not after the start lies on the next day; 1440 is midnight at the day's end.
    """

    days: frozenset[int]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Holiday:
    """Closed all day; `year` None: every year."""

    month: int
    day: int
    year: int | None = None
    name: str = ""


@dataclass(frozen=True)
class Calendar:
    """Without spans it is never open."""

    spans: tuple[Span, ...]
    zone: ZoneInfo
    holidays: tuple[Holiday, ...] = ()

    def open_at(self, moment: datetime) -> bool:
        opens, _ = next(self._from(moment), (None, None))
        return opens is not None and opens <= moment

    def next_opening(self, moment: datetime) -> datetime | None:
        """The first moment, from `moment` on, at which it is open, in UTC; None: it never is."""
        opens, _ = next(self._from(moment), (None, None))
        return None if opens is None else max(opens, moment.astimezone(UTC))

    def last_open(self, moment: datetime) -> datetime | None:
        """The last moment, up to `moment`, at which it is open, in UTC; None: in a year not.

        Of hours that have ended that is their last minute: at their end it is closed.
        """
        day = moment.astimezone(self.zone).date() + timedelta(days=1)
        for _ in range(_BACK):
            for opens, closes in reversed([*self._of_day(day)]):
                if opens <= moment:
                    last = moment if moment < closes else max(opens, closes - _MINUTE)
                    return last.astimezone(UTC)
            day -= timedelta(days=1)
        return None

    def opens_on(self, day: date) -> bool:
        """Whether it is open at any time of that day of its zone."""
        return any(self._of_day(day))

    def between(self, begin: datetime, end: datetime) -> timedelta:
        """How much of the time from `begin` to `end` it is open; none when they are reversed."""
        total = _NONE
        for opens, closes in self._from(begin, until=end):
            if opens >= end:
                break
            total += min(closes, end) - max(opens, begin)
        return total

    def after(self, moment: datetime, open_time: timedelta) -> datetime | None:
        """When so much open time has gone by since `moment`, in UTC; None: in ten years not."""
        if open_time <= _NONE:
            return moment.astimezone(UTC)
        left = open_time
        for opens, closes in self._from(moment):
            begins = max(opens, moment)
            if closes - begins >= left:
                return begins.astimezone(UTC) + left
            left -= closes - begins
        return None

    def holiday(self, day: date) -> Holiday | None:
        """Why it is closed on that day, where it is a holiday."""
        return self._closed.get((None, day.month, day.day)) or self._closed.get(
            (day.year, day.month, day.day)
        )

    def _from(self, moment: datetime, until: datetime | None = None) -> Iterator[Interval]:
        """The open intervals that end after `moment`, in order, in UTC."""
        if not any(self._week):
            return
        # The day before too: its midnight may come twice. One more at the end: where an hour is
        # left out, less time than whole days reaches into one day more.
        day = moment.astimezone(self.zone).date() - timedelta(days=1)
        days = _HORIZON if until is None else max((until - moment).days, 0) + 4
        for _ in range(days):
            for interval in self._of_day(day):
                if interval[1] > moment:
                    yield interval
            day += timedelta(days=1)

    def _of_day(self, day: date) -> Iterator[Interval]:
        if self.holiday(day) is not None:
            return
        for start, end in self._week[day.weekday()]:
            opens, closes = self._instant(day, start), self._instant(day, end)
            if opens < closes:
                yield opens, closes

    def _instant(self, day: date, minute: int) -> datetime:
        """When the clock first shows that minute of the day, or, leaving it out, is changed."""
        wall = datetime.combine(day, time()) + timedelta(minutes=minute)
        found = wall.replace(tzinfo=self.zone).astimezone(UTC)
        if found.astimezone(self.zone).replace(tzinfo=None) == wall:
            return found
        # Left out: read with the offset that holds after the change, it lies before the change.
        before = wall.replace(tzinfo=self.zone, fold=1).astimezone(UTC)
        return _change(self.zone, before, found)

    @cached_property
    def _week(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """The open minutes of each weekday, in order and without overlap."""
        parts: tuple[list[tuple[int, int]], ...] = tuple([] for _ in range(7))
        for span in self.spans:
            for day in span.days:
                if span.start < span.end:
                    parts[day].append((span.start, span.end))
                else:
                    parts[day].append((span.start, DAY))
                    parts[(day + 1) % 7].append((0, span.end))
        return tuple(_merged(one) for one in parts)

    @cached_property
    def _closed(self) -> dict[tuple[int | None, int, int], Holiday]:
        return {(one.year, one.month, one.day): one for one in self.holidays}


ALWAYS = Calendar((Span(frozenset(range(7)), 0, DAY),), ZoneInfo("UTC"))
"""Where nobody has set any hours."""


def _merged(parts: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(one for one in parts if one[0] < one[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The moment, between the two, at which the zone's offset changes."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        same = middle.astimezone(zone).utcoffset() == offset
        before, after = (middle, after) if same else (before, middle)
    return after.replace(microsecond=0)
