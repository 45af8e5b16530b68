"""The live feed: the event log as it grows, read, completed and encoded once per process.

One task reads the log; listeners get the same bytes through queues of their own, so a slow one
holds up nobody. Numbers are dense: a listener that gives its last one misses nothing and gets
nothing twice, or is told that it has to load anew.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hub.clock import Clock
from hub.db import event_log
from hub.db.engine import Database
from hub.db.outage import Outage
from hub.db.signals import Topic
from hub.errors import Unavailable
from hub.tasks import background
from hub.timeline.broadcast import (
    Audience,
    LiveEvent,
    Missed,
    Subscription,
    Wanted,
    is_wanted,
)
from hub.timeline.fresh import FreshEntries
from hub.timeline.hydrate import Summaries, assemble, hydrate, is_complete, told_first
from hub.timeline.transient import Exchange, Transient, to_live

KEPT = 2048
"""Events kept encoded for those who come back, and the most that may wait for one listener."""
_BATCH = 500
_POLL = 1.0
_START = 10.0


class LiveFeed:
    def __init__(
        self, database: Database, clock: Clock, *, summaries: Summaries, kept: int = KEPT
    ) -> None:
        self._database = database
        self._clock = clock
        self._summaries = summaries
        self.fresh = FreshEntries()
        self._recent: deque[LiveEvent] = deque(maxlen=kept)
        self._kept = kept
        self._head = 0
        self._started = asyncio.Event()
        self._audience = Audience()
        self._exchange = Exchange(database, self._tell_transient)

    @property
    def head(self) -> int:
        """The number of the last event handed out."""
        return self._head

    async def run(self) -> None:
        """Follow the log until cancelled; a database that is away is waited for."""
        wake, outage = self._database.signals.subscribe(Topic.EVENTS), Outage("live feed")
        async with background() as tasks:
            tasks.start(self._exchange.run(lambda: bool(self._audience)), "live signals")
            try:
                while True:
                    try:
                        more = await self._advance()
                        outage.over()
                    except Exception as error:  # noqa: BLE001 - Outage logs it
                        await asyncio.sleep(outage.failed(error))
                    else:
                        if not more:
                            await wake.wait(_POLL)
            finally:
                self._database.signals.unsubscribe(wake)

    def signal(self, transient: Transient) -> None:
        """Tell everybody, here at once and on other nodes soon; best effort."""
        self._tell_transient(transient)
        self._exchange.send(transient)

    @asynccontextmanager
    async def subscribe(
        self, wanted: Wanted, *, after: int | None = None
    ) -> AsyncIterator[Subscription]:
        """Everything wanted since `after` (exclusive), or from now on: without a gap or a repeat.

        Raises Missed when `after` lies too far back (or in a future this database does not know).
        """
        await self._wait_for_start()
        subscription = Subscription(self._head if after is None else after, self._kept)
        if after is not None:
            await self._catch_up(subscription, wanted, after)
        self._audience.add(wanted, subscription)
        try:
            yield subscription
        finally:
            self._audience.remove(wanted, subscription)

    async def _wait_for_start(self) -> None:
        try:
            async with asyncio.timeout(_START):
                await self._started.wait()
        except TimeoutError as error:
            raise Unavailable(
                "Live updates have not started yet.", remedy="Try again in a moment."
            ) from error

    async def _advance(self) -> bool:
        """Read, complete and hand out the next events; True when there may be more."""
        if not (self._audience and self._started.is_set()):
            await self._skip()
            return bool(self._audience)
        events = await self._read(self._head)
        for event in events:
            self._head = event.seq
            self._recent.append(event)
            self._audience.tell(event)
        return len(events) == _BATCH

    async def _skip(self) -> None:
        """Go on to the end of the log unread: nobody listens, as on every node without a console.

        Who comes back later is told what they missed from the log.
        """
        async with self._database.reading() as session:
            _, high = await event_log.bounds(session)
        # Who has come meanwhile is owed what has come since.
        if not self._audience:
            if high != self._head:
                self._recent.clear()
                self.fresh.forget()
            self._head = high
        self._started.set()

    async def _read(self, after: int) -> list[LiveEvent]:
        events = self._database.fresh.after(after, _BATCH)
        if not events:
            async with self._database.reading() as session:
                events = await event_log.read(session, after=after, limit=_BATCH)
        known = self.fresh.take(told_first(events))
        if is_complete(events, known):
            return assemble(events, known)
        async with self._database.reading() as session:
            return await hydrate(session, events, self._summaries, known)

    async def _catch_up(self, subscription: Subscription, wanted: Wanted, after: int) -> None:
        """Offer what came since `after`. Returns without pause after the last look at the head."""
        first_kept = self._recent[0].seq if self._recent else self._head + 1
        if not first_kept <= after + 1 <= self._head + 1:
            after = await self._catch_up_from_log(subscription, wanted, after)
        for event in self._recent:
            if event.seq > after and is_wanted(wanted, event):
                subscription.offer(event)

    async def _catch_up_from_log(
        self, subscription: Subscription, wanted: Wanted, after: int
    ) -> int:
        async with self._database.reading() as session:
            low, high = await event_log.bounds(session)
        if after + 1 < low or after > high or high - after > self._kept:
            raise Missed
        # Not up to `high` but up to the head of this node: from there on it hands out by itself.
        while after < self._head:
            events = await self._read(after)
            if not events:
                raise Missed
            for event in events:
                if event.seq > self._head:
                    break
                after = event.seq
                if is_wanted(wanted, event):
                    subscription.offer(event)
        return after

    def _tell_transient(self, transient: Transient) -> None:
        self._audience.tell(to_live(transient, self._clock()))
