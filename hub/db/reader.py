"""Durable readers: code that sees every event once, in order, on one node at a time.

The reader's place in the log moves in the transaction in which its handler works: what the handler
writes and the place commit together or not at all. The row that holds the place is locked
meanwhile, so another node passes by.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal, Never

import structlog
from sqlalchemy import text

from hub.db import event_log
from hub.db.engine import Database, WriteSession, savepoint
from hub.db.outage import Outage
from hub.db.retry import DATABASE_ERRORS, is_connection_error, is_serialization_failure
from hub.db.rows import Query
from hub.db.signals import Topic, Wake
from hub.events import Event

log = structlog.get_logger(__name__)

Handler = Callable[[WriteSession, Sequence[Event]], Awaitable[None]]
Start = Literal["beginning", "end"]
OnSkip = Callable[[WriteSession, str, Event, Exception], Awaitable[None]]
"""Told the reader's name, the event it could not handle, and the last error."""

POLL = 5.0
LINGER = 0.05
"""Seconds a woken reader waits for more: a transaction for each event would cost far more than the
events do, and nobody notices the delay of a notice."""
LEISURE = 0.3
"""The same for what people come to look at later, such as the words that find a message."""
CROWDED = 0.5
"""Seconds between two steps while there is a crowd (`hub.db.crowd`)."""
MORE = 10
"""Times as many events a step takes then: it costs less than the steps it is instead of."""
YIELDED = 3.0
"""The seconds of who yields to a crowd; its steps stay as they are."""
ATTEMPTS = 5
"""Times an event is tried alone before it is skipped."""
FIRST_PAUSE = 0.2
"""Seconds before the second try; each further one waits four times as long: 17 s in all."""

_ADD = text("INSERT INTO event_readers (name, seq) VALUES (:name, :seq) ON CONFLICT DO NOTHING")
# A frozen node lets go: the server ends its transaction.
_LOCK = Query("""
    SELECT seq, set_config('idle_in_transaction_session_timeout', '60s', true)
    FROM event_readers WHERE name = :name FOR UPDATE SKIP LOCKED
""")
_MOVE = Query("UPDATE event_readers SET seq = :seq WHERE name = :name")
_SKIPPED = text("""
    INSERT INTO skipped_events (reader, seq, event_id, error)
    VALUES (:reader, :seq, :event_id, :error)
    ON CONFLICT (reader, seq) DO UPDATE SET error = excluded.error, at = now()
""")


async def record_skip(session: WriteSession, reader: str, event: Event, error: Exception) -> None:
    """Keep what was skipped and why, for whoever mends the reader."""
    await session.execute(
        _SKIPPED,
        {"reader": reader, "seq": event.seq, "event_id": event.id, "error": repr(error)[:2000]},
    )


async def follow(  # noqa: PLR0913 - how a reader reads
    database: Database,
    name: str,
    handle: Handler,
    *,
    batch: int = 100,
    start: Start = "beginning",
    linger: float = LINGER,
    yields: bool = False,
    wake: Wake | None = None,
    on_skip: OnSkip = record_skip,
) -> Never:
    """Hand every event, up to `batch` at a time, to `handle` once, until cancelled.

    name: under which the place in the log is kept; a new reader begins at `start`.
    linger: seconds it waits for more once it is woken. yields: falls behind in a crowd.
    wake: tells it that there may be something to do; without one the whole log does.
    handle: works in the given session and neither commits nor rolls back. When it raises, its work
    is undone and the events are tried again, one by one, the failing one ever more slowly; after
    ATTEMPTS times that one is skipped: loudly, with `on_skip` in the transaction that passes it.
    """
    reader = _Reader(database, name, handle, batch, on_skip, more=1 if yields else MORE)
    crowd, crowded = database.crowd, YIELDED if yields else CROWDED
    outage = Outage(f"reader {name}")
    wake = wake or database.signals.subscribe(Topic.EVENTS)
    try:
        while True:
            try:
                pause = await reader.step(start)
                outage.over()
            except Exception as error:  # noqa: BLE001 - reported by the outage
                await asyncio.sleep(outage.failed(error))
            else:
                rest = crowded if crowd.presses else 0.0
                if pause < POLL:
                    await asyncio.sleep(max(pause, rest))
                elif await wake.wait(POLL):
                    await asyncio.sleep(max(linger, rest))
    finally:
        database.signals.unsubscribe(wake)


class _HandlerFailed(Exception):
    """Carries the handler's own error out of the transaction."""

    def __init__(self, events: Sequence[Event], error: Exception) -> None:
        super().__init__(str(error))
        self.events, self.error = events, error


class _Reader:
    """One reader's steps, and what it remembers of an event that fails."""

    def __init__(
        self,
        database: Database,
        name: str,
        handle: Handler,
        batch: int,
        on_skip: OnSkip,
        *,
        more: int,
    ) -> None:
        self._database = database
        self._name = name
        self._handle = handle
        self._batch = batch
        self._on_skip = on_skip
        self._more = more
        self._known = False
        self._one_by_one_to = 0
        self._failing = (0, 0)
        """seq, attempts"""

    async def step(self, start: Start) -> float:
        """Handle the next events; returns the seconds to wait before the next step."""
        if not self._known:
            await self._add(start)
        try:
            return 0.0 if await self._advance() else POLL
        except _HandlerFailed as failure:
            return await self._failed(failure.events, failure.error)

    async def _add(self, start: Start) -> None:
        async with self._database.transaction() as session:
            seq = (await event_log.bounds(session))[1] if start == "end" else 0
            await session.execute(_ADD, {"name": self._name, "seq": seq})
        self._known = True

    async def _advance(self) -> bool:
        """False when nothing is left to read, or another node is reading."""
        async with self._database.transaction() as session:
            place = await self._lock(session)
            if place is None:
                return False
            limit = 1 if place < self._one_by_one_to else self._most()
            events = self._database.fresh.after(place, limit) or await event_log.read(
                session, after=place, limit=limit
            )
            if not events:
                return False
            await self._call(session, events)
            await _MOVE.rows(session, {"name": self._name, "seq": events[-1].seq})
            return len(events) == limit

    def _most(self) -> int:
        return self._batch * (self._more if self._database.crowd.presses else 1)

    async def _lock(self, session: WriteSession) -> int | None:
        """The place in the log; None when another node holds it."""
        rows = await _LOCK.rows(session, {"name": self._name})
        return rows[0]["seq"] if rows else None

    async def _call(self, session: WriteSession, events: Sequence[Event]) -> None:
        try:
            await self._handle(session, events)
        except Exception as error:
            if isinstance(error, DATABASE_ERRORS) and (
                is_connection_error(error) or is_serialization_failure(error)
            ):
                raise  # not the event's fault
            raise _HandlerFailed(events, error) from error

    async def _failed(self, events: Sequence[Event], error: Exception) -> float:
        if len(events) > 1:
            self._one_by_one_to = events[-1].seq
            return 0.0
        [event] = events
        seq, attempts = self._failing
        attempts = attempts + 1 if seq == event.seq else 1
        self._failing = (event.seq, attempts)
        facts = {"reader": self._name, "seq": event.seq, "type": event.type, "attempt": attempts}
        if attempts < ATTEMPTS:
            log.warning("reader.event_failed", error=repr(error), **facts)
            return FIRST_PAUSE * 4.0 ** (attempts - 1)
        log.error("reader.event_skipped", exc_info=error, **facts)
        await self._skip(event, error)
        return 0.0

    async def _skip(self, event: Event, error: Exception) -> None:
        async with self._database.transaction() as session:
            place = await self._lock(session)
            if place is None or place >= event.seq:
                return  # another node has come past it
            try:
                async with savepoint(session):
                    await self._on_skip(session, self._name, event, error)
            except Exception:
                log.exception("reader.skip_not_recorded", reader=self._name, seq=event.seq)
            await _MOVE.rows(session, {"name": self._name, "seq": event.seq})
