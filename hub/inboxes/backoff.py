"""How long a closed inbox waits before it is opened again."""

import random
from dataclasses import dataclass, field

STABLE_AFTER = 60.0
"""Seconds an inbox has to stay open before its earlier failures are forgotten. Forgetting at once
would let an inbox that opens and falls over spin at full speed for ever."""
WORTH = 10.0
"""An opening that held so many times longer than the pause before it was worth it: the next pause
is no longer. A line that is dropped every fifty seconds so costs seconds, not minutes."""


@dataclass(slots=True)
class Backoff:
    """Doubles from `first` to `longest` seconds, each pause shortened at random by up to half."""

    first: float = 1.0
    longest: float = 300.0
    _failures: int = field(default=0, init=False)

    def failed(self, held: float = 0.0) -> float:
        """Note a failure after `held` seconds open; returns the seconds to wait."""
        if self._failures and held >= WORTH * self._pause(self._failures - 1):
            self._failures -= 1
        pause = self._pause(self._failures)
        self._failures += 1
        return pause * random.uniform(0.5, 1.0)  # noqa: S311 - spreads the nodes' tries

    def _pause(self, failures: int) -> float:
        return min(self.longest, self.first * 2.0 ** min(failures, 32))

    def settled(self) -> None:
        """The inbox stayed open for STABLE_AFTER seconds."""
        self._failures = 0
