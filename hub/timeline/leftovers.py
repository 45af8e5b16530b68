"""Uploads that nobody has sent: after a while they go, and with the last of them the bytes.

What an entry, a draft or kept input names stays, however old it is.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Executable, text

from hub.db.engine import Database, WriteSession

KEPT = timedelta(days=7)
"""A composer that stays open over a long weekend still finds what was put into it."""
_AT_ONCE = 200

_NOT_NAMED = """
    NOT EXISTS (SELECT 1 FROM entry_files AS part WHERE part.file_id = files.id)
    AND files.id NOT IN (SELECT unnest(drafts.files) FROM drafts)
    AND files.id::text NOT IN (
        SELECT part ->> 'file_id'
        FROM quarantine CROSS JOIN jsonb_array_elements(message -> 'attachments') AS part
        WHERE jsonb_typeof(message -> 'attachments') = 'array' AND part ->> 'file_id' <> '')
"""

# Locked first and looked at once more: nobody can put a locked file into an entry, and whoever
# has just done so has been waited for, or is passed over.
_LOCK = text(f"""
    SELECT id FROM files WHERE created_at <= :before AND {_NOT_NAMED}
    LIMIT {_AT_ONCE} FOR UPDATE SKIP LOCKED
""")  # noqa: S608 - only constants are put in
_DROP = text(f"""
    DELETE FROM files WHERE id = ANY (CAST(:locked AS uuid[])) AND {_NOT_NAMED} RETURNING sha256
""")  # noqa: S608 - only constants are put in

_UNNAMED = "NOT EXISTS (SELECT 1 FROM files WHERE files.sha256 = blobs.sha256)"
_LOCK_BYTES = text(f"""
    SELECT sha256 FROM blobs WHERE sha256 = ANY (CAST(:dropped AS bytea[])) AND {_UNNAMED}
    FOR UPDATE SKIP LOCKED
""")  # noqa: S608 - only constants are put in
_DROP_BYTES = text(f"""
    DELETE FROM blobs WHERE sha256 = ANY (CAST(:locked AS bytea[])) AND {_UNNAMED}
""")  # noqa: S608 - only constants are put in


async def sweep(database: Database, now: datetime) -> int:
    """Forget what was uploaded `KEPT` ago and never sent; returns how many files that were."""
    forgotten = 0
    while True:
        async with database.transaction() as session:
            locked, dropped = await _drop(session, now - KEPT)
        forgotten += dropped
        if locked < _AT_ONCE:
            return forgotten


async def _drop(session: WriteSession, before: datetime) -> tuple[int, int]:
    """How many files were looked at, and how many of them are gone."""
    locked = await _column(session, _LOCK, before=before)
    dropped = await _column(session, _DROP, locked=locked)
    bytes_of_none = await _column(session, _LOCK_BYTES, dropped=list(set(dropped)))
    await (await session.connection()).execute(_DROP_BYTES, {"locked": bytes_of_none})
    return len(locked), len(dropped)


async def _column(session: WriteSession, query: Executable, **values: object) -> list[Any]:
    return list((await (await session.connection()).execute(query, values)).scalars())
