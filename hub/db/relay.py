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

from hub.db.dedicated import Connection, stay_connected
from hub.db.engine import Database
from hub.db.outage import Outage
from hub.db.signals import Topic, Wake

POLL = 1.0
IDLE_LIMIT = 5.0
BATCH = 1000
_LOCK_KEY = 0x6265735F6C6F67  # "bes_log"

_SETTINGS = {
    "idle_session_timeout": str(int(IDLE_LIMIT * 1000)),
    "idle_in_transaction_session_timeout": str(int(IDLE_LIMIT * 1000)),
}

# A reader may be further than what is left of a trimmed log.
_LAST = """
    SELECT greatest((SELECT max(seq) FROM events), (SELECT max(seq) FROM event_readers), 0)
"""

_MOVE = """
    WITH moved AS (
        DELETE FROM pending_events
        WHERE n = ANY (ARRAY(SELECT n FROM pending_events ORDER BY n LIMIT $2))
        RETURNING *
    ), numbered AS (
        INSERT INTO events (seq, id, type, occurred_at, customer_id, conversation_id, stream_id,
                            position, inbox_id, data, rule_id, depth)
        SELECT $1 + row_number() OVER (ORDER BY n), id, type, occurred_at, customer_id,
               conversation_id, stream_id, position, inbox_id, data, rule_id, depth
        FROM moved
        RETURNING 1
    )
    SELECT count(*) FROM numbered
"""


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

        try:
            await stay_connected(self._database, "relay", work, settings=_SETTINGS)
        finally:
            signals.unsubscribe(wake)

    async def _number(self, connection: Connection, outage: Outage, wake: Wake) -> None:
        last = await connection.fetchval(_LAST)
        move = await connection.prepare(_MOVE)
        while True:
            moved = await move.fetchval(last, BATCH)
            outage.over()
            if moved:
                last += moved
                self._database.signals.wake(Topic.EVENTS)
            if moved < BATCH:
                await wake.wait(POLL)


async def _become_leader(connection: Connection, outage: Outage) -> None:
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK_KEY):
        outage.over()
        await asyncio.sleep(POLL)
