"""The newest part of the log, as the relay of this process has just numbered it.

Whoever follows the log here takes it from memory; what is not at hand is read as ever. Nothing
gets in that is not committed, and nothing that does not follow right upon what is there: so both
ways give the same events in the same order.
"""

from collections.abc import Sequence

from hub.events import Event

KEPT = 2048


class FreshEvents:
    def __init__(self) -> None:
        self._events: dict[int, Event] = {}
        self._last = 0

    def add(self, events: Sequence[Event]) -> None:
        """What the relay has numbered and committed, in order."""
        if events and events[0].seq != self._last + 1:
            # Another node led meanwhile.
            self._events.clear()
        for event in events:
            self._events[event.seq] = event
            self._events.pop(event.seq - KEPT, None)
            self._last = event.seq

    def forget(self) -> None:
        """This process leads no longer: part of what comes next is another's.

        Whoever took the rest of what is here would believe to have come to the end of the log.
        """
        self._events.clear()

    def after(self, seq: int, limit: int) -> list[Event]:
        """The events right after `seq`, as far as they are at hand: none means, ask the log."""
        if seq + 1 not in self._events:
            return []
        return [self._events[n] for n in range(seq + 1, min(seq + limit, self._last) + 1)]
