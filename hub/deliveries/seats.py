"""How many sends of one inbox may be under way on this node, and when there is room for more.

A provider that is slow or hangs keeps its own seats busy and nobody else's: lanes that find none
are given back until one is likely to be free.
"""

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

PER_INBOX = 40
LONGEST_WAIT = timedelta(seconds=10)
_FIRST_GUESS = 0.1
"""Seconds for which a seat is thought to be taken before one was seen."""
_WEIGHT = 0.2
"""Of the newest send in the running mean."""


class Seats:
    def __init__(self, per_inbox: int = PER_INBOX) -> None:
        self._per_inbox = per_inbox
        self._taken: Counter[UUID] = Counter()
        self._seconds: dict[UUID, float] = {}
        self._promised: dict[UUID, datetime] = {}

    def take(self, inbox_id: UUID, now: datetime) -> datetime | None:
        """Take a seat (None), or be told when to ask again: one moment after the other."""
        if self._taken[inbox_id] < self._per_inbox:
            self._taken[inbox_id] += 1
            return None
        gap = timedelta(seconds=self._seconds.get(inbox_id, _FIRST_GUESS) / self._per_inbox)
        moment = max(self._promised.get(inbox_id, now), now) + gap
        self._promised[inbox_id] = min(moment, now + LONGEST_WAIT)
        return self._promised[inbox_id]

    def leave(self, inbox_id: UUID, seconds: float | None = None) -> None:
        """Free a seat; `seconds`: how long it was taken, if a send ended in it."""
        self._taken[inbox_id] -= 1
        if seconds is not None:
            before = self._seconds.get(inbox_id, seconds)
            self._seconds[inbox_id] = before + _WEIGHT * (seconds - before)
