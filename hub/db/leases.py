"""Leases: what only one node does at a time, and how it learns that it no longer may.

A lease is a row that its holder renews every RENEW_EVERY seconds; TTL seconds after the last
renewal, by the database's clock, it is anybody's. The holder counts its own time from before it
asked, so it stops MARGIN seconds before another may begin, also when the database is out of reach.
Only a process that is frozen as a whole may wake up behind its lease: for the moment until its
event loop runs, what it guards must bear two at once.
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import structlog
from sqlalchemy import TextClause, text

from hub.db.engine import Database
from hub.db.outage import Outage
from hub.db.signals import Wake
from hub.ids import new_id
from hub.tasks import background

log = structlog.get_logger(__name__)

TTL = 8.0
RENEW_EVERY = 2.5
LOOK_EVERY = 1.0
"""Seconds between two looks for a lease held elsewhere: a dead node is replaced within the sum of
TTL and this."""
MARGIN = 1.0
_RELEASE_PATIENCE = 2.0

_ACQUIRE = text("""
    INSERT INTO leases (name, holder, until)
    SELECT name, :holder, now() + make_interval(secs => :ttl)
    FROM unnest(CAST(:names AS text[])) AS wanted(name)
    WHERE NOT EXISTS (SELECT FROM leases WHERE leases.name = wanted.name AND until >= now())
    ORDER BY name
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE leases.until < now()
    RETURNING name
""")

_RENEW = text("""
    UPDATE leases SET until = now() + make_interval(secs => :ttl)
    WHERE holder = :holder AND name = ANY (CAST(:names AS text[]))
    RETURNING name
""")

_RELEASE = text("""
    DELETE FROM leases WHERE holder = :holder AND name = ANY (CAST(:names AS text[]))
    RETURNING name
""")


class LeaseLost(Exception):
    """The lease could not be renewed: another node may be at work by now."""


class LeaseKeeper:
    """Acquires, renews and releases the leases of one node, all of them with one statement."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._holder = str(new_id())
        self._held: dict[str, asyncio.Timeout] = {}
        self._wanted: dict[asyncio.Future[float], str] = {}
        self._look = Wake()

    @classmethod
    @asynccontextmanager
    async def open(cls, database: Database) -> "AsyncIterator[LeaseKeeper]":
        keeper = cls(database)
        async with background() as tasks:
            tasks.start(keeper._acquire_wanted(), "leases wanted")
            tasks.start(keeper._renew_held(), "leases held")
            yield keeper

    @asynccontextmanager
    async def lease(self, name: str) -> AsyncIterator[None]:
        """Wait until this node holds `name`, then run the body for as long as it does.

        When the lease is lost the body is cancelled and LeaseLost raised; else it is released at
        the end.
        """
        limit = asyncio.timeout_at(await self._acquired(name))
        try:
            async with limit:
                self._held[name] = limit
                yield
        except TimeoutError:
            if not limit.expired():
                raise
            raise LeaseLost(f"The lease of {name} was lost.") from None
        finally:
            self._held.pop(name, None)
            await self._release([name])

    async def _acquired(self, name: str) -> float:
        """Wait for the lease; returns until when, by the event loop's clock, it is ours."""
        future = asyncio.get_running_loop().create_future()
        self._wanted[future] = name
        self._look.set()
        try:
            until: float = await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                await self._release([name])
            raise
        finally:
            self._wanted.pop(future, None)
        return until

    async def _acquire_wanted(self) -> None:
        outage = Outage("leases")
        while True:
            try:
                if self._wanted:
                    await self._acquire(set(self._wanted.values()))
                outage.over()
                pause = LOOK_EVERY
            except Exception as error:  # noqa: BLE001 - reported by the outage
                pause = outage.failed(error)
            await self._look.wait(pause)

    async def _acquire(self, names: Collection[str]) -> None:
        asked = asyncio.get_running_loop().time()
        acquired = await self._execute(_ACQUIRE, names)
        until = asked + TTL - MARGIN
        for future, name in list(self._wanted.items()):
            # One waiter each: another task of this process has to wait for it to be released.
            if name in acquired and not future.done():
                acquired.discard(name)
                future.set_result(until)
        if acquired:
            await self._release(acquired)

    async def _renew_held(self) -> None:
        outage = Outage("leases held")
        pause = RENEW_EVERY
        while True:
            await asyncio.sleep(pause)
            try:
                if self._held:
                    await self._renew(list(self._held))
                outage.over()
                pause = RENEW_EVERY
            except Exception as error:  # noqa: BLE001 - reported by the outage
                pause = outage.failed(error)

    async def _renew(self, names: Collection[str]) -> None:
        asked = asyncio.get_running_loop().time()
        renewed = await self._execute(_RENEW, names)
        for name in names:
            limit = self._held.get(name)
            if limit is not None and not limit.expired():
                limit.reschedule(asked + TTL - MARGIN if name in renewed else asked)

    async def _release(self, names: Collection[str]) -> None:
        try:
            async with asyncio.timeout(_RELEASE_PATIENCE):
                await self._execute(_RELEASE, names)
        except Exception as error:  # noqa: BLE001 - it ends by itself
            log.warning("lease.not_released", leases=len(names), error=repr(error))

    async def _execute(self, statement: TextClause, names: Collection[str]) -> set[str]:
        parameters = {"holder": self._holder, "names": list(names), "ttl": TTL}
        async with self._database.at_once() as session:
            return set(await session.scalars(statement, parameters))
