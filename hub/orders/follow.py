"""Orders that a system pushed for an address go where the address goes."""

from uuid import UUID

from hub.db.engine import WriteSession
from hub.db.rows import Query

# Whom a system knows by an id of its own stays the customer of its orders: the address beside it
# was only a claim.
_FOLLOW = Query("""
    UPDATE orders AS o SET customer_id = :record
    FROM streams AS s
    WHERE s.id = :stream AND o.contact_point_id = s.contact_point_id AND o.customer_id <> :record
      AND o.customer_id IN (SELECT parent_id FROM identity_edges WHERE stream_id = :stream)
      AND NOT EXISTS (SELECT 1 FROM external_refs AS known
                      WHERE known.system = o.system AND known.customer_id = o.customer_id)
    RETURNING o.id
""")


async def follow(session: WriteSession, stream_id: UUID, record_id: UUID) -> int:
    """The contact point of `stream_id` hangs on `record_id` now; how many orders went along."""
    return len(await _FOLLOW.rows(session, {"stream": stream_id, "record": record_id}))
