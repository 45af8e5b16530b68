"""Conversations a search finds: of customers it found, and under a label of these words."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from hub.conversations import repository
from hub.db.rows import Query, Source
from hub.operators.access import Viewer

_FIND = Query("""
    WITH found AS (
        SELECT c.id, c.updated_at, 'customer' AS matched
        FROM unnest(CAST(:customers AS uuid[])) AS k(customer)
        CROSS JOIN LATERAL (
            SELECT one.id, one.updated_at FROM streams AS s
            JOIN conversations AS one ON one.opening_stream_id = s.id
            WHERE s.root_id = k.customer AND one.merged_into_id IS NULL
              AND one.inbox_id <> ALL (CAST(:hidden AS uuid[]))
              AND (:channel = '' OR channels @> ARRAY[CAST(:channel AS text)])
            ORDER BY updated_at DESC LIMIT :limit
        ) AS c
        UNION ALL
        (SELECT id, updated_at, 'label' FROM conversations
         WHERE status <> 'closed' AND inbox_id <> ALL (CAST(:hidden AS uuid[]))
           AND labels <> '{}' AND EXISTS (
                SELECT 1 FROM unnest(labels) AS label WHERE lower(label) LIKE :part)
           AND (:channel = '' OR channels @> ARRAY[CAST(:channel AS text)])
         ORDER BY updated_at DESC LIMIT :limit)
    )
    SELECT DISTINCT ON (id) id, updated_at, matched FROM found ORDER BY id, matched
""")


async def matching(
    source: Source,
    viewer: Viewer,
    words: str,
    customer_ids: Sequence[UUID],
    *,
    channel: str = "",
    limit: int,
) -> list[dict[str, Any]]:
    """As a list shows them, the last changed first, each with `matched`: `customer`, `label`."""
    escaped = words.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = await _FIND.rows(
        source,
        {
            "customers": list(customer_ids),
            "hidden": list(viewer.hidden_inboxes),
            "channel": channel,
            "part": f"{escaped}%",
            "limit": limit,
        },
    )
    newest = sorted(rows, key=lambda row: (row["updated_at"], row["id"]), reverse=True)[:limit]
    matched = {str(row["id"]): row["matched"] for row in newest}
    if not matched:
        return []
    shown = await repository.listed(source, viewer, [row["id"] for row in newest])
    by_id = {one["id"]: one for one in shown}
    return [{**by_id[key], "matched": how} for key, how in matched.items() if key in by_id]
