"""The only place that reads the wall clock; everybody else is given the time."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import orjson

Clock = Callable[[], datetime]

DEFAULT_ZONE = "UTC"
"""Of whoever nobody knows the zone of."""


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """RFC 3339 in UTC with a `Z`, microseconds kept: `2026-05-03T09:14:00.120000Z`."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    # A page of the inbox spells two hundred of them: orjson takes a quarter of isoformat's time,
    # but leaves out microseconds that are zero.
    spelled = orjson.dumps(moment, option=orjson.OPT_UTC_Z).decode()[1:-1]
    return spelled if moment.microsecond else f"{spelled[:-1]}.000000Z"


def zone_of(*names: str) -> ZoneInfo:
    """The first of the zones that there is; UTC without any."""
    for name in names:
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            continue
    return ZoneInfo(DEFAULT_ZONE)
