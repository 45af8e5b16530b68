"""Recording entries: where they stand in their stream, and when they sort.

The caller has locked the root customers of all streams (`hub.customers.roots.lock_roots`), so
positions drawn here rise in commit order within each customer.
"""

import asyncio
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import text

from hub.db.columns import by_field, column
from hub.db.engine import AnySession, WriteSession
from hub.db.rows import Query, Write, run_together
from hub.mappings import NOTHING

_LARGE = 64 * 1024
"""Bytes from which compressing would hold up the event loop."""
_QUICKLY = 2
"""zlib's level: on 244 real mails two thirds of the default's time and 4 % more room."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A stored file as part of a new entry."""

    file_id: UUID
    inline: bool = False
    content_id: str = ""


class NewEntry(NamedTuple):
    """An entry about to be recorded; the fields are those of `hub.timeline.tables.Entry`.

    inbox_id decides who may see it: a note or activity of a conversation carries the inbox of
    that conversation, else operators outside its team would read it.
    raw: the original bytes of an inbound message, kept compressed.
    """

    stream_id: UUID
    kind: str
    author_kind: str
    occurred_at: datetime
    id: UUID
    direction: str = ""
    channel: str = ""
    inbox_id: UUID | None = None
    contact_point_id: UUID | None = None
    conversation_id: UUID | None = None
    author_id: UUID | None = None
    author_name: str = ""
    text: str = ""
    html: str = ""
    data: Mapping[str, object] = NOTHING
    external_id: str = ""
    status: str = ""
    purpose: str = ""
    automatic: bool = False
    imported: bool = False
    files: tuple[NewFile, ...] = ()
    raw: bytes = b""


class Recorded(NamedTuple):
    """Where an entry stands now. Display order is (sort_at, position)."""

    id: UUID
    stream_id: UUID
    position: int
    recorded_at: datetime
    sort_at: datetime


# The stream keeps the span of its entries, so that a page of a customer with a thousand streams
# need look into few of them (hub.timeline.page).
_ENTRIES = """
    INSERT INTO entries (
        stream_id, position, id, kind, direction, channel, inbox_id, contact_point_id,
        conversation_id, author_kind, author_id, author_name, text, html, data, external_id,
        status, purpose, automatic, imported, file_count, occurred_at, recorded_at, sort_at)
    SELECT coalesce(stream_id, CAST(:stream_id_all AS uuid)),
           coalesce(position, nextval('entry_positions')),
           id, coalesce(kind, CAST(:kind_all AS text)),
           coalesce(direction, CAST(:direction_all AS text)),
           coalesce(channel, CAST(:channel_all AS text)),
           coalesce(inbox_id, CAST(:inbox_id_all AS uuid)),
           coalesce(contact_point_id, CAST(:contact_point_id_all AS uuid)),
           coalesce(conversation_id, CAST(:conversation_id_all AS uuid)),
           coalesce(author_kind, CAST(:author_kind_all AS text)),
           coalesce(author_id, CAST(:author_id_all AS uuid)),
           coalesce(author_name, CAST(:author_name_all AS text)),
           coalesce(text, CAST(:text_all AS text)), coalesce(html, CAST(:html_all AS text)),
           coalesce(data, CAST(:data_all AS text))::jsonb,
           coalesce(external_id, CAST(:external_id_all AS text)),
           coalesce(status, CAST(:status_all AS text)),
           coalesce(purpose, CAST(:purpose_all AS text)),
           coalesce(automatic, CAST(:automatic_all AS boolean)),
           coalesce(imported, CAST(:imported_all AS boolean)),
           coalesce(file_count, CAST(:file_count_all AS smallint)),
           coalesce(occurred_at, CAST(:occurred_at_all AS timestamptz)),
           CAST(:now AS timestamptz), coalesce(sort_at, CAST(:sort_at_all AS timestamptz))
    FROM (
        SELECT * FROM unnest(
            CAST(:stream_id AS uuid[]), CAST(:id AS uuid[]), CAST(:kind AS text[]),
            CAST(:direction AS text[]), CAST(:channel AS text[]), CAST(:inbox_id AS uuid[]),
            CAST(:contact_point_id AS uuid[]), CAST(:conversation_id AS uuid[]),
            CAST(:author_kind AS text[]), CAST(:author_id AS uuid[]),
            CAST(:author_name AS text[]), CAST(:text AS text[]), CAST(:html AS text[]),
            CAST(:data AS text[]), CAST(:external_id AS text[]), CAST(:status AS text[]),
            CAST(:purpose AS text[]), CAST(:automatic AS boolean[]),
            CAST(:imported AS boolean[]), CAST(:file_count AS smallint[]),
            CAST(:occurred_at AS timestamptz[]), CAST(:sort_at AS timestamptz[]),
            CAST(:position AS bigint[]))
        WITH ORDINALITY AS one(
            stream_id, id, kind, direction, channel, inbox_id, contact_point_id,
            conversation_id, author_kind, author_id, author_name, text, html, data,
            external_id, status, purpose, automatic, imported, file_count, occurred_at,
            sort_at, position, ordinal)
        ORDER BY ordinal
    ) AS listed
"""
_INSERT = Query(_ENTRIES)

_RECORD = Query(f"""
    WITH recorded AS ({_ENTRIES} RETURNING id, stream_id, position, sort_at), spanned AS (
        UPDATE streams
        SET first_sort_at = least(streams.first_sort_at, span.first),
            last_sort_at = greatest(streams.last_sort_at, span.last)
        FROM (SELECT stream_id, min(sort_at) AS first, max(sort_at) AS last
              FROM recorded GROUP BY stream_id) AS span
        WHERE streams.id = span.stream_id
    )
    SELECT id, stream_id, position, sort_at FROM recorded
""")  # noqa: S608 - constants

_SPAN = Query("""
    UPDATE streams
    SET first_sort_at = least(streams.first_sort_at, span.first),
        last_sort_at = greatest(streams.last_sort_at, span.last)
    FROM (
        SELECT stream_id, min(sort_at) AS first, max(sort_at) AS last
        FROM unnest(CAST(:streams AS uuid[]), CAST(:moments AS timestamptz[]))
             AS one(stream_id, sort_at)
        GROUP BY stream_id
    ) AS span
    WHERE streams.id = span.stream_id
""")

_FILES = Query("""
    INSERT INTO entry_files (stream_id, position, ordinal, file_id, inline, content_id)
    SELECT * FROM unnest(CAST(:streams AS uuid[]), CAST(:positions AS bigint[]),
                         CAST(:ordinals AS smallint[]), CAST(:files AS uuid[]),
                         CAST(:inline AS boolean[]), CAST(:content_ids AS text[]))
""")

_RAW = Query("""
    INSERT INTO entry_raw (stream_id, position, raw)
    SELECT * FROM unnest(CAST(:streams AS uuid[]), CAST(:positions AS bigint[]),
                         CAST(:raws AS bytea[]))
""")

_COPIED = (
    "stream_id",
    "kind",
    "direction",
    "channel",
    "inbox_id",
    "contact_point_id",
    "conversation_id",
    "author_kind",
    "author_id",
    "author_name",
    "text",
    "html",
    "external_id",
    "status",
    "purpose",
    "automatic",
    "imported",
    "occurred_at",
)


def sort_time(entry: NewEntry, now: datetime) -> datetime:
    """When `entry` sorts: now for live entries, its own time for imported ones, never the future.

    A sender's clock cannot move live entries; an import from the future would stay last for ever.
    """
    return min(entry.occurred_at, now) if entry.imported else now


async def record(
    session: WriteSession, entries: Sequence[NewEntry], *, now: datetime
) -> list[Recorded]:
    """Record `entries` with one insert; positions rise in list order."""
    if not entries:
        return []
    placed = {
        entry_id: Recorded(entry_id, stream_id, position, now, sort_at)
        for entry_id, stream_id, position, sort_at in await _RECORD.rows(
            session, _columns(entries, now)
        )
    }
    recorded = [placed[entry.id] for entry in entries]
    await run_together(session, await _parts(entries, recorded))
    return recorded


def placed_at(
    entries: Sequence[NewEntry], positions: Iterable[int], now: datetime
) -> list[Recorded]:
    """Where entries will stand at positions that the caller has drawn."""
    return [
        Recorded(entry.id, entry.stream_id, position, now, sort_time(entry, now))
        for entry, position in zip(entries, positions, strict=True)
    ]


async def recording(
    entries: Sequence[NewEntry], recorded: Sequence[Recorded], now: datetime
) -> list[Write]:
    """`record` for those, to be run together with other writes of the transaction."""
    positions = [place.position for place in recorded]
    span = {
        "streams": [place.stream_id for place in recorded],
        "moments": [place.sort_at for place in recorded],
    }
    return [
        Write(_INSERT, _columns(entries, now, positions)),
        Write(_SPAN, span),
        *await _parts(entries, recorded),
    ]


def _columns(
    entries: Sequence[NewEntry], now: datetime, positions: Sequence[int] = ()
) -> dict[str, object]:
    fields = by_field(entries)
    columns: dict[str, object] = {"now": now, "id": fields["id"], "position": positions}
    for name in _COPIED:
        columns |= column(name, fields[name])
    data = [orjson.dumps(one).decode() if one else "{}" for one in fields["data"]]
    return (
        columns
        | column("data", data)
        | column("file_count", [len(files) for files in fields["files"]])
        | column("sort_at", [sort_time(entry, now) for entry in entries])
    )


async def _parts(entries: Sequence[NewEntry], recorded: Sequence[Recorded]) -> list[Write]:
    """What entries carry: their files, and their original bytes."""
    writes = []
    files = [
        (place, ordinal, file)
        for entry, place in zip(entries, recorded, strict=True)
        for ordinal, file in enumerate(entry.files, start=1)
    ]
    if files:
        writes.append(Write(_FILES, _file_columns(files)))
    raws = [
        (place, await _compressed(entry.raw))
        for entry, place in zip(entries, recorded, strict=True)
        if entry.raw
    ]
    if raws:
        columns = {
            "streams": [place.stream_id for place, _ in raws],
            "positions": [place.position for place, _ in raws],
            "raws": [raw for _, raw in raws],
        }
        writes.append(Write(_RAW, columns))
    return writes


def _file_columns(parts: Sequence[tuple[Recorded, int, NewFile]]) -> dict[str, object]:
    return {
        "streams": [place.stream_id for place, _, _ in parts],
        "positions": [place.position for place, _, _ in parts],
        "ordinals": [ordinal for _, ordinal, _ in parts],
        "files": [file.file_id for _, _, file in parts],
        "inline": [file.inline for _, _, file in parts],
        "content_ids": [file.content_id for _, _, file in parts],
    }


async def _compressed(raw: bytes) -> bytes:
    if len(raw) < _LARGE:
        return zlib.compress(raw, _QUICKLY)
    return await asyncio.to_thread(zlib.compress, raw, _QUICKLY)


async def raw_of(session: AnySession, stream_id: UUID, position: int) -> bytes:
    """The original bytes of an entry; empty when none were kept."""
    packed = await (await session.connection()).scalar(
        text("SELECT raw FROM entry_raw WHERE stream_id = :stream AND position = :position"),
        {"stream": stream_id, "position": position},
    )
    if not packed:
        return b""
    return await asyncio.to_thread(zlib.decompress, packed)
