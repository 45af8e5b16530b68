"""The files of a customer: whatever was sent or received, over all channels, newest first."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from hub.clock import rfc3339
from hub.db.rows import Query, Source
from hub.operators.access import Viewer

After = tuple[datetime, int, int]
"""(sort_at, position, ordinal) of the last file of a page."""

# From the files to their entries, never through all entries: a long timeline has few files.
_PAGE = Query("""
    SELECT files.id, files.name, blobs.content_type, blobs.size, part.inline, part.ordinal,
           e.id AS entry_id, e.kind, e.direction, e.channel, e.conversation_id, e.author_name,
           e.sort_at, e.position
    FROM streams AS s
    JOIN entry_files AS part ON part.stream_id = s.id
    JOIN entries AS e ON e.stream_id = part.stream_id AND e.position = part.position
    JOIN files ON files.id = part.file_id
    JOIN blobs ON blobs.sha256 = files.sha256
    WHERE s.root_id = (SELECT root_id FROM customers WHERE id = :customer)
      AND e.deleted_at IS NULL
      AND (e.inbox_id IS NULL OR e.inbox_id <> ALL (CAST(:hidden AS uuid[])))
      AND (CAST(:at AS timestamptz) IS NULL
           OR (e.sort_at, e.position, part.ordinal) < (:at, :position, :ordinal))
    ORDER BY e.sort_at DESC, e.position DESC, part.ordinal DESC LIMIT :limit
""")


async def page(
    source: Source, customer_id: UUID, viewer: Viewer, *, limit: int, after: After | None = None
) -> tuple[list[dict[str, Any]], After | None]:
    """Files of the entries the viewer may see, and where the next page begins.

    `{"id", "name", "content_type", "size", "inline", "entry_id", "kind", "direction", "channel",
    "conversation_id", "author", "at"}`.
    """
    at, position, ordinal = after or (None, 0, 0)
    rows = await _PAGE.rows(
        source,
        {
            "customer": customer_id,
            "hidden": list(viewer.hidden_inboxes),
            "at": at,
            "position": position,
            "ordinal": ordinal,
            "limit": limit,
        },
    )
    last = rows[-1] if len(rows) == limit else None
    following = (last["sort_at"], last["position"], last["ordinal"]) if last else None
    return [_view(row) for row in rows], following


def _view(row: asyncpg.Record) -> dict[str, Any]:
    copied = ("name", "content_type", "size", "inline", "kind", "direction", "channel")
    conversation = row["conversation_id"]
    return {
        "id": str(row["id"]),
        **{name: row[name] for name in copied},
        "entry_id": str(row["entry_id"]),
        "conversation_id": str(conversation) if conversation else None,
        "author": row["author_name"],
        "at": rfc3339(row["sort_at"]),
    }
