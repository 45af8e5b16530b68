"""The newest part of the log, as the relay of this process has just numbered it.

Whoever follows the log here takes it from memory; what is not at hand is read as ever. Nothing
gets in that is not committed, and nothing that does not follow right upon what is there: so both
ways give the same events in the same order.
"""

from collections import deque
from collections.abc import Sequence
from itertools import islice

from hub.events import Event

KEPT = 2048


class FreshEvents:
    def __init__(self) -> None:
        self._events: deque[Event] = deque(maxlen=KEPT)

    def add(self, events: Sequence[Event]) -> None:
        """What the relay has numbered and committed, in order."""
        if self._events and events and events[0].seq != self._events[-1].seq + 1:
            # Another node led meanwhile.
            self._events.clear()
        self._events.extend(events)

    def forget(self) -> None:
        """This process leads no longer: part of what comes next is another's.

        Whoever took the rest of what is here would believe to have come to the end of the log.
        """
        self._events.clear()

    def after(self, seq: int, limit: int) -> list[Event]:
        """The events right after `seq`, as far as they are at hand: none means, ask the log."""
        if not self._events or seq + 1 < self._events[0].seq:
            return []
        start = seq + 1 - self._events[0].seq
        return list(islice(self._events, start, start + limit))
