"""Which customers look at a chat of ours just now: kept for whoever has to know, on every node.

A node says of all its visitors, again and again, that they are there. What it has not said for
`LASTS` seconds is of a node that died; only the database's clock is asked.
"""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from hub.db.engine import WriteSession

LASTS = 50
"""Seconds: three times as long as a node waits before it says so again."""

# Who has not written yet is nobody's contact point: it comes with a later turn.
_SAY = text("""
    INSERT INTO visitors (contact_point_id, inbox_id, node_id, seen_at)
    SELECT p.id, one.inbox_id, :node, now()
    FROM unnest(CAST(:inboxes AS uuid[]), CAST(:schemes AS text[]), CAST(:values AS text[]))
         AS one(inbox_id, scheme, value)
    JOIN contact_points AS p USING (scheme, value)
    ON CONFLICT (contact_point_id, inbox_id, node_id) DO UPDATE SET seen_at = excluded.seen_at
""")
_LEAVE = text("""
    DELETE FROM visitors AS v
    USING unnest(CAST(:inboxes AS uuid[]), CAST(:schemes AS text[]), CAST(:values AS text[]))
          AS one(inbox_id, scheme, value)
          JOIN contact_points AS p USING (scheme, value)
    WHERE v.node_id = :node AND v.contact_point_id = p.id AND v.inbox_id = one.inbox_id
""")
_SWEEP = text("DELETE FROM visitors WHERE seen_at < now() - interval '10 minutes'")


class Place(NamedTuple):
    """A visitor's address in one chat."""

    inbox_id: UUID
    scheme: str
    value: str


async def say(
    session: WriteSession, node_id: UUID, here: Collection[Place], gone: Collection[Place]
) -> None:
    """Who is at this node's chats now, and who has left since it was last said."""
    connection = await session.connection()
    await connection.execute(_SWEEP)
    for statement, places in ((_LEAVE, gone), (_SAY, here)):
        # Sorted: two turns never wait for each other.
        ordered = sorted(places)
        if ordered:
            await connection.execute(
                statement,
                {
                    "node": node_id,
                    "inboxes": [one.inbox_id for one in ordered],
                    "schemes": [one.scheme for one in ordered],
                    "values": [one.value for one in ordered],
                },
            )
