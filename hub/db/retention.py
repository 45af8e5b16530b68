"""What is forgotten, and when: old events that every reader has passed, rows of passing use."""

import asyncio
from datetime import datetime, timedelta

import structlog
from sqlalchemy import TextClause, text

from hub import clock
from hub.clock import Clock
from hub.db.engine import Database
from hub.db.outage import Outage

log = structlog.get_logger(__name__)

EVERY = timedelta(minutes=15)
KEEP_EVENTS = timedelta(days=90)
BATCH = 5000
"""Rows removed by one transaction: none is long enough to be noticed."""

# Only a beginning of the log goes, so that what is left has no gaps; and never the newest event:
# the relay reads from it where to go on.
_OLD = text("""
    SELECT coalesce(
        (SELECT seq FROM events WHERE occurred_at >= :before ORDER BY seq LIMIT 1),
        (SELECT max(seq) FROM events), 0) - 1
""")
_SLOWEST = text("SELECT name, seq FROM event_readers ORDER BY seq LIMIT 1")
_TRIM = text("""
    DELETE FROM events WHERE seq = ANY (ARRAY(
        SELECT seq FROM events WHERE seq <= :last ORDER BY seq LIMIT :batch))
""")
_PASSING = {
    # A receipt comes within days of its message, or never.
    "early_receipts": ("created_at", timedelta(days=7)),
    # A provider that has not repeated its input by now will not.
    "risky_inputs": ("started_at", timedelta(days=30)),
    # Longer than any of them is tried.
    "webhook_deliveries": ("created_at", timedelta(days=30)),
}


class Retention:
    """Sweeps the whole database now and then; two nodes doing so at once disturb nobody."""

    def __init__(
        self,
        database: Database,
        clock: Clock = clock.now,
        *,
        keep_events: timedelta = KEEP_EVENTS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._keep_events = keep_events

    async def run(self) -> None:
        outage = Outage("retention")
        while True:
            try:
                await self.sweep()
                outage.over()
                pause = EVERY.total_seconds()
            except Exception as error:  # noqa: BLE001 - reported by the outage
                pause = outage.failed(error)
            await asyncio.sleep(pause)

    async def sweep(self) -> None:
        """Forget everything whose time has come."""
        now = self._clock()
        await self._trim_events(now - self._keep_events)
        for table, (column, age) in _PASSING.items():
            await self._in_batches(_forget(table, column), before=now - age)

    async def _trim_events(self, before: datetime) -> None:
        async with self._database.reading() as session:
            last: int = (await session.execute(_OLD, {"before": before})).scalar_one()
            slowest = (await session.execute(_SLOWEST)).first()
        if slowest is not None and slowest.seq < last:
            log.warning("retention.held_back", reader=slowest.name, seq=slowest.seq, wanted=last)
            last = slowest.seq
        await self._in_batches(_TRIM, last=last)

    async def _in_batches(self, statement: TextClause, **parameters: object) -> None:
        removed = BATCH
        while removed == BATCH:
            async with self._database.at_once() as session:
                connection = await session.connection()
                result = await connection.execute(statement, {**parameters, "batch": BATCH})
                removed = result.rowcount


def _forget(table: str, column: str) -> TextClause:
    return text(f"""
        DELETE FROM {table} WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM {table} WHERE {column} < :before
            LIMIT :batch FOR UPDATE SKIP LOCKED))
    """)  # noqa: S608 - names from the table above
