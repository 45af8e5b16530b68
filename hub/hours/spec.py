"""What may be said of a calendar, and what it means; every fault names its field."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from hub.errors import Invalid
from hub.hours.calendar import DAY, Calendar, Holiday, Span

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_SPANS = 50
MOST_HOLIDAYS = 500

_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])", re.ASCII)


def compiled(
    time_zone: str, week: Sequence[Mapping[str, Any]], holidays: Sequence[Mapping[str, Any]]
) -> Calendar:
    """The calendar, its parts spelled as in `hub.hours.tables`. Raises Invalid."""
    return Calendar(
        tuple([_span(f"week.{place}", one) for place, one in enumerate(week)]),
        zone(time_zone),
        tuple([_holiday(f"holidays.{place}", one) for place, one in enumerate(holidays)]),
    )


def zone(name: str) -> ZoneInfo:
    """Raises Invalid for a zone nobody knows."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Invalid(
            f"There is no time zone “{name[:60]}”.",
            remedy="Write it as Europe/Sofia.",
            fields={"time_zone": "unknown"},
        ) from None


def _span(field: str, one: Mapping[str, Any]) -> Span:
    days = frozenset(DAYS.index(day) for day in one["days"])
    start, end = (_minute(f"{field}.{name}", one[name]) for name in ("from", "until"))
    if start in {end, DAY}:
        raise Invalid(
            "Hours have to begin and to end at different times.",
            remedy="The whole day is from 00:00 until 24:00.",
            fields={f"{field}.until": "the same as `from`"},
        )
    return Span(days, start, end)


def _minute(field: str, clock: str) -> int:
    found = _CLOCK.fullmatch(clock)
    minute = int(found[1]) * 60 + int(found[2]) if found else DAY + 1
    if minute > DAY:
        raise Invalid(
            f"“{clock[:20]}” is no time of the day.",
            remedy="A time looks like 09:00; midnight at the end of a day is 24:00.",
            fields={field: "not HH:MM"},
        )
    return minute


def _holiday(field: str, one: Mapping[str, Any]) -> Holiday:
    try:
        day = date.fromisoformat(one["date"])
    except ValueError:
        raise Invalid(
            f"“{one['date'][:20]}” is no day.",
            remedy="Write it as 2026-12-25.",
            fields={f"{field}.date": "no such day"},
        ) from None
    return Holiday(day.month, day.day, None if one["yearly"] else day.year, one["name"])
