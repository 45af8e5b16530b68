"""Holding the customer to whom an address belongs: what is locked is who it belongs to afterwards.

To look an address up and then lock its customer is not enough: while one waits, the address may be
taken out to a customer of its own, whose row nobody has locked then.
"""

from uuid import UUID

from hub.customers.roots import lock_roots
from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.errors import Conflict

_OF_STREAM = Query("SELECT root_id FROM streams WHERE id = :id")
_OF_POINT = Query("SELECT root_id FROM streams WHERE contact_point_id = :id")
_TRIES = 10


async def lock_home(session: WriteSession, stream_id: UUID) -> UUID | None:
    """The root of this stream, locked; None for no stream."""
    return await _lock(session, _OF_STREAM, stream_id)


async def lock_point(session: WriteSession, contact_point_id: UUID) -> UUID | None:
    """The root of this contact point, locked; None for no contact point."""
    return await _lock(session, _OF_POINT, contact_point_id)


async def _lock(session: WriteSession, look: Query, id_: UUID) -> UUID | None:
    held: set[UUID] = set()
    for _ in range(_TRIES):
        rows = await look.rows(session, {"id": id_})
        root: UUID | None = rows[0]["root_id"] if rows else None
        if root is None or root in held:
            return root
        held |= set((await lock_roots(session, [root])).values())
    raise Conflict("This customer is being merged and split again and again; try once more.")
