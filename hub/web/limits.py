"""How often one caller may call: a leaky bucket each (GCRA), kept in this process.

One number a caller: the moment its bucket will have run empty. So idle callers cost nothing, and
the table can be thrown away when it has grown too large.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil

from hub.errors import TooMany

_MOST_CALLERS = 50_000


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` calls at once, and as many again every `per` seconds."""

    count: int
    per: float = 60

    @property
    def step(self) -> float:
        return self.per / self.count


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to a caller; `reset` in seconds until all of it is back."""

    limit: int
    remaining: int
    reset: float

    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(ceil(self.reset)),
        }


@dataclass(slots=True)
class Limits:
    """`callers`: a token or a sign-in; `strangers`: an address whose calls carry no valid one."""

    callers: Rate = Rate(6000)
    strangers: Rate = Rate(300)
    _empty_at: dict[str, float] = field(default_factory=dict)

    def take(self, key: str, rate: Rate, now: datetime) -> Allowance:
        """Count a call; raises TooMany, and counts nothing, when the bucket is full."""
        moment = now.timestamp()
        empty_at = max(self._empty_at.get(key, moment), moment) + rate.step
        over = empty_at - moment - rate.per
        # A thousandth of a step forgives the rounding of timestamps.
        if over > rate.step / 1000:
            raise TooMany(
                f"More than {rate.count} calls in {rate.per:g} seconds.",
                retry_after=over,
                remedy="Wait as long as Retry-After says; spread calls out.",
            )
        self._remember(key, empty_at, moment)
        return _allowance(rate, empty_at - moment)

    def _remember(self, key: str, empty_at: float, moment: float) -> None:
        if len(self._empty_at) >= _MOST_CALLERS and key not in self._empty_at:
            kept: Mapping[str, float] = {k: v for k, v in self._empty_at.items() if v > moment}
            self._empty_at = dict(kept) if len(kept) < _MOST_CALLERS else {}
        self._empty_at[key] = empty_at


def _allowance(rate: Rate, filled: float) -> Allowance:
    return Allowance(rate.count, max(0, int((rate.per - filled) / rate.step + 1e-6)), filled)
