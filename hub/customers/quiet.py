"""When a customer is not to be disturbed: hours of their own clock, every day."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from hub.errors import Invalid

_CLOCK = re.compile("([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class Quiet:
    """From `start` to `end` of the local clock, past midnight where `end` is the earlier one."""

    start: time
    end: time

    @classmethod
    def parse(cls, start: str, end: str) -> "Quiet":
        """Both as `22:00`. Raises Invalid, naming the field, also for hours without length."""
        hours = {"from": _time("from", start), "until": _time("until", end)}
        if hours["from"] == hours["until"]:
            raise Invalid(
                "Quiet hours have to begin and to end at different times.",
                fields={"quiet.until": "the same as `from`"},
            )
        return cls(hours["from"], hours["until"])

    @property
    def shown(self) -> dict[str, str]:
        return {"from": f"{self.start:%H:%M}", "until": f"{self.end:%H:%M}"}

    def over_at(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """When they are over, if `moment` lies in them; else None.

        An hour that the clock leaves out counts as the one after it, one that it repeats as its
        first: nothing is held back for longer than the hours say.
        """
        local = moment.astimezone(zone)
        begun = self._begun(local)
        if begun is None:
            return None
        day = begun.date() + timedelta(days=int(self.end <= self.start))
        over = datetime.combine(day, self.end, zone).astimezone(moment.tzinfo)
        return over if over > moment else None

    def _begun(self, local: datetime) -> datetime | None:
        """When, by the local clock, the hours began that `local` lies in."""
        clock = local.time()
        if self.start < self.end:
            return local if self.start <= clock < self.end else None
        if clock >= self.start:
            return local
        return local - timedelta(days=1) if clock < self.end else None


def _time(field: str, text: str) -> time:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise Invalid(
            f"“{text[:20]}” is no time of the day.",
            remedy="A time looks like 22:00.",
            fields={f"quiet.{field}": "not HH:MM"},
        )
    return time(int(found[1]), int(found[2]))
