"""Durations and clock times as rules spell them; when a clock time comes next, DST included."""

import difflib
import re
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from hub.clock import DEFAULT_ZONE, zone_of
from hub.errors import Invalid

CUSTOMER_ZONE = "customer"

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_FIELDS = 5
_LONGEST = timedelta(days=3653)
"""Ten years: any moment plus or minus this much is still one of the calendar."""


@lru_cache(maxsize=1000)
def duration(text: str) -> timedelta:
    """`30m`, `2h`, `3d`, `1w` as a timedelta. Raises Invalid for more than ten years."""
    found = re.fullmatch(r"(\d{1,6})([smhdw])", text.strip(), re.ASCII)
    if found is None:
        raise Invalid(f"`{text}` is no duration.", remedy="Write 30m, 2h, 3d or 1w.")
    span = timedelta(seconds=int(found[1]) * _UNITS[found[2]])
    if span > _LONGEST:
        raise Invalid(f"`{text}` is longer than ten years.", remedy="Write 30m, 2h, 3d or 1w.")
    return span


def check(expression: str, zone: str) -> None:
    """Raises Invalid for a clock time that never comes, or a zone nobody knows."""
    if zone != CUSTOMER_ZONE:
        check_zone(zone, remedy="Write Europe/Sofia, or customer.")
    if len(expression.split()) != _FIELDS:
        raise _wrong(expression, "it has minute, hour, day, month and weekday")
    try:
        # Some years ahead: 29 February comes, 30 February does not.
        next(CronSim(expression, datetime(2026, 1, 1, tzinfo=ZoneInfo(DEFAULT_ZONE))))
    except CronSimError as error:
        raise _wrong(expression, str(error)) from error
    except StopIteration:
        raise _wrong(expression, "that day never comes") from None


def check_zone(zone: str, *, remedy: str = "Write it as Europe/Sofia.") -> None:
    """Raises Invalid for a zone nobody knows, with the nearest there is."""
    if zone_of(zone).key != zone:
        spelled = {one.casefold(): one for one in available_timezones()}
        near = difflib.get_close_matches(zone.casefold(), spelled, n=1)
        hint = f" Did you mean `{spelled[near[0]]}`?" if near else ""
        raise Invalid(f"There is no time zone `{zone}`.{hint}", remedy=remedy)


def _wrong(expression: str, why: str) -> Invalid:
    return Invalid(
        f"`{expression}` is no clock time: {why}.",
        remedy='Write "0 9 * * 1" for Mondays at nine.',
    )


def next_time(expression: str, zone: str, after: datetime) -> datetime:
    """When the clock of `zone` next shows the time, later than `after`.

    As Debian's cron does it: what falls into the hour that spring leaves out comes right after
    it, what autumn shows twice comes once; a time that repeats within the day keeps its pace.
    """
    return next(CronSim(expression, after.astimezone(zone_of(zone))))
