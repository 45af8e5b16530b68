"""What an entry was before: the bytes it came as, and what it said before each change."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from hub.clock import rfc3339
from hub.db.engine import AnySession
from hub.errors import NotFound
from hub.operators.access import Viewer
from hub.timeline.record import raw_of
from hub.timeline.view import load

_PLACE = text("""
    SELECT stream_id, position, channel, deleted_at FROM entries
    WHERE id = :id AND (inbox_id IS NULL OR inbox_id <> ALL (CAST(:hidden AS uuid[])))
""")

_HTML = text("""
    SELECT e.html, coalesce((
        SELECT jsonb_object_agg(part.content_id, part.file_id::text) FROM entry_files AS part
        WHERE part.stream_id = e.stream_id AND part.position = e.position
          AND part.content_id <> ''), '{}') AS files
    FROM entries AS e
    WHERE e.stream_id = :stream AND e.position = :position AND e.deleted_at IS NULL
""")

_ANSWERED = text("""
    SELECT e.stream_id, e.position
    FROM entries AS answer
    CROSS JOIN LATERAL (
        SELECT i.entry_id FROM ingress AS i
        WHERE i.inbox_id = answer.inbox_id AND i.external_id = answer.data->>'answers'
        UNION ALL
        SELECT d.entry_id FROM deliveries AS d
        WHERE d.inbox_id = answer.inbox_id AND d.external_id = answer.data->>'answers'
          AND d.external_id <> ''
    ) AS named
    JOIN entries AS e ON e.id = named.entry_id
    WHERE answer.stream_id = :stream AND answer.position = :position
      AND e.stream_id = answer.stream_id
    LIMIT 1
""")

_VERSIONS = text("""
    SELECT v.version, v.text, v.html, v.ended_at, v.ended_by_kind,
           coalesce(nullif(o.name, ''), o.email, '') AS ended_by
    FROM entry_versions AS v LEFT JOIN operators AS o ON o.id = v.ended_by_id
    WHERE v.stream_id = :stream AND v.position = :position
    ORDER BY v.version DESC
""")

_SUFFIXES = {"email": "eml"}
"""By channel: what programs of the customer's own kind call a file of such bytes."""


@dataclass(frozen=True, slots=True)
class Original:
    """The bytes as they came in, and a file name for them."""

    name: str
    raw: bytes


async def source(session: AnySession, viewer: Viewer, entry_id: UUID) -> Original:
    """Raises NotFound for an entry the viewer may not see, or of which no bytes were kept."""
    row = await _place(session, viewer, entry_id)
    raw = b"" if row.deleted_at else await raw_of(session, row.stream_id, row.position)
    if not raw:
        raise NotFound("The original of this message was not kept.")
    return Original(f"{entry_id}.{_SUFFIXES.get(row.channel, 'txt')}", raw)


async def html_of(
    session: AnySession, viewer: Viewer, entry_id: UUID
) -> tuple[str, dict[str, str]]:
    """The entry's HTML and the ids of its files by content id; raises NotFound."""
    place = await _place(session, viewer, entry_id)
    row = (
        await (await session.connection()).execute(
            _HTML, {"stream": place.stream_id, "position": place.position}
        )
    ).first()
    if row is None or not row.html:
        raise NotFound("This message has no page of its own.")
    return row.html, row.files


async def answered(session: AnySession, viewer: Viewer, entry_id: UUID) -> dict[str, Any]:
    """The entry that this one answers; raises NotFound when it names none that is known."""
    place = await _place(session, viewer, entry_id)
    row = (
        await (await session.connection()).execute(
            _ANSWERED, {"stream": place.stream_id, "position": place.position}
        )
    ).first()
    if row is None:
        raise NotFound("What this message answers is not known.")
    (entry,) = await load(session, [(row.stream_id, row.position)])
    return entry


async def versions(session: AnySession, viewer: Viewer, entry_id: UUID) -> list[dict[str, Any]]:
    """What the entry said before, the latest first; raises NotFound.

    `{"version", "text", "html", "ended_at", "ended_by": {"kind", "name"}}`.
    """
    row = await _place(session, viewer, entry_id)
    found = await (await session.connection()).execute(
        _VERSIONS, {"stream": row.stream_id, "position": row.position}
    )
    return [
        {
            "version": one.version,
            "text": one.text,
            "html": one.html,
            "ended_at": rfc3339(one.ended_at),
            "ended_by": {"kind": one.ended_by_kind, "name": one.ended_by},
        }
        for one in found
    ]


async def _place(session: AnySession, viewer: Viewer, entry_id: UUID) -> Row[Any]:
    row = (
        await (await session.connection()).execute(
            _PLACE, {"id": entry_id, "hidden": list(viewer.hidden_inboxes)}
        )
    ).first()
    if row is None:
        raise NotFound(f"There is no message {entry_id}.")
    return row
