"""The only place that reads the wall clock; everybody else is given the time."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """RFC 3339 in UTC with a `Z`, microseconds kept: `2026-05-03T09:14:00.120000Z`."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    # A page of the inbox spells two hundred of them: the offset is cut off, not computed away.
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
