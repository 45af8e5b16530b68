"""Carrying wake-ups to the other nodes on one database: bare, coalesced, in no transaction.

`NOTIFY` in a business transaction would serialise all commits. Here it runs on a connection of its
own, at most once per GAP seconds, and not at all while this node is alone: every node holds a
shared advisory lock, so they can be counted, and says hello when it comes.
"""

import asyncio
from typing import TYPE_CHECKING

from hub.db.dedicated import Connection, stay_connected
from hub.db.engine import Database
from hub.db.outage import Outage
from hub.db.signals import Topic, Wake

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

GAP = 0.02
_COUNT_EVERY = 5.0
"""Seconds between two looks whether the others are still there; also finds a dead connection."""
_CHANNEL = "besedka"
_HELLO = "hello"
_LOCK_KEY = 0x62657377616B65  # "beswake"

_JOIN = "SELECT pg_advisory_lock_shared($1)"
_NOTIFY = "SELECT pg_notify($1, $2)"
# A bigint key is shown in two halves; objsubid 1 says so.
_COUNT_OTHERS = """
    SELECT count(*) - 1 FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (classid::bigint << 32) | objid::bigint = $1
"""


class WakeUps:
    """Joins this process's `Signals` with those of the other nodes while it runs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._signals = database.signals
        self._wake = Wake()
        self._unsent: set[Topic] = set()
        self.others = False
        """Whether another node is there to be woken."""

    async def run(self) -> None:
        self._signals.forward_to(self._forward)
        try:
            await stay_connected(self._database, "wake-ups", self._work, settings={})
        finally:
            self._signals.forward_to(None)

    def _forward(self, topic: Topic) -> None:
        if self.others:
            self._unsent.add(topic)
            self._wake.set()

    async def _work(self, connection: Connection, outage: Outage) -> None:
        connection.add_termination_listener(lambda _: self._wake.set())
        await connection.add_listener(_CHANNEL, self._heard)
        await connection.execute(_JOIN, _LOCK_KEY)
        await self._count(connection)
        if self.others:
            await connection.execute(_NOTIFY, _CHANNEL, _HELLO)
        outage.over()
        # Whatever the others said while nobody listened here.
        for topic in Topic:
            self._signals.ring(topic)
        while True:
            await self._carry(connection)
            await self._count(connection)

    async def _count(self, connection: Connection) -> None:
        self.others = await connection.fetchval(_COUNT_OTHERS, _LOCK_KEY) > 0

    async def _carry(self, connection: Connection) -> None:
        """Pass wake-ups on until it is time to count again."""
        clock = asyncio.get_running_loop().time
        until = clock() + _COUNT_EVERY
        while (left := until - clock()) > 0:
            if await self._wake.wait(left):
                topics, self._unsent = self._unsent, set()
                await connection.execute(_NOTIFY, _CHANNEL, ",".join(sorted(topics)))
                await asyncio.sleep(GAP)

    def _heard(
        self,
        connection: "Connection | PoolConnectionProxy",
        pid: int,
        _channel: str,
        payload: object,
    ) -> None:
        """Ring here only: passing it on would go round in circles."""
        if pid == connection.get_server_pid():
            return
        self.others = True
        known = {str(topic): topic for topic in Topic}
        for word in str(payload).split(","):
            # Another release may know topics that this one does not.
            if topic := known.get(word):
                self._signals.ring(topic)
