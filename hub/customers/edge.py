"""An edge of the identity forest as it stands, and holding what an undo of it may move."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.customers.evidence import Evidence
from hub.customers.forest import Link
from hub.customers.roots import lock_trees
from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.errors import Conflict, NotFound

TRIES = 10
"""How often whoever wants to hold a tree looks again at what it has become meanwhile."""


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge as it stands."""

    id: UUID
    act: str
    stream_id: UUID | None
    customer_id: UUID | None
    parent_id: UUID
    since: int | None
    ended_at: datetime | None
    replaced_by: UUID | None
    has_earlier: bool

    @property
    def link(self) -> Link:
        return Link(self.id, self.parent_id, self.ended_at, self.replaced_by)


_EDGE = Query("""
    SELECT e.id, e.act, e.stream_id, e.customer_id, e.parent_id, e.since, e.ended_at,
           e.replaced_by,
           EXISTS (SELECT 1 FROM identity_edges AS p WHERE p.replaced_by = e.id) AS has_earlier
    FROM identity_edges AS e WHERE e.id = :id
""")


async def find(session: WriteSession, edge_id: UUID) -> Edge:
    """Raises NotFound."""
    rows = await _EDGE.rows(session, {"id": edge_id})
    if not rows:
        raise NotFound(f"There is no merge {edge_id}.")
    return Edge(**rows[0])


def refuse_ended(edge: Edge) -> None:
    """Raises Conflict for an added address that was taken elsewhere since."""
    if edge.ended_at is not None:
        raise Conflict(
            "The address was taken elsewhere since it was added.",
            remedy="Undo that first.",
            code="not-undoable",
            extra={"merge_id": str(edge.replaced_by)},
        )


# What holds an address to its customer, edge by edge up to the root; how a stream began holds
# nothing together: its record came into being with it.
_HELD = Query("""
    WITH RECURSIVE up AS (
        SELECT e.parent_id, e.act, e.evidence FROM identity_edges AS e
        WHERE e.stream_id = :stream AND e.ended_at IS NULL
        UNION ALL
        SELECT e.parent_id, e.act, e.evidence FROM up
        JOIN identity_edges AS e ON e.customer_id = up.parent_id AND e.ended_at IS NULL
    )
    SELECT coalesce(bool_or(evidence = ANY (CAST(:weak AS text[]))), false) AS weakly
    FROM up WHERE act <> ''
""")


async def weakly_held(session: WriteSession, stream_id: UUID) -> bool:
    """Whether somebody's mere word has put this address to its customer."""
    weak = [str(one) for one in (Evidence.CLAIMED, Evidence.IMPORT, Evidence.INTEGRATION)]
    rows = await _HELD.rows(session, {"stream": stream_id, "weak": weak})
    return bool(rows[0]["weakly"])


_SIDES = Query("""
    SELECT s.record_id AS id FROM streams AS s WHERE s.id = CAST(:stream AS uuid)
    UNION
    SELECT e.parent_id FROM identity_edges AS e
    WHERE e.stream_id = CAST(:stream AS uuid) AND e.ended_at IS NOT NULL
    UNION
    SELECT e.parent_id FROM identity_edges AS e WHERE e.id = :id
    UNION
    SELECT e.customer_id FROM identity_edges AS e WHERE e.id = :id AND e.customer_id IS NOT NULL
""")


async def hold(session: WriteSession, edge: Edge, customer_id: UUID) -> Edge:
    """The edge as it is now, with everything an undo of it may move locked.

    Raises NotFound unless `customer_id` has one side of it, Conflict when it was undone already.
    """
    place = {"stream": edge.stream_id, "id": edge.id}
    sides, roots = frozenset[UUID](), dict[UUID, UUID]()
    for _ in range(TRIES):
        before = sides
        sides = frozenset(row["id"] for row in await _SIDES.rows(session, place))
        if sides == before:
            break
        roots = await lock_trees(session, {customer_id, *sides})
    if roots.get(customer_id) not in {roots[one] for one in sides}:
        raise NotFound(f"This customer has no merge {edge.id}.")
    # Read again: somebody may have undone it while we waited.
    edge = await find(session, edge.id)
    if edge.link.undone:
        raise Conflict(
            "This has been undone already.",
            code="already-undone",
            extra={"merge_id": str(edge.id)},
        )
    return edge
