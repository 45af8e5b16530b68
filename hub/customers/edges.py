"""Merging, splitting and undoing: one edge added or ended, and the cached roots kept right.

No entry moves and no record is rewritten. The caller holds the roots (`lock_trees`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from hub.customers import forest
from hub.customers.edge import TRIES, Edge
from hub.customers.evidence import Evidence, Grounds
from hub.customers.forest import Link
from hub.customers.likeness import other_spelling
from hub.customers.roots import lock_trees, roots_of
from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.errors import Conflict, NotFound
from hub.ids import new_id


class Moved(NamedTuple):
    """What an act did to the forest.

    streams: those whose customer changed from `old_root` to `new_root`; none when it did not.
    since: entries recorded later may share a conversation with the other side's, no earlier ones.
    """

    edge_id: UUID
    act: str
    old_root: UUID
    new_root: UUID
    streams: tuple[UUID, ...] = ()
    since: int = 0
    undo: bool = False
    stream_id: UUID | None = None
    record_id: UUID | None = None
    """Of a split and its undo: the address's stream, and the record it hangs on now."""

    @property
    def whole(self) -> bool:
        """Everything the old root had has moved."""
        return self.act == "merge" and not self.undo


_POSITION = Query("SELECT last_value FROM entry_positions")

_ADD = Query("""
    INSERT INTO identity_edges (id, stream_id, customer_id, parent_id, act, evidence, detail,
                                since, by_kind, by_id, at)
    VALUES (:id, CAST(:stream AS uuid), CAST(:customer AS uuid), :parent, :act, :evidence,
            CAST(:detail AS jsonb), CAST(:since AS bigint), :by_kind, CAST(:by_id AS uuid), :now)
""")

_MOVE_ALL = Query("""
    WITH records AS (
        UPDATE customers SET root_id = :new WHERE root_id = :old
    )
    UPDATE streams SET root_id = :new WHERE root_id = :old RETURNING id
""")

_MOVE_SOME = Query("""
    WITH records AS (
        UPDATE customers SET root_id = :new WHERE id = ANY (CAST(:records AS uuid[]))
    )
    UPDATE streams SET root_id = :new
    WHERE root_id = :old AND record_id = ANY (CAST(:records AS uuid[])) RETURNING id
""")

_MOVE_STREAM = Query("""
    UPDATE streams SET root_id = :root, record_id = :record WHERE id = :stream
""")

_PARENTS = Query("""
    SELECT e.customer_id, e.parent_id FROM customers AS c
    JOIN identity_edges AS e ON e.customer_id = c.id AND e.ended_at IS NULL
    WHERE c.root_id = :root
""")

# The earliest moment at which two parts of the tree came together.
_SINCE = Query("""
    SELECT min(e.since) AS since FROM (
        SELECT e.since FROM customers AS c
        JOIN identity_edges AS e ON e.customer_id = c.id AND e.ended_at IS NULL
        WHERE c.root_id = :root
        UNION ALL
        SELECT e.since FROM streams AS s
        JOIN identity_edges AS e ON e.stream_id = s.id AND e.ended_at IS NULL
        WHERE s.root_id = :root
    ) AS e
""")

_LINKS = Query("""
    SELECT id, parent_id, ended_at, replaced_by FROM identity_edges
    WHERE stream_id = :stream AND ended_at IS NULL
    UNION ALL
    SELECT id, parent_id, ended_at, replaced_by FROM identity_edges
    WHERE stream_id = :stream AND ended_at IS NOT NULL
""")

# Two statements, and this one first: an index allows one active edge only.
_END = Query("""
    UPDATE identity_edges AS e
    SET ended_at = :now, ended_by = CAST(:by AS uuid), replaced_by = k.successor
    FROM unnest(CAST(:ids AS uuid[]), CAST(:successors AS uuid[])) AS k(id, successor)
    WHERE e.id = k.id AND e.ended_at IS NULL
""")
_RELINK = Query("""
    UPDATE identity_edges AS e
    SET replaced_by = k.successor,
        ended_at = CASE WHEN k.active THEN NULL ELSE e.ended_at END,
        ended_by = CASE WHEN k.active THEN NULL ELSE e.ended_by END
    FROM unnest(CAST(:ids AS uuid[]), CAST(:successors AS uuid[]), CAST(:actives AS boolean[]))
         AS k(id, successor, active)
    WHERE e.id = k.id
""")

_STREAM = Query("SELECT id, record_id, root_id FROM streams WHERE id = :id")
_STREAM_OF_POINT = Query("""
    SELECT s.id, s.record_id, s.root_id,
           (SELECT count(*) FROM streams AS o
            WHERE o.root_id = s.root_id AND o.contact_point_id IS NOT NULL) AS beside
    FROM streams AS s WHERE s.contact_point_id = :point
""")

_BORN = Query("""
    INSERT INTO customers (id, root_id, name, folded, created_at, updated_at)
    VALUES (:id, :id, :name, :folded, :now, :now)
""")

# Who comes second inserts nothing, and reads what the first one committed.
_ATTACH = Query("""
    WITH point AS (
        INSERT INTO contact_points (id, scheme, value, raw, loose, created_at)
        VALUES (:point, :scheme, :value, :raw, :loose, :now)
        ON CONFLICT DO NOTHING RETURNING id
    )
    INSERT INTO streams (id, contact_point_id, record_id, root_id, created_at)
    SELECT :stream, id, :root, :root, :now FROM point RETURNING id
""")

_EMPTY = Query("""
    SELECT NOT EXISTS (SELECT 1 FROM streams
                       WHERE record_id = :id AND contact_point_id IS NOT NULL)
       AND NOT EXISTS (SELECT 1 FROM identity_edges
                       WHERE ended_at IS NULL AND (customer_id = :id
                             OR (parent_id = :id AND customer_id IS NOT NULL))) AS empty
""")


async def merge(
    session: WriteSession, survivor_id: UUID, other_id: UUID, grounds: Grounds, now: datetime
) -> Moved:
    """Hang the root of `other_id` below the root of `survivor_id`.

    Raises NotFound, and Conflict when both are one customer already.
    """
    roots = await lock_trees(session, [survivor_id, other_id])
    survivor, other = roots[survivor_id], roots[other_id]
    if survivor == other:
        raise Conflict(
            "These are one customer already.",
            remedy="Look at the merges of this customer: one of them may be undone.",
            code="already-merged",
            extra={"customer_id": str(survivor)},
        )
    edge_id = new_id()
    since = await _add(
        session, edge_id, {"customer": other, "parent": survivor}, "merge", grounds, now
    )
    moved = await _MOVE_ALL.rows(session, {"old": other, "new": survivor})
    return Moved(edge_id, "merge", other, survivor, tuple([row["id"] for row in moved]), since)


async def _add(
    session: WriteSession,
    edge_id: UUID,
    ends: dict[str, UUID],
    act: str,
    grounds: Grounds,
    now: datetime,
) -> int:
    """Insert an edge; returns the newest position at this moment."""
    since = int((await _POSITION.rows(session, {}))[0]["last_value"])
    detail = {**grounds.detail, **({"reason": grounds.reason} if grounds.reason else {})}
    await _ADD.rows(
        session,
        {
            "id": edge_id,
            "stream": None,
            "customer": None,
            **ends,
            "act": act,
            "evidence": str(grounds.evidence),
            "detail": orjson.dumps(detail).decode(),
            "since": since,
            "by_kind": grounds.by[0],
            "by_id": grounds.by[1],
            "now": now,
        },
    )
    return since


async def attach(
    session: WriteSession,
    root_id: UUID,
    address: tuple[str, str, str],
    grounds: Grounds,
    now: datetime,
) -> tuple[UUID, UUID] | None:
    """A new contact point of a root, which is locked: its id and its edge's; None: it exists.

    address: (scheme, normalised value, as it was spelled).
    """
    point, stream, edge_id = new_id(), new_id(), new_id()
    values: dict[str, object] = dict(zip(("scheme", "value", "raw"), address, strict=True))
    values |= {"loose": other_spelling(address[0], address[1]), "now": now}
    made = await _ATTACH.rows(
        session, {**values, "point": point, "stream": stream, "root": root_id}
    )
    if not made:
        return None
    await _add(session, edge_id, {"stream": stream, "parent": root_id}, "added", grounds, now)
    return point, edge_id


async def unmerge(session: WriteSession, edge: Edge, by: UUID | None, now: datetime) -> Moved:
    """End the edge of a merge, which is held: what hung below is a customer of its own again."""
    assert edge.customer_id is not None  # noqa: S101 - the edge of a merge
    root = (await roots_of(session, [edge.customer_id]))[edge.customer_id]
    parents = {row[0]: row[1] for row in await _PARENTS.rows(session, {"root": root})}
    records = forest.below(parents, edge.customer_id)
    await _END.rows(session, {"ids": [edge.id], "successors": [None], "by": by, "now": now})
    moved = await _MOVE_SOME.rows(
        session, {"old": root, "new": edge.customer_id, "records": list(records)}
    )
    streams = tuple([row["id"] for row in moved])
    return Moved(edge.id, "merge", root, edge.customer_id, streams, edge.since or 0, undo=True)


async def split(
    session: WriteSession,
    contact_point_id: UUID,
    name: tuple[str, str],
    grounds: Grounds,
    now: datetime,
) -> Moved:
    """Take a contact point out to a customer of its own, called `name` (as it is, folded).

    Raises NotFound, and Conflict when it is the only one its customer has.
    """
    stream = await _hold_point(session, contact_point_id)
    if stream["beside"] < 2:
        raise Conflict(
            "This is the only contact point of its customer: there is nothing to split.",
            code="nothing-to-split",
            extra={"customer_id": str(stream["root_id"])},
        )
    since = await _since(session, stream["root_id"])
    record, edge_id = new_id(), new_id()
    await _BORN.rows(session, {"id": record, "name": name[0], "folded": name[1], "now": now})
    links = await _links(session, stream["id"])
    active = [one.id for one in links if one.active]
    # Ended before the new one begins, its successor named after: see `_END`.
    by = grounds.by[1]
    await _END.rows(
        session, {"ids": active, "successors": [None] * len(active), "by": by, "now": now}
    )
    await _add(session, edge_id, {"stream": stream["id"], "parent": record}, "split", grounds, now)
    await _relink(
        session,
        [one for one in forest.replaced(links, Link(edge_id, record), now) if one.id in active],
    )
    await _MOVE_STREAM.rows(session, {"stream": stream["id"], "record": record, "root": record})
    return Moved(
        edge_id,
        "split",
        stream["root_id"],
        record,
        (stream["id"],),
        since,
        stream_id=stream["id"],
        record_id=record,
    )


async def _hold_point(session: WriteSession, contact_point_id: UUID) -> Any:  # noqa: ANN401 - a row
    """The contact point's stream, its customer locked."""
    place, record = {"point": contact_point_id}, None
    for _ in range(TRIES):
        rows = await _STREAM_OF_POINT.rows(session, place)
        if not rows:
            raise NotFound(f"There is no contact point {contact_point_id}.")
        if rows[0]["record_id"] == record:
            return rows[0]
        record = rows[0]["record_id"]
        await lock_trees(session, [record])
    raise Conflict("This customer is being merged and split again and again; try once more.")


async def _since(session: WriteSession, root_id: UUID) -> int:
    return int((await _SINCE.rows(session, {"root": root_id}))[0]["since"] or 0)


async def _links(session: WriteSession, stream_id: UUID) -> list[Link]:
    return [Link(*row) for row in await _LINKS.rows(session, {"stream": stream_id})]


async def _relink(session: WriteSession, links: Sequence[Link]) -> None:
    await _RELINK.rows(
        session,
        {
            "ids": [one.id for one in links],
            "successors": [one.replaced_by for one in links],
            "actives": [one.active for one in links],
        },
    )


async def unsplit(session: WriteSession, edge: Edge, by: UUID | None, now: datetime) -> Moved:
    """Take a split back, which is held: the contact point is where it would be without it."""
    assert edge.stream_id is not None  # noqa: S101 - the edge of a split
    links = await _links(session, edge.stream_id)
    [stream] = await _STREAM.rows(session, {"id": edge.stream_id})
    old, since = stream["root_id"], await _since(session, stream["root_id"])
    after = forest.undone(links, edge.id, now)
    record_id = next(one.parent_id for one in after if one.active)
    await _END.rows(session, {"ids": [edge.id], "successors": [None], "by": by, "now": now})
    await _relink(session, [one for one in after if one not in links])
    new = (await roots_of(session, [record_id]))[record_id]
    ends = {"stream": edge.stream_id, "record": record_id, "root": new}
    await _MOVE_STREAM.rows(session, ends)
    streams = [edge.stream_id, *await _return(session, edge, record_id, new, now)]
    moved = tuple(streams) if old != new else ()
    return Moved(
        edge.id,
        "split",
        old,
        new,
        moved,
        since,
        undo=True,
        stream_id=edge.stream_id,
        record_id=record_id,
    )


async def _return(
    session: WriteSession, edge: Edge, record_id: UUID, root_id: UUID, now: datetime
) -> list[UUID]:
    """The record the split had made goes along when it is empty: its id keeps working."""
    rows = await _EMPTY.rows(session, {"id": edge.parent_id})
    if not rows[0]["empty"]:
        return []
    grounds = Grounds(Evidence.RECORD, ("system", None))
    ends = {"customer": edge.parent_id, "parent": record_id}
    await _add(session, new_id(), ends, "return", grounds, now)
    moved = await _MOVE_ALL.rows(session, {"old": edge.parent_id, "new": root_id})
    return [row["id"] for row in moved]
