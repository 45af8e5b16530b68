"""When more is due than gets done: what may wait lets go first what may not.

A due loop that comes back with full hands of pressing work says so here, for its own process:
every node looks for such work, so each of them notices by itself. What is not pressing then
slows down and never stops: it takes turns that leave nearly all of the time to what is due.
"""

from collections.abc import Callable
from time import monotonic

LASTS = 2.0
"""Seconds a crowd is believed to last once it was noticed."""
ASIDE = 100
"""Pieces of work a second that a node still begins beside a crowd."""
LONGEST = 60.0
"""Seconds that a piece of work stands aside at most."""


class Crowd:
    """Of one process. All times are seconds of a clock that nobody sets."""

    def __init__(self, time: Callable[[], float] = monotonic) -> None:
        self._time = time
        self._until = self._free = time()

    def noticed(self) -> None:
        """There is more pressing work than hands."""
        self._until = self._time() + LASTS

    @property
    def presses(self) -> bool:
        return self._time() < self._until

    def aside(self, count: int) -> float:
        """In how many seconds `count` more pieces of other work may begin; 0 without a crowd."""
        if not self.presses:
            return 0.0
        now = self._time()
        begin = max(self._free, now)
        # What would stand aside for longer than the bound goes at the bound, and counts no more.
        self._free = min(begin + count / ASIDE, now + LONGEST)
        return min(begin - now, LONGEST)
