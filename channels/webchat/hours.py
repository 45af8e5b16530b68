"""When a chat is staffed: opening hours by the wall clock of one time zone, and the next opening.

`Mon-Fri 09:00-13:00,14:00-18:00; Sat 10:00-14:00`: what a clock on that wall shows decides, so an
hour that daylight saving repeats counts twice and one that it skips never comes. An end before
its begin lies on the next day (`Fri 22:00-02:00`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = 24 * 60
_AHEAD = 15
"""Days: a weekly span that daylight saving skips comes again a week later."""
_MOST = 100
"""Parts of a text: nobody's week has more, and a longer one costs time to read."""

_DAY_RANGE = re.compile(rf"({'|'.join(DAYS)})(?:\s*-\s*({'|'.join(DAYS)}))?")
_TIME_RANGE = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_RULE = re.compile(r"([a-z][a-z\s,\-]*?)\s*(\d.*)")


@dataclass(frozen=True, slots=True)
class Span:
    """Open on weekday `day` (0 = Monday) from minute `start`; `end` > 1440 is on the next day."""

    day: int
    start: int
    end: int


@dataclass(frozen=True)
class Hours:
    """No spans at all = always open."""

    spans: tuple[Span, ...]
    zone: ZoneInfo

    def open_at(self, now: datetime) -> bool:
        local = now.astimezone(self.zone)
        return not self.spans or local.hour * 60 + local.minute in self._minutes[local.weekday()]

    def next_opening(self, now: datetime) -> datetime | None:
        """The first moment from `now` on at which it is open, in UTC; None = it never is."""
        now = now.astimezone(UTC)
        if self.open_at(now):
            return now
        later = (moment for moment in self._turns(now) if moment > now)
        return min((moment for moment in later if self.open_at(moment)), default=None)

    @cached_property
    def _minutes(self) -> tuple[frozenset[int], ...]:
        """The open minutes of each weekday, 0 to 1439."""
        days: tuple[set[int], ...] = tuple(set() for _ in DAYS)
        for span in self.spans:
            for minute in range(span.start, span.end):
                days[(span.day + minute // _DAY) % 7].add(minute % _DAY)
        return tuple(frozenset(day) for day in days)

    def _turns(self, now: datetime) -> Iterator[datetime]:
        """Every moment near `now` at which closed may become open, and some others."""
        today = now.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        for ahead in range(_AHEAD):
            midnight = (today + timedelta(days=ahead)).replace(fold=0)
            yield self._transition(midnight.astimezone(UTC))
            for span in self.spans:
                wall = midnight + timedelta(minutes=span.start)
                # A time that comes twice: both are looked at.
                yield wall.replace(fold=0).astimezone(UTC)
                yield wall.replace(fold=1).astimezone(UTC)
            # A night span goes on at midnight where the day before was skipped.
            yield midnight.astimezone(UTC)

    def _transition(self, begin: datetime) -> datetime:
        """When the zone's offset changes in the 26 hours from `begin`, or else their end."""
        end = begin + timedelta(hours=26)
        before = begin.astimezone(self.zone).utcoffset()
        if end.astimezone(self.zone).utcoffset() == before:
            return end
        while end - begin > timedelta(seconds=1):
            middle = begin + (end - begin) // 2
            unchanged = middle.astimezone(self.zone).utcoffset() == before
            begin, end = (middle, end) if unchanged else (begin, middle)
        return end.replace(microsecond=0)


def parse(text: str, zone: ZoneInfo) -> Hours:
    """The hours a text means; raises ValueError saying what is expected. Empty = always open."""
    rules = [part.strip().lower() for part in text.replace("\u2013", "-").split(";")]
    spans = [span for rule in rules[:_MOST] if rule for span in _rule(rule)]
    if len(rules) > _MOST or len(spans) > _MOST:
        raise ValueError("there are too many opening hours")
    return Hours(tuple(dict.fromkeys(spans)), zone)


def _rule(rule: str) -> Iterator[Span]:
    found = _RULE.fullmatch(rule)
    if found is None:
        raise _expected()
    times = [_times(part.strip()) for part in found[2].split(",")]
    for days in found[1].split(","):
        for day in _days(days.strip()):
            for start, end in times:
                yield Span(day, start, end)


def _days(text: str) -> list[int]:
    found = _DAY_RANGE.fullmatch(text)
    if found is None:
        raise _expected()
    first = DAYS.index(found[1])
    last = DAYS.index(found[2] or found[1])
    return [(first + step) % 7 for step in range((last - first) % 7 + 1)]


def _times(text: str) -> tuple[int, int]:
    found = _TIME_RANGE.fullmatch(text)
    if found is None:
        raise _expected()
    start = int(found[1]) * 60 + int(found[2])
    end = int(found[3]) * 60 + int(found[4])
    if start >= _DAY or end > _DAY or int(found[2]) > 59 or int(found[4]) > 59:
        raise ValueError("times go from 00:00 to 24:00")
    return start, end if end > start else end + _DAY


def _expected() -> ValueError:
    return ValueError("expected days and times, like: Mon-Fri 09:00-18:00; Sat 10:00-14:00")
