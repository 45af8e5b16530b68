"""Numbering: one leader moves committed events to the log, in an order that respects every commit.

The number is given after the commit, by one process at a time, so it has no gaps, and a
transaction that stays open for hours neither stalls the log nor appears behind a reader's back.

Leadership is a session-level advisory lock held by the very connection that moves the events: who
has lost the lock has lost the connection, and a stale leader can write nothing. The lock goes
- at once when the leader's process ends or its connection is cut: the server sees it close;
- after IDLE_LIMIT seconds when it is frozen or its machine has vanished: the leader speaks every
  POLL seconds, and the server ends a session that does not (`idle_session_timeout`).
The others ask for it every POLL seconds. They do not queue for it: a statement that waits for a
lock holds a snapshot, and with it the dead rows of the whole database.
"""

import asyncio

import asyncpg
import orjson

from hub.db.dedicated import Connection, stay_connected
from hub.db.engine import Database
from hub.db.outage import Outage
from hub.db.signals import Topic, Wake
from hub.events import Event

POLL = 1.0
IDLE_LIMIT = 5.0
BATCH = 1000
_LOCK_KEY = 0x6265735F6C6F67  # "bes_log"

_SETTINGS = {
    "idle_session_timeout": str(int(IDLE_LIMIT * 1000)),
    "idle_in_transaction_session_timeout": str(int(IDLE_LIMIT * 1000)),
    # The plan is made while the table is small, and kept when it is bloated.
    "enable_seqscan": "off",
}

# A reader may be further than what is left of a trimmed log.
_LAST = """
    SELECT greatest((SELECT max(seq) FROM events), (SELECT max(seq) FROM event_readers), 0)
"""

# Moved rows are dead but stay in the index while anybody, a backup say, holds an older snapshot:
# to walk past them each time would cost a millisecond per thousand. So a pass that has moved all
# it saw notes the oldest transaction still open then: whatever older ones wrote has been moved.
_ALL = "SELECT n FROM pending_events ORDER BY n LIMIT $2"
_SINCE = """
    SELECT n FROM (SELECT n FROM pending_events WHERE xid >= $3 OFFSET 0) AS recent
    ORDER BY n LIMIT $2
"""


def _move(which: str) -> str:
    return f"""
        WITH moved AS (
            DELETE FROM pending_events WHERE n = ANY (ARRAY({which}))
            RETURNING *
        ), numbered AS (
            INSERT INTO events (seq, id, type, occurred_at, customer_id, conversation_id,
                                stream_id, position, inbox_id, data, rule_id, depth)
            SELECT $1 + row_number() OVER (ORDER BY n), id, type, occurred_at, customer_id,
                   conversation_id, stream_id, position, inbox_id, data, rule_id, depth
            FROM moved
            RETURNING seq, id, type, occurred_at, customer_id, conversation_id,
                      stream_id, position, inbox_id, data, rule_id, depth
        )
        SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS open, numbered.*
        FROM (VALUES (1)) AS always LEFT JOIN numbered ON true ORDER BY numbered.seq
    """  # noqa: S608 - both parts are constants


class Relay:
    """Numbers events while it leads, waits to lead while it does not."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.leading = False

    async def run(self) -> None:
        signals = self._database.signals
        wake = signals.subscribe(Topic.PENDING)

        async def work(connection: Connection, outage: Outage) -> None:
            await _become_leader(connection, outage)
            self.leading = True
            try:
                await self._number(connection, outage, wake)
            finally:
                self.leading = False
                self._database.fresh.forget()

        try:
            await stay_connected(self._database, "relay", work, settings=_SETTINGS)
        finally:
            signals.unsubscribe(wake)

    async def _number(self, connection: Connection, outage: Outage, wake: Wake) -> None:
        last = await connection.fetchval(_LAST)
        move_all = await connection.prepare(_move(_ALL))
        move_since = await connection.prepare(_move(_SINCE))
        oldest_open: int | None = None
        while True:
            rows = await (
                move_all.fetch(last, BATCH)
                if oldest_open is None
                else move_since.fetch(last, BATCH, oldest_open)
            )
            outage.over()
            still_open, moved = rows[0]["open"], [_event(row) for row in rows if row["seq"]]
            if moved:
                last = moved[-1].seq
                self._database.fresh.add(moved)
                self._database.signals.wake(Topic.EVENTS)
            oldest_open = still_open if len(moved) < BATCH else None
            if oldest_open is not None:
                await wake.wait(POLL)


def _event(row: asyncpg.Record) -> Event:
    # The columns stand in the order of the fields; this connection takes jsonb as text.
    facts = list(row)[1:]
    facts[9] = orjson.loads(facts[9])
    return Event(*facts)


async def _become_leader(connection: Connection, outage: Outage) -> None:
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK_KEY):
        outage.over()
        await asyncio.sleep(POLL)
