"""What the hub gives to one open inbox: its sink, memory, files, transcript, and a way out."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import aiohttp
import orjson
from sqlalchemy import TextClause, text
from typing_extensions import override

from hub.clock import Clock
from hub.crypto import Keyring
from hub.db.engine import Database
from hub.db.retry import is_connection_error
from hub.db.rows import Query, lent
from hub.hours import store as hours
from hub.inboxes import state as inbox_state
from hub.inboxes import ways
from hub.inboxes.registry import Registry
from hub.ports import ChannelState, Files, Opening, Sink, SinkUnavailable, Transcript

_GET = Query("""
    SELECT value FROM channel_state
    WHERE inbox_id = :inbox AND key = :key AND (expires_at IS NULL OR expires_at > :now)
""")

_PUT = text("""
    INSERT INTO channel_state (inbox_id, key, value, updated_at, expires_at)
    VALUES (:inbox, :key, CAST(:value AS jsonb), :now, :expires_at)
    ON CONFLICT (inbox_id, key) DO UPDATE
       SET value = excluded.value, updated_at = excluded.updated_at,
           expires_at = excluded.expires_at
""")

_UPDATE = text("""
    UPDATE channel_state
    SET value = CAST(:value AS jsonb), updated_at = :now, expires_at = :expires_at
    WHERE inbox_id = :inbox AND key = :key AND (expires_at IS NULL OR expires_at > :now)
    RETURNING 1
""")

_PRESENT = Query("""
    SELECT key FROM channel_state
    WHERE inbox_id = :inbox AND key = ANY (CAST(:keys AS text[]))
      AND (expires_at IS NULL OR expires_at > :now)
""")

_DELETE = text("DELETE FROM channel_state WHERE inbox_id = :inbox AND key = :key")

_SWEEP = text("""
    DELETE FROM channel_state WHERE (inbox_id, key) IN (
        SELECT inbox_id, key FROM channel_state WHERE expires_at <= :now
        LIMIT :limit FOR UPDATE SKIP LOCKED)
""")


@contextmanager
def away_is_unavailable() -> Iterator[None]:
    """A database that is away, in the port's word for it: the channel does not acknowledge."""
    try:
        yield
    except Exception as error:
        if is_connection_error(error):
            raise SinkUnavailable from error
        raise


class StoredState(ChannelState):
    """One inbox's durable facts in the table `channel_state`."""

    def __init__(self, database: Database, inbox_id: UUID, clock: Clock) -> None:
        self._database = database
        self._inbox_id = inbox_id
        self._clock = clock

    @override
    async def get(self, key: str, /) -> Mapping[str, object] | None:
        row = {"inbox": self._inbox_id, "key": key, "now": self._clock()}
        with away_is_unavailable():
            async with lent(self._database) as connection:
                found = await _GET.rows(connection, row)
        return found[0]["value"] if found else None

    @override
    async def put(
        self, key: str, value: Mapping[str, object], /, *, expires_at: datetime | None = None
    ) -> None:
        await self._write(_PUT, self._row(key, value, expires_at))

    @override
    async def update(
        self, key: str, value: Mapping[str, object], /, *, expires_at: datetime | None = None
    ) -> bool:
        with away_is_unavailable():
            async with self._database.transaction() as session:
                row = self._row(key, value, expires_at)
                return await session.scalar(_UPDATE, row) is not None

    @override
    async def delete(self, key: str, /) -> None:
        await self._write(_DELETE, {"inbox": self._inbox_id, "key": key})

    @override
    async def present(self, keys: Collection[str], /) -> frozenset[str]:
        row = {"inbox": self._inbox_id, "keys": list(keys), "now": self._clock()}
        with away_is_unavailable():
            async with lent(self._database) as connection:
                found = await _PRESENT.rows(connection, row)
        return frozenset(one["key"] for one in found)

    async def _write(self, statement: TextClause, row: Mapping[str, object]) -> None:
        with away_is_unavailable():
            async with self._database.transaction() as session:
                await session.execute(statement, row)

    def _row(
        self, key: str, value: Mapping[str, object], expires_at: datetime | None
    ) -> dict[str, object]:
        return {
            "inbox": self._inbox_id,
            "key": key,
            "value": orjson.dumps(value).decode(),
            "now": self._clock(),
            "expires_at": expires_at,
        }


async def sweep_expired(database: Database, now: datetime, *, limit: int = 5000) -> None:
    """Remove up to `limit` expired facts of all inboxes."""
    async with database.transaction() as session:
        await session.execute(_SWEEP, {"now": now, "limit": limit})


@dataclass(frozen=True, slots=True)
class InboxHost:
    """`hub.ports.Host` of one inbox. `clock` and `keyring` are the hub's; the rest is its own."""

    inbox_id: UUID
    inbox_name: str
    public_url: str
    sink: Sink
    state: ChannelState
    files: Files
    transcript: Transcript
    http: aiohttp.ClientSession
    clock: Clock
    keyring: Keyring
    database: Database
    registry: Registry

    async def carries(self, scheme: str, /) -> bool:
        with away_is_unavailable():
            return await ways.carried(self.database, self.registry, scheme)

    async def opening(self) -> Opening:
        with away_is_unavailable():
            async with lent(self.database) as connection:
                calendar = await hours.of_inbox(connection, self.inbox_id)
        next_one = calendar.next_opening(now := self.clock())
        return Opening(calendar.open_at(now), next_one)

    async def remark(self, detail: str, remedy: str = "", /) -> None:
        with away_is_unavailable():
            await inbox_state.remark(self.database, self.inbox_id, detail, remedy)

    def now(self) -> datetime:
        return self.clock()

    def sign(self, purpose: str, text: str, /) -> str:
        return self.keyring.sign(self._bound(purpose), text)

    def verify(self, purpose: str, text: str, signature: str, /) -> bool:
        return self.keyring.verify(self._bound(purpose), text, signature)

    def _bound(self, purpose: str) -> str:
        return f"inbox:{self.inbox_id}:{purpose}"
