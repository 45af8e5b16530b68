"""Bytes in PostgreSQL: kept once by their SHA-256, in pieces that fit in memory."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO

from sqlalchemy import text

from hub.db.engine import Database, WriteSession
from hub.db.rows import Query
from hub.errors import Invalid
from hub.timeline import sniff

CHUNK = 1024 * 1024

_KEEP = text("""
    INSERT INTO blobs (sha256, size, content_type) VALUES (:sha256, :size, :content_type)
    ON CONFLICT (sha256) DO NOTHING RETURNING 1
""")
# Bytes that are there are held: nobody sweeps them away before they have another name.
_KEEP_ALL = Query("""
    INSERT INTO blobs (sha256, size, content_type)
    SELECT * FROM unnest(CAST(:digests AS bytea[]), CAST(:sizes AS bigint[]),
                         CAST(:types AS text[])) AS one(sha256, size, content_type)
    ORDER BY sha256
    ON CONFLICT (sha256) DO NOTHING RETURNING sha256
""")
_HOLD_ALL = Query("""
    SELECT sha256 FROM blobs WHERE sha256 = ANY (CAST(:digests AS bytea[]))
    ORDER BY sha256 FOR KEY SHARE
""")
_CHUNKS = Query("""
    INSERT INTO blob_chunks (sha256, number, content)
    SELECT sha256, 0, content
    FROM unnest(CAST(:digests AS bytea[]), CAST(:contents AS bytea[])) AS one(sha256, content)
""")
_HOLD = text("SELECT 1 FROM blobs WHERE sha256 = :sha256 FOR KEY SHARE")
_CHUNK = text("""
    INSERT INTO blob_chunks (sha256, number, content) VALUES (:sha256, :number, :content)
""")
_PIECE = text("""
    SELECT substring(content FROM CAST(:first AS integer) + 1 FOR CAST(:length AS integer))
    FROM blob_chunks WHERE sha256 = :sha256 AND number = :number
""")


@dataclass(frozen=True, slots=True)
class Digest:
    sha256: bytes
    size: int
    content_type: str


class Spool:
    """Bytes on their way in: one piece in memory, the rest in a temporary file."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._hash = hashlib.sha256()
        self._size = 0
        self._head = b""
        self._buffer = bytearray()
        self._file: IO[bytes] | None = None

    async def add(self, piece: bytes) -> None:
        """Raises Invalid (code `too-large`) past the limit."""
        self._size += len(piece)
        if self._size > self._max_bytes:
            raise too_large(self._max_bytes)
        if len(self._head) < sniff.HEAD:
            self._head += piece[: sniff.HEAD - len(self._head)]
        self._hash.update(piece)
        self._buffer += piece
        if len(self._buffer) >= CHUNK:
            await self._spill()

    async def _spill(self) -> None:
        piece, self._buffer = bytes(self._buffer), bytearray()
        if self._file is None:
            self._file = await asyncio.to_thread(tempfile.TemporaryFile)
        await asyncio.to_thread(self._file.write, piece)

    def digest(self) -> Digest:
        return Digest(self._hash.digest(), self._size, sniff.content_type(self._head))

    async def chunks(self) -> AsyncIterator[bytes]:
        """Everything added, in pieces of `CHUNK` bytes."""
        if self._file is None:
            for first in range(0, len(self._buffer), CHUNK):
                yield bytes(self._buffer[first : first + CHUNK])
            return
        await self._spill()
        await asyncio.to_thread(self._file.seek, 0)
        while piece := await asyncio.to_thread(self._file.read, CHUNK):
            yield piece

    async def close(self) -> None:
        if self._file is not None:
            await asyncio.to_thread(self._file.close)


@asynccontextmanager
async def spooled(
    content: bytes | AsyncIterator[bytes], *, max_bytes: int
) -> AsyncIterator[Spool]:
    """`content` read to its end; raises Invalid (code `too-large`) as soon as it is too long."""
    spool = Spool(max_bytes)
    try:
        if isinstance(content, bytes):
            for first in range(0, len(content), CHUNK):
                await spool.add(content[first : first + CHUNK])
        else:
            async for piece in content:
                await spool.add(piece)
        yield spool
    finally:
        await spool.close()


def too_large(max_bytes: int) -> Invalid:
    limit = f"{max_bytes / 1_000_000:g} MB"
    return Invalid(
        f"The file is larger than {limit}.",
        code="too-large",
        remedy=f"Send a file of at most {limit}, or a link to it.",
        fields={"file": f"larger than {limit}"},
    )


async def keep(session: WriteSession, spool: Spool) -> Digest:
    """Store the bytes unless they are there, whole or not at all, with this transaction."""
    digest = spool.digest()
    connection = await session.connection()
    if not await _is_new(session, digest):
        return digest
    number = 0
    async for content in spool.chunks():
        await connection.execute(
            _CHUNK, {"sha256": digest.sha256, "number": number, "content": content}
        )
        number += 1
    return digest


async def keep_all(session: WriteSession, contents: Sequence[bytes]) -> list[Digest]:
    """The same for several of at most `CHUNK` bytes each, with one statement for all of a kind."""
    digests = [_digest(content) for content in contents]
    left = {one.sha256: (one, content) for one, content in zip(digests, contents, strict=True)}
    while left:
        new = await _KEEP_ALL.rows(
            session,
            {
                "digests": list(left),
                "sizes": [one.size for one, _ in left.values()],
                "types": [one.content_type for one, _ in left.values()],
            },
        )
        stored = [left.pop(row["sha256"]) for row in new]
        # An empty file has no piece.
        pieces = [(one.sha256, content) for one, content in stored if content]
        if pieces:
            await _CHUNKS.rows(
                session,
                {"digests": [one for one, _ in pieces], "contents": [one for _, one in pieces]},
            )
        for row in await _HOLD_ALL.rows(session, {"digests": list(left)}) if left else ():
            del left[row["sha256"]]
    return digests


def _digest(content: bytes) -> Digest:
    kind = sniff.content_type(content[: sniff.HEAD])
    return Digest(hashlib.sha256(content).digest(), len(content), kind)


async def _is_new(session: WriteSession, digest: Digest) -> bool:
    """Whether the bytes are still to be stored; those that are there stay there."""
    connection = await session.connection()
    facts = {"size": digest.size, "content_type": digest.content_type}
    while True:
        if await connection.scalar(_KEEP, {"sha256": digest.sha256, **facts}):
            return True
        if await connection.scalar(_HOLD, {"sha256": digest.sha256}):
            return False


async def stream(
    database: Database, sha256: bytes, *, first: int, end: int
) -> AsyncIterator[bytes]:
    """The bytes [first, end) in pieces; no connection is held while the reader is busy."""
    while first < end:
        number, offset = divmod(first, CHUNK)
        length = min(CHUNK - offset, end - first)
        async with database.reading() as session:
            piece = await (await session.connection()).scalar(
                _PIECE,
                {"sha256": sha256, "number": number, "first": offset, "length": length},
            )
        yield piece
        first += length
