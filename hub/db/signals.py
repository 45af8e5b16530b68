"""Wake-ups inside one process: a loop that sleeps until there is work hears of it at once.

A wake-up carries nothing and may be lost or come twice: every loop also polls. `hub.db.wakeups`
carries them to the other nodes.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from enum import StrEnum


class Topic(StrEnum):
    PENDING = "pending"
    """Committed events wait for a number."""
    EVENTS = "events"
    """The event log has grown."""
    DUE = "due"
    """Due work was planned that may be earlier than what the loop sleeps for."""
    INBOXES = "inboxes"
    """An inbox was added, changed or removed."""
    LIVE = "live"
    """A transient signal (typing, presence) was written."""


class Wake:
    """One sleeper's alarm clock."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._rung = False

    def set(self) -> None:
        self._rung = True
        self._event.set()

    def cut_short(self) -> None:
        """End the sleep as if its time had come."""
        self._event.set()

    async def wait(self, timeout: float) -> bool:  # noqa: ASYNC109 - a sleep that may end early
        """Sleep until woken or `timeout` seconds have passed; True when woken."""
        try:
            async with asyncio.timeout(timeout):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        rung, self._rung = self._rung, False
        return rung


class Signals:
    def __init__(self) -> None:
        self._wakes: defaultdict[Topic, list[Wake]] = defaultdict(list)
        self._forward: Callable[[Topic], None] | None = None

    def subscribe(self, *topics: Topic) -> Wake:
        """An alarm clock that any of `topics` rings."""
        wake = Wake()
        for topic in topics:
            self._wakes[topic].append(wake)
        return wake

    def unsubscribe(self, wake: Wake) -> None:
        for wakes in self._wakes.values():
            if wake in wakes:
                wakes.remove(wake)

    def wake(self, topic: Topic) -> None:
        """Ring here, and on the other nodes when they are listened for."""
        self.ring(topic)
        if self._forward is not None:
            self._forward(topic)

    def ring(self, topic: Topic) -> None:
        """Ring in this process only."""
        for wake in self._wakes[topic]:
            wake.set()

    def forward_to(self, forward: Callable[[Topic], None] | None) -> None:
        self._forward = forward
