"""Weekly hours as rules spell them: `mon-fri 09:00-18:00, sat 10:00-14:00 Europe/Sofia`."""

import re
from dataclasses import dataclass
from datetime import datetime

from hub.clock import zone_of
from hub.errors import Invalid
from hub.hours.calendar import DAY, Calendar, Span
from hub.hours.spec import DAYS
from hub.rules.schedule import CUSTOMER_ZONE

_DAY = "|".join(DAYS)
_SPAN = re.compile(
    rf"(?P<first>{_DAY})(?:-(?P<last>{_DAY}))?"
    r" +(?P<from>[0-2]?\d:[0-5]\d)-(?P<to>[0-2]?\d:[0-5]\d)",
    re.ASCII,
)
_MOST = 200


@dataclass(frozen=True, slots=True)
class Hours:
    """zone: a name, or `customer`."""

    spans: tuple[Span, ...]
    zone: str

    def holds(self, moment: datetime, customer_zone: str) -> bool:
        zone = customer_zone if self.zone == CUSTOMER_ZONE else self.zone
        return Calendar(self.spans, zone_of(zone)).open_at(moment)


def read(text: str) -> Hours:
    """Raises Invalid for what is no such hours, or a zone nobody knows."""
    spans, _, zone = text.strip().rpartition(" ")
    known = zone == CUSTOMER_ZONE or (bool(zone) and zone_of(zone).key == zone)
    if len(text) > _MOST or not known:
        raise _wrong(text, f"its last word is a time zone, but `{zone[:40]}` is none")
    return Hours(tuple(_span(part.strip(), text) for part in spans.split(",")), zone)


def _span(part: str, text: str) -> Span:
    found = _SPAN.fullmatch(part)
    if found is None:
        raise _wrong(text, f"`{part[:40]}` is no day with hours")
    first = DAYS.index(found["first"])
    last = DAYS.index(found["last"] or found["first"])
    days = frozenset((first + one) % 7 for one in range((last - first) % 7 + 1))
    return Span(days, _minute(found["from"], text), _minute(found["to"], text))


def _minute(clock: str, text: str) -> int:
    hours, _, minutes = clock.partition(":")
    minute = int(hours) * 60 + int(minutes)
    if minute > DAY:
        raise _wrong(text, f"there is no {clock} o'clock")
    return minute


def _wrong(text: str, why: str) -> Invalid:
    return Invalid(
        f"`{text[:_MOST]}` are no hours: {why}.",
        remedy='Write "mon-fri 09:00-18:00, sat 10:00-14:00 Europe/Sofia".',
    )
