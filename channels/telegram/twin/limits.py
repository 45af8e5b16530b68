"""How often a bot may send: 30 messages a second in all, one a second to each chat."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from channels.telegram.twin.refusals import too_many


@dataclass(frozen=True, slots=True)
class Pace:
    """`burst`: how many may come at once in one chat before the pace counts."""

    per_second: float = 30
    per_chat: float = 1
    burst: int = 3


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


@dataclass(eq=False)
class Limits:
    """`pace` None: no limit at all."""

    pace: Pace | None
    clock: Callable[[], float]
    _buckets: dict[str, _Bucket] = field(default_factory=dict)

    def count(self, chat: str, messages: int) -> None:
        """Take note of messages that are about to be sent. Raises Refused 429."""
        if self.pace is None:
            return
        whole, own = self.pace.per_second, self.pace.per_chat
        waits = [
            self._lacking("", messages, whole, whole),
            self._lacking(chat, messages, own, max(self.pace.burst, messages)),
        ]
        if max(waits) > 0:
            raise too_many(math.ceil(max(waits)))
        for name in ("", chat):
            self._buckets[name].left -= messages

    def _lacking(self, name: str, wanted: int, rate: float, room: float) -> float:
        """Seconds until `wanted` may go."""
        now = self.clock()
        bucket = self._buckets.setdefault(name, _Bucket(room, now))
        bucket.left = min(room, bucket.left + (now - bucket.at) * rate)
        bucket.at = now
        # A hair of tolerance: who waited as told must not be refused for a rounding.
        return max(0.0, (wanted - bucket.left - 1e-6) / rate)
