"""What an administrator does with quarantine: look, replay, dismiss.

A parsed message is replayed here and now. Raw input only its channel can read: it is released from
the ledger and handed to the channel's `reread`, which brings it to the sink as if it came anew.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text

from hub.clock import Clock, rfc3339
from hub.conversations import ledger
from hub.conversations.inbound import parsed, quarantine, risky
from hub.conversations.inbound.faults import blames_the_input
from hub.conversations.inbound.incoming import read
from hub.conversations.inbound.store import store
from hub.db.base import Json
from hub.db.engine import AnySession, Database, WriteSession
from hub.db.retry import retry_serialization
from hub.errors import Conflict, Invalid, NotFound
from hub.inboxes.open_inbox import InboxRef
from hub.ports import Accepted
from hub.timeline.files import FileStore

_LIST = text("""
    SELECT q.id, q.inbox_id, i.channel, i.name AS inbox_name, q.external_id, q.error, q.message,
           length(q.raw) AS size, q.created_at, q.resolved_at, q.resolution, q.entry_id
    FROM quarantine q JOIN inboxes i ON i.id = q.inbox_id
    WHERE q.inbox_id <> ALL (CAST(:hidden AS uuid[]))
      AND (CAST(:only AS uuid) IS NULL OR q.id = CAST(:only AS uuid))
      AND (:resolved OR q.resolved_at IS NULL)
      AND (CAST(:before AS uuid) IS NULL OR q.id < CAST(:before AS uuid))
    ORDER BY q.id DESC LIMIT :limit
""")

_RAW = text("SELECT raw FROM quarantine WHERE id = :id")

_TAKE = text("""
    SELECT q.id, q.inbox_id, q.external_id, q.raw, q.message, q.resolved_at, i.channel, i.name,
           i.pool, i.reopen_days, coalesce(i.settings->>'region', '') AS region
    FROM quarantine q JOIN inboxes i ON i.id = q.inbox_id
    WHERE q.id = :id FOR UPDATE OF q
""")

_RESOLVE = text("""
    UPDATE quarantine SET resolved_at = :now, resolution = :resolution, entry_id = :entry_id
    WHERE id = :id
""")

_STILL = text("UPDATE quarantine SET error = :error WHERE id = :id")

Reread = Callable[[UUID, bytes, str], Awaitable[None]]
"""(inbox id, raw bytes, external id): the channel reads them again and feeds its sink."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """entry_id: the message it became; None when its channel is reading it again."""

    entry_id: UUID | None
    released: bool = False


async def listing(
    session: AnySession,
    *,
    limit: int,
    before: UUID | None = None,
    resolved: bool = False,
    hidden: Collection[UUID] = (),
) -> list[Json]:
    """What is in quarantine, newest first, past the id `before`; resolved ones when asked for.

    `{"id","inbox_id","channel","inbox_name","external_id","error","message","size","replayable",
    "created_at","resolved_at","resolution","entry_id"}`; message is {} when nobody could read it.
    """
    values = {"limit": limit, "before": before, "resolved": resolved, "only": None}
    rows = await (await session.connection()).execute(_LIST, {**values, "hidden": list(hidden)})
    return [_to_json(row) for row in rows.mappings()]


async def get(session: AnySession, quarantine_id: UUID, *, hidden: Collection[UUID] = ()) -> Json:
    """One of `listing`, resolved or not. Raises NotFound."""
    values = {"limit": 1, "before": None, "resolved": True, "only": quarantine_id}
    rows = await (await session.connection()).execute(_LIST, {**values, "hidden": list(hidden)})
    row = rows.mappings().first()
    if row is None:
        raise NotFound("There is no such input in quarantine.")
    return _to_json(row)


async def raw_of(session: AnySession, quarantine_id: UUID) -> bytes:
    """The input as it came; b'' for what came parsed. Raises NotFound."""
    raw: bytes | None = await (await session.connection()).scalar(_RAW, {"id": quarantine_id})
    if raw is None:
        raise NotFound("There is no such input in quarantine.")
    return raw


def _to_json(row: RowMapping) -> Json:
    def moment(value: datetime | None) -> str | None:
        return None if value is None else rfc3339(value)

    return {
        "id": str(row["id"]),
        "inbox_id": str(row["inbox_id"]),
        "channel": row["channel"],
        "inbox_name": row["inbox_name"],
        "external_id": row["external_id"],
        "error": row["error"],
        "message": row["message"],
        "size": row["size"],
        "replayable": row["resolved_at"] is None and bool(row["message"]),
        "created_at": moment(row["created_at"]),
        "resolved_at": moment(row["resolved_at"]),
        "resolution": row["resolution"],
        "entry_id": None if row["entry_id"] is None else str(row["entry_id"]),
    }


class Replays:
    """Brings input out of quarantine."""

    def __init__(self, database: Database, clock: Clock, files: FileStore) -> None:
        self._database = database
        self._clock = clock
        self._files = files

    async def replay(self, quarantine_id: UUID, *, reread: Reread | None = None) -> Replayed:
        """Bring the input in once more; `reread` gives raw input back to its channel.

        Raises NotFound; Conflict when it is resolved already or only a channel could read it;
        Invalid when it still cannot be stored, and for what reason.
        """
        row = await self._looked_up(quarantine_id)
        if row["message"]:
            return await self._replay_parsed(quarantine_id)
        if reread is None:
            raise Conflict(
                "Only its channel can read this input.",
                remedy="Open the inbox, or wait for a release that can read it.",
                code="needs-channel",
            )
        return await self._replay_raw(row, reread)

    async def dismiss(self, quarantine_id: UUID) -> None:
        """Leave it be: it stays in the list of resolved ones, and its repeats stay out."""
        async with self._database.transaction() as session:
            await self._take(session, quarantine_id)
            await self._resolve(session, quarantine_id, "dismissed", None)

    async def _replay_parsed(self, quarantine_id: UUID) -> Replayed:
        try:
            return await retry_serialization(lambda: self._store_again(quarantine_id))
        except Exception as error:
            if not blames_the_input(error):
                raise
            await self._still(quarantine_id, error)
            words = f"It still cannot be stored: {quarantine.reason(error)}"
            raise Invalid(words, code="still-unreadable") from error

    async def _store_again(self, quarantine_id: UUID) -> Replayed:
        async with self._database.transaction() as session:
            row = await self._take(session, quarantine_id)
            await ledger.release(session, (row["inbox_id"], row["external_id"]))
            entry_id = await self._store(session, row)
            await self._resolve(session, quarantine_id, "replayed", entry_id)
        return Replayed(entry_id)

    async def _replay_raw(self, row: RowMapping, reread: Reread) -> Replayed:
        entrance = (row["inbox_id"], row["external_id"])
        async with self._database.transaction() as session:
            await ledger.release(session, entrance)
            await risky.forget(session, entrance)
        # After the commit: until then the sink would take it for a repeat. The row stays open
        # until the channel is through: after a crash in between it can be replayed once more.
        await reread(row["inbox_id"], row["raw"], row["external_id"])
        async with self._database.transaction() as session:
            outcome = (await ledger.outcomes(session, [entrance])).get(entrance)
            entry_id = outcome.entry_id if isinstance(outcome, Accepted) else None
            await self._resolve(session, row["id"], "released", entry_id)
        return Replayed(entry_id, released=True)

    async def _looked_up(self, quarantine_id: UUID) -> RowMapping:
        async with self._database.transaction() as session:
            return await self._take(session, quarantine_id)

    async def _take(self, session: WriteSession, quarantine_id: UUID) -> RowMapping:
        rows = await (await session.connection()).execute(_TAKE, {"id": quarantine_id})
        row = rows.mappings().first()
        if row is None:
            raise NotFound("There is no such input in quarantine.")
        if row["resolved_at"] is not None:
            raise Conflict("This input has been dealt with already.", code="already-resolved")
        return row

    async def _store(self, session: WriteSession, row: RowMapping) -> UUID:
        inbox = InboxRef(
            row["inbox_id"],
            row["channel"],
            row["name"],
            row["pool"],
            row["region"],
            row["reopen_days"],
        )
        message = parsed.from_json(row["message"], row["raw"])
        [outcome] = await store(session, self._files, [read(inbox, message)], self._clock)
        assert isinstance(outcome, Accepted)  # noqa: S101 - its place in the ledger was released
        return outcome.entry_id

    async def _resolve(
        self, session: WriteSession, quarantine_id: UUID, resolution: str, entry_id: UUID | None
    ) -> None:
        values: dict[str, Any] = {"id": quarantine_id, "resolution": resolution}
        await (await session.connection()).execute(
            _RESOLVE, {**values, "entry_id": entry_id, "now": self._clock()}
        )

    async def _still(self, quarantine_id: UUID, error: Exception) -> None:
        async with self._database.transaction() as session:
            await (await session.connection()).execute(
                _STILL, {"id": quarantine_id, "error": quarantine.reason(error)}
            )
