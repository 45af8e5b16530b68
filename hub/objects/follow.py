"""What a system pushed for an address goes where the address goes."""

from collections.abc import Mapping
from uuid import UUID

from hub.db.engine import WriteSession
from hub.db.rows import Query


def _follow(table: str) -> Query:
    # Whom a system knows by an id of its own stays the customer of its objects: the address
    # beside it was only a claim.
    return Query(f"""
        UPDATE {table} AS o SET customer_id = :record
        FROM streams AS s
        WHERE s.id = :stream AND o.contact_point_id = s.contact_point_id
          AND o.customer_id <> :record
          AND o.customer_id IN (SELECT parent_id FROM identity_edges WHERE stream_id = :stream)
          AND NOT EXISTS (SELECT 1 FROM external_refs AS known
                          WHERE known.system = o.system AND known.customer_id = o.customer_id)
        RETURNING o.id
    """)  # noqa: S608 - one of two constants


_FOLLOW: Mapping[str, Query] = {
    "orders": _follow("orders"),
    "appointments": _follow("appointments"),
}


async def follow(session: WriteSession, stream_id: UUID, record_id: UUID) -> Mapping[str, int]:
    """The contact point of `stream_id` hangs on `record_id` now; how many went along, by table."""
    where = {"stream": stream_id, "record": record_id}
    return {name: len(await one.rows(session, where)) for name, one in _FOLLOW.items()}
