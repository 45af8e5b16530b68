"""Passing by: moves readers past events that mean nothing to them, all readers in one statement.

A reader's own step is a transaction of five round trips, and most events concern one reader of
ten. So before the readers are woken each says what it makes of the events: nothing, something, or
what to ask the database. Whoever has nothing to do is moved on; the others are woken and read by
themselves, as if this were not there.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import structlog

from hub.db import event_log
from hub.db.engine import Database, driver_of
from hub.db.outage import Outage
from hub.db.reader import LINGER, POLL
from hub.db.retry import is_connection_error
from hub.db.rows import Query, numbered_from
from hub.db.signals import Topic, Wake
from hub.events import Event

log = structlog.get_logger(__name__)

_BATCH = 500


class Probe(NamedTuple):
    """There is something to do if `query` finds a row; `values` are its own."""

    query: Query
    values: Mapping[str, Any]


Look = Callable[[Sequence[Event]], Probe | bool]
"""What a reader makes of events. False only where its handler would do nothing."""


class Passing:
    """The readers of this node that look before they read; each has a `wake` of its own."""

    def __init__(self, database: Database, looks: Mapping[str, Look]) -> None:
        self._database = database
        self._looks = looks
        self._wakes = {name: Wake() for name in looks}
        self._at: int | None = None

    def wake(self, name: str) -> Wake:
        """Rings when that reader may have something to do."""
        return self._wakes[name]

    async def run(self) -> None:
        """Follow the log until cancelled."""
        outage, grown = Outage("passing"), self._database.signals.subscribe(Topic.EVENTS)
        try:
            while True:
                try:
                    more = await self._step()
                    outage.over()
                except Exception as error:  # noqa: BLE001 - reported by the outage
                    await asyncio.sleep(outage.failed(error))
                else:
                    if not more and await grown.wait(POLL):
                        await asyncio.sleep(LINGER)
        finally:
            self._database.signals.unsubscribe(grown)

    async def _step(self) -> bool:
        """Deal with the next events; True when there may be more."""
        if self._at is None:
            async with self._database.reading() as session:
                self._at = (await event_log.bounds(session))[1]
            # What came before is theirs: they may have looked too early to see all of it.
            self._ring(self._looks)
            return False
        events = await self._read(self._at)
        if events:
            passed = await self._pass(self._at, events)
            self._ring(self._looks.keys() - passed)
            self._at = events[-1].seq
        return len(events) == _BATCH

    async def _read(self, after: int) -> Sequence[Event]:
        if events := self._database.fresh.after(after, _BATCH):
            return events
        async with self._database.reading() as session:
            return await event_log.read(session, after=after, limit=_BATCH)

    async def _pass(self, after: int, events: Sequence[Event]) -> set[str]:
        """The readers that stand behind these events now, or did before."""
        said = {name: _said(name, look, events) for name, look in self._looks.items()}
        asked = [one for one in said.values() if isinstance(one, Probe)]
        values = [one.values[name] for one in asked for name in one.query.names]
        quiet = [name for name, one in said.items() if one is False]
        probes = [one.query if isinstance(one, Probe) else None for one in said.values()]
        statement = _moving(tuple(probes))
        try:
            async with self._database.at_once() as session:
                rows = await driver_of(session).fetch(
                    statement, quiet, list(said), after, events[-1].seq, *values
                )
        except Exception as error:
            if is_connection_error(error):
                raise
            # Whichever event it is, the reader it means something to knows how to get past it.
            log.warning("passing.failed", error=repr(error))
            return set()
        return {row["name"] for row in rows}

    def _ring(self, names: "Mapping[str, Look] | set[str]") -> None:
        for name in names:
            self._wakes[name].set()


def _said(name: str, look: Look, events: Sequence[Event]) -> Probe | bool:
    try:
        return look(events)
    except Exception as error:  # noqa: BLE001 - its reader will meet the same, and skip it loudly
        log.warning("passing.look_failed", reader=name, error=repr(error))
        return True


# Who is at work is locked, and passed over: it is woken. Who stands further back has been woken
# before and comes by itself.
@lru_cache(maxsize=200)
def _moving(probes: tuple[Query | None, ...]) -> str:
    taken, parts = 4, ["SELECT unnest($1::text[]) AS name"]
    for number, query in enumerate(probes, 1):
        if query is not None:
            sql = numbered_from(query, taken)
            parts.append(f"SELECT ($2::text[])[{number}] WHERE NOT EXISTS ({sql})")
            taken += len(query.names)
    return f"""
        WITH quiet AS MATERIALIZED (
            {" UNION ALL ".join(parts)}
        ), held AS (
            SELECT reader.name FROM event_readers AS reader JOIN quiet USING (name)
            WHERE reader.seq >= $3 AND reader.seq < $4
            FOR NO KEY UPDATE OF reader SKIP LOCKED
        ), moved AS (
            UPDATE event_readers AS reader SET seq = $4 FROM held
            WHERE reader.name = held.name RETURNING reader.name
        )
        SELECT name FROM moved
        UNION ALL SELECT name FROM event_readers WHERE name = ANY ($2::text[]) AND seq >= $4
    """  # noqa: S608 - put together of constants
