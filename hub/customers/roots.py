"""Which customer records stand at the top of their trees, and holding them still."""

from collections.abc import Collection
from uuid import UUID

from hub.db.engine import WriteSession, driver_of
from hub.db.rows import Query, Source
from hub.errors import Conflict, NotFound

_ROOTS = Query("SELECT id, root_id FROM customers WHERE id = ANY (CAST(:ids AS uuid[]))")

# Sorted, so that two transactions never wait for each other; weaker than FOR UPDATE, so that rows
# which merely refer to the customer can be inserted meanwhile.
_LOCK = Query("""
    SELECT id FROM customers
    WHERE id IN (SELECT root_id FROM customers WHERE id = ANY (CAST(:ids AS uuid[])))
    ORDER BY id FOR NO KEY UPDATE OF customers
""")

# The same for whoever changes what is whose: also the records below the roots are written then,
# and one may be held by somebody who still takes it for a root.
_TREES = """
    SELECT id FROM customers
    WHERE root_id IN (SELECT root_id FROM customers WHERE id = ANY (CAST(:ids AS uuid[])))
    ORDER BY id
"""
_LOCK_TREES = Query(_TREES + "FOR NO KEY UPDATE OF customers")
_READ_TREES = Query(_TREES)

_TRIES = 10
_HELD = "roots"


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
    held = _held(session)
    if held.keys() >= set(customer_ids):
        return {one: held[one] for one in customer_ids}
    roots = await _lock(session, customer_ids, _LOCK)
    # What is locked within a savepoint is let go with it.
    if not session.in_nested_transaction():
        held |= roots | {root: root for root in roots.values()}
    return roots


def _held(session: WriteSession) -> dict[UUID, UUID]:
    """The roots that the transaction holds, by record: nobody else changes whose they are."""
    held: dict[UUID, UUID] | None = session.info.setdefault(_HELD, {})
    return {} if held is None else held


async def lock_trees(session: WriteSession, customer_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """`lock_roots` for whoever merges and splits: all records below the roots as well."""
    # From here on the transaction itself changes what is whose.
    session.info[_HELD] = None
    return await _lock(session, customer_ids, _LOCK_TREES)


async def _lock(
    session: WriteSession, customer_ids: Collection[UUID], lock: Query
) -> dict[UUID, UUID]:
    if not customer_ids:
        return {}
    driver, wanted = driver_of(session), {"ids": list(customer_ids)}
    for _ in range(_TRIES):
        # Whoever waited in vain lets go of all before trying again: else two could wait for each
        # other, each holding what was a root a moment ago.
        await driver.execute("SAVEPOINT roots")
        held = {row[0] for row in await lock.rows(session, wanted)}
        # Read after locking: a merge may have moved a record while we waited for its old root.
        roots = await roots_of(session, customer_ids)
        needed = set(roots.values())
        if lock is _LOCK_TREES:
            needed = {row[0] for row in await _READ_TREES.rows(session, wanted)}
        if held.issuperset(needed):
            return roots
        await driver.execute("ROLLBACK TO SAVEPOINT roots")
    raise Conflict("This customer is being merged and split again and again; try once more.")
