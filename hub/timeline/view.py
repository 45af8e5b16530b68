"""What an entry looks like from outside: the JSON shape that API, live feed and webhooks share."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from hub.clock import rfc3339
from hub.db.engine import AnySession

Key = tuple[UUID, int]
"""Of an entry: (stream_id, position)."""

# An entry `e` with all that belongs to it. Sub-selects and not joins: they run for the few rows
# that are shown, after the ordering and the limit, and only where there is something to find.
SHOWN = """
    e.stream_id, e.position, e.id, e.kind, e.direction, e.channel, e.inbox_id, e.conversation_id,
    e.author_kind, e.author_id, e.author_name, e.text, e.html, e.data, e.external_id, e.status,
    e.purpose, e.automatic, e.imported, e.version, e.deleted_at, e.occurred_at, e.recorded_at,
    e.sort_at, e.contact_point_id, point.scheme, point.value,
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
WITH_POINT = "LEFT JOIN contact_points AS point ON point.id = e.contact_point_id"

_LOAD = text(f"""
    SELECT {SHOWN}
    FROM unnest(CAST(:streams AS uuid[]), CAST(:positions AS bigint[]))
         WITH ORDINALITY AS wanted(stream_id, position, ordinal)
    JOIN entries AS e USING (stream_id, position)
    {WITH_POINT}
    ORDER BY wanted.ordinal
""")  # noqa: S608 - only constants are put in


async def load(session: AnySession, keys: Sequence[Key]) -> list[dict[str, Any]]:
    """The entries at `keys`, in that order; one that does not exist is left out."""
    if not keys:
        return []
    rows = await (await session.connection()).execute(
        _LOAD,
        {"streams": [stream for stream, _ in keys], "positions": [place for _, place in keys]},
    )
    return [to_json(row) for row in rows]


def to_json(row: Row[Any]) -> dict[str, Any]:
    """One row of `SHOWN` as the API shows it; a deleted entry keeps its place but not its words.

    Ids are text, times RFC 3339; (sort_at, position) is the display order; `data` holds what only
    some entries have (subject, buttons, the facts of an activity).
    """
    deleted = row.deleted_at is not None
    return {
        "id": str(row.id),
        "stream_id": str(row.stream_id),
        "position": row.position,
        "kind": row.kind,
        "direction": row.direction,
        "channel": row.channel,
        "inbox_id": _id(row.inbox_id),
        "conversation_id": _id(row.conversation_id),
        "contact_point": _contact_point(row),
        "author": {"kind": row.author_kind, "id": _id(row.author_id), "name": row.author_name},
        "text": "" if deleted else row.text,
        "html": "" if deleted else row.html,
        "data": {} if deleted else row.data,
        "files": [] if deleted else row.files or [],
        "reactions": row.reactions or {},
        "external_id": row.external_id,
        "status": row.status,
        "purpose": row.purpose,
        "automatic": row.automatic,
        "imported": row.imported,
        "edited": row.version > 1 and not deleted,
        "deleted": deleted,
        "occurred_at": rfc3339(row.occurred_at),
        "recorded_at": rfc3339(row.recorded_at),
        "sort_at": rfc3339(row.sort_at),
    }


def _id(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _contact_point(row: Row[Any]) -> dict[str, str] | None:
    if row.scheme is None:
        return None
    return {"id": str(row.contact_point_id), "scheme": row.scheme, "value": row.value}
