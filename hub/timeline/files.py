"""The file store: uploads named by id over bytes kept once, and who may see which."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text

from hub.db.engine import AnySession, Database, WriteSession
from hub.db.rows import Query
from hub.errors import Invalid, NotFound
from hub.ids import new_id
from hub.inboxes.host import away_is_unavailable
from hub.operators.access import Viewer
from hub.ports import PermanentError, Reason, StoredFile
from hub.timeline import blobs, sniff
from hub.timeline.links import FileLinks

MAX_BYTES = 25_000_000
"""Of one file, unless the installation says otherwise."""

_INSERT = text("""
    INSERT INTO files (id, sha256, name, uploaded_by) VALUES (:id, :sha256, :name, :uploaded_by)
""")
_INSERT_ALL = Query("""
    INSERT INTO files (id, sha256, name, uploaded_by)
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:digests AS bytea[]), CAST(:names AS text[]),
                         CAST(:uploaders AS text[]))
""")
_STAT = text("""
    SELECT files.id, files.name, files.sha256, blobs.content_type, blobs.size
    FROM files JOIN blobs ON blobs.sha256 = files.sha256
    WHERE files.id = ANY (CAST(:ids AS uuid[]))
""")
_MAY_SEE = text("""
    SELECT EXISTS (SELECT 1 FROM files WHERE id = :file AND uploaded_by = :viewer)
        OR EXISTS (
            SELECT 1 FROM entry_files AS part
            JOIN entries AS e USING (stream_id, position)
            WHERE part.file_id = :file AND e.deleted_at IS NULL
              AND (e.inbox_id IS NULL OR e.inbox_id <> ALL (CAST(:hidden AS uuid[]))))
""")


class Upload(NamedTuple):
    """A file to be kept; `uploaded_by` as for `FileStore.save`."""

    name: str
    content: bytes
    uploaded_by: str


class FileStore:
    """Files of at most `max_bytes`; their type is sniffed, whatever the sender says."""

    def __init__(self, database: Database, *, max_bytes: int = MAX_BYTES) -> None:
        self._database = database
        self.max_bytes = max_bytes

    async def save(
        self,
        name: str,
        content: bytes | AsyncIterator[bytes],
        *,
        uploaded_by: str,
        session: WriteSession | None = None,
    ) -> StoredFile:
        """Keep a file, in the caller's transaction or in one of its own.

        uploaded_by: `operator:<id>`, `integration:<id>`, `inbox:<id>`: who may see it before it is
        part of an entry. Raises Invalid (code `too-large`).
        """
        async with blobs.spooled(content, max_bytes=self.max_bytes) as spool:
            if session is not None:
                return await _store(session, name, spool, uploaded_by)
            async with self._database.transaction() as own:
                return await _store(own, name, spool, uploaded_by)

    async def save_all(self, session: WriteSession, uploads: Sequence[Upload]) -> list[StoredFile]:
        """Keep several files in the caller's transaction: small ones together."""
        small = [one for one in uploads if len(one.content) <= min(blobs.CHUNK, self.max_bytes)]
        kept = iter(await _store_all(session, small) if small else ())
        return [
            next(kept)
            if len(one.content) <= min(blobs.CHUNK, self.max_bytes)
            else await self.save(
                one.name, one.content, uploaded_by=one.uploaded_by, session=session
            )
            for one in uploads
        ]

    async def stat(
        self, file_ids: Collection[UUID], *, session: AnySession | None = None
    ) -> list[StoredFile]:
        """The files with these ids, in that order; raises NotFound, naming one that is missing."""
        async with _borrowed(self._database, session) as reading:
            rows = await _rows(reading, file_ids)
        return [_stored(row) for row in rows]

    async def read(self, file_id: UUID) -> bytes:
        return b"".join([piece async for piece in self.stream(file_id)])

    async def stream(
        self, file_id: UUID, first: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """The bytes [first, end) in pieces of at most 1 MiB."""
        async with self._database.reading() as session:
            (row,) = await _rows(session, [file_id])
        stop = row.size if end is None else min(end, row.size)
        async for piece in blobs.stream(self._database, row.sha256, first=first, end=stop):
            yield piece


class InboxFiles:
    """`hub.ports.Files` for one inbox."""

    def __init__(self, store: FileStore, links: FileLinks, inbox_id: UUID) -> None:
        self._store = store
        self._links = links
        self._uploaded_by = f"inbox:{inbox_id}"

    async def save(self, name: str, content: AsyncIterator[bytes] | bytes, /) -> StoredFile:
        try:
            with away_is_unavailable():
                return await self._store.save(name, content, uploaded_by=self._uploaded_by)
        except Invalid as error:
            raise PermanentError(str(error), Reason.TOO_LARGE) from error

    async def read(self, file_id: UUID, /) -> bytes:
        with away_is_unavailable():
            return await self._store.read(file_id)

    def url(self, file_id: UUID, /) -> str:
        return self._links.url(file_id)


async def may_see(session: AnySession, viewer: Viewer, file_id: UUID) -> bool:
    """Whether the file is part of an entry the viewer may read, or the viewer's own upload."""
    seen = await (await session.connection()).scalar(
        _MAY_SEE,
        {
            "file": file_id,
            "viewer": f"{viewer.kind}:{viewer.id}",
            "hidden": list(viewer.hidden_inboxes),
        },
    )
    return bool(seen)


@asynccontextmanager
async def _borrowed(database: Database, session: AnySession | None) -> AsyncIterator[AnySession]:
    if session is not None:
        yield session
        return
    async with database.reading() as own:
        yield own


async def _store(
    session: WriteSession, name: str, spool: blobs.Spool, uploaded_by: str
) -> StoredFile:
    digest = await blobs.keep(session, spool)
    stored = StoredFile(new_id(), sniff.clean_name(name), digest.content_type, digest.size)
    await (await session.connection()).execute(
        _INSERT,
        {
            "id": stored.id,
            "sha256": digest.sha256,
            "name": stored.name,
            "uploaded_by": uploaded_by,
        },
    )
    return stored


async def _store_all(session: WriteSession, uploads: Sequence[Upload]) -> list[StoredFile]:
    digests = await blobs.keep_all(session, [one.content for one in uploads])
    stored = [
        StoredFile(new_id(), sniff.clean_name(one.name), digest.content_type, digest.size)
        for one, digest in zip(uploads, digests, strict=True)
    ]
    await _INSERT_ALL.rows(
        session,
        {
            "ids": [one.id for one in stored],
            "digests": [one.sha256 for one in digests],
            "names": [one.name for one in stored],
            "uploaders": [one.uploaded_by for one in uploads],
        },
    )
    return stored


async def _rows(session: AnySession, file_ids: Collection[UUID]) -> Sequence[Row[Any]]:
    rows = await (await session.connection()).execute(_STAT, {"ids": list(file_ids)})
    found = {row.id: row for row in rows}
    for file_id in file_ids:
        if file_id not in found:
            raise NotFound(f"There is no file {file_id}.", extra={"file_id": str(file_id)})
    return [found[file_id] for file_id in file_ids]


def _stored(row: Row[Any]) -> StoredFile:
    return StoredFile(row.id, row.name, row.content_type, row.size)
