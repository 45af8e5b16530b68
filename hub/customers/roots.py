"""Which customer records stand at the top of their trees, and holding them still."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text

from hub.db.engine import WriteSession
from hub.db.rows import Query, Source
from hub.errors import Conflict, NotFound

_ROOTS = Query("SELECT id, root_id FROM customers WHERE id = ANY (CAST(:ids AS uuid[]))")

# Sorted, so that two transactions never wait for each other; weaker than FOR UPDATE, so that rows
# which merely refer to the customer can be inserted meanwhile.
_LOCK = text("""
    SELECT id FROM customers
    WHERE id IN (SELECT root_id FROM customers WHERE id = ANY (CAST(:ids AS uuid[])))
    ORDER BY id FOR NO KEY UPDATE OF customers
""")

_TRIES = 10


async def roots_of(source: Source, customer_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The root of each record, as of now: without a lock it may change any moment.

    Raises NotFound for an unknown id.
    """
    rows = await _ROOTS.rows(source, {"ids": list(customer_ids)})
    roots = {row["id"]: row["root_id"] for row in rows}
    if unknown := set(customer_ids) - roots.keys():
        raise NotFound(f"There is no customer {min(unknown)}.")
    return roots


async def lock_roots(session: WriteSession, customer_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Lock the roots of these records until the transaction ends: {record: its root}.

    Whoever writes entries, conversations or events of a customer does this first: it is what keeps
    positions and events of one customer in commit order. Raises NotFound for an unknown id.
    """
    if not customer_ids:
        return {}
    connection = await session.connection()
    held: set[UUID] = set()
    for _ in range(_TRIES):
        held.update((await connection.execute(_LOCK, {"ids": list(customer_ids)})).scalars())
        # Read after locking: a merge may have moved a record while we waited for its old root.
        roots = await roots_of(session, customer_ids)
        if held.issuperset(roots.values()):
            return roots
    raise Conflict("This customer is being merged and split again and again; try once more.")
