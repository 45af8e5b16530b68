"""What an entry looks like from outside: the JSON shape that API, live feed and webhooks share."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Row

from hub.clock import rfc3339
from hub.db.rows import Query, Source

Key = tuple[UUID, int]
"""Of an entry: (stream_id, position)."""

# An entry `e` with all that belongs to it. Sub-selects and not joins: they run for the few rows
# that are shown, after the ordering and the limit, and only where there is something to find.
SHOWN = """
    e.stream_id, e.position, e.id, e.kind, e.direction, e.channel, e.inbox_id, e.conversation_id,
    e.author_kind, e.author_id, e.author_name, e.text, e.html,
    nullif(e.data, '{}') AS data, e.external_id, e.status,
    e.purpose, e.automatic, e.imported, e.version, e.deleted_at, e.occurred_at, e.recorded_at,
    e.sort_at, point.id AS point_id, point.scheme, point.value,
    CASE WHEN e.file_count > 0 THEN (
        SELECT jsonb_agg(jsonb_build_object(
                   'id', files.id, 'name', files.name, 'content_type', blobs.content_type,
                   'size', blobs.size, 'inline', part.inline, 'content_id', part.content_id)
               ORDER BY part.ordinal)
        FROM entry_files AS part
        JOIN files ON files.id = part.file_id
        JOIN blobs ON blobs.sha256 = files.sha256
        WHERE part.stream_id = e.stream_id AND part.position = e.position
    ) END AS files,
    (SELECT jsonb_object_agg(author, value) FROM entry_reactions AS reaction
     WHERE reaction.stream_id = e.stream_id AND reaction.position = e.position) AS reactions
"""
_SHOWN = 29
"""Columns of `SHOWN`."""

WITH_POINT = "LEFT JOIN contact_points AS point ON point.id = e.contact_point_id"

_LOAD = Query(f"""
    SELECT {SHOWN}
    FROM unnest(CAST(:streams AS uuid[]), CAST(:positions AS bigint[]))
         WITH ORDINALITY AS wanted(stream_id, position, ordinal)
    JOIN entries AS e USING (stream_id, position)
    {WITH_POINT}
    ORDER BY wanted.ordinal
""")  # noqa: S608 - only constants are put in


async def load(source: Source, keys: Sequence[Key]) -> list[dict[str, Any]]:
    """The entries at `keys`, in that order; one that does not exist is left out."""
    if not keys:
        return []
    rows = await _LOAD.rows(
        source,
        {"streams": [stream for stream, _ in keys], "positions": [place for _, place in keys]},
    )
    return [to_json(row) for row in rows]


def to_json(row: asyncpg.Record | Row[Any] | tuple[Any, ...]) -> dict[str, Any]:
    """A row that starts with `SHOWN` as the API shows it; a deleted entry keeps only its place.

    Ids are text, times RFC 3339; (sort_at, position) is the display order; `data` holds what only
    some entries have (subject, buttons, the facts of an activity).
    """
    # By place and not by name: with fifty rows on a page that is half of the work.
    (
        stream_id, position, entry_id, kind, direction, channel, inbox_id, conversation_id,
        author_kind, author_id, author_name, words, html, data, external_id, status,
        purpose, automatic, imported, version, deleted_at, occurred_at, recorded_at,
        sort_at, point_id, scheme, value, files, reactions,
    ) = row[:_SHOWN]  # fmt: skip
    deleted = deleted_at is not None
    recorded = rfc3339(recorded_at)
    return {
        "id": str(entry_id),
        "stream_id": str(stream_id),
        "position": position,
        "kind": kind,
        "direction": direction,
        "channel": channel,
        "inbox_id": _id(inbox_id),
        "conversation_id": _id(conversation_id),
        "contact_point": point_id and {"id": str(point_id), "scheme": scheme, "value": value},
        "author": {"kind": author_kind, "id": _id(author_id), "name": author_name},
        "text": "" if deleted else words,
        "html": "" if deleted else html,
        "data": {} if deleted else data or {},
        "files": [] if deleted else files or [],
        "reactions": reactions or {},
        "external_id": external_id,
        "status": status,
        "purpose": purpose,
        "automatic": automatic,
        "imported": imported,
        "edited": version > 1 and not deleted,
        "deleted": deleted,
        "occurred_at": rfc3339(occurred_at),
        "recorded_at": recorded,
        "sort_at": recorded if sort_at == recorded_at else rfc3339(sort_at),
    }


def _id(value: UUID | None) -> str | None:
    return None if value is None else str(value)
