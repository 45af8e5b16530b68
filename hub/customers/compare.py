"""Two customers side by side, and what would be shown if they were one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.customers import view
from hub.customers.roots import roots_of
from hub.db.base import Json
from hub.db.engine import AnySession
from hub.db.rows import Query
from hub.errors import Conflict

_COMPARED = ("name", "locale", "time_zone", "owner")

_AMOUNTS = Query("""
    SELECT r.root,
           (SELECT count(*) FROM streams AS s
            JOIN conversations AS c ON c.opening_stream_id = s.id
            WHERE s.root_id = r.root AND c.merged_into_id IS NULL) AS conversations,
           (SELECT count(*) FROM orders AS o JOIN customers AS c ON c.id = o.customer_id
            WHERE c.root_id = r.root) AS orders,
           (SELECT min(first_sort_at) FROM streams WHERE root_id = r.root) AS first_at,
           (SELECT max(last_sort_at) FROM streams WHERE root_id = r.root) AS last_at
    FROM unnest(CAST(:roots AS uuid[])) AS r(root)
""")


async def compare(
    session: AnySession,
    survivor_id: UUID,
    other_id: UUID,
    *,
    hidden: Sequence[UUID] = (),
    now: datetime,
) -> Json:
    """`{"customer", "other", "merged", "conflicts", "amounts"}`; raises NotFound, Conflict.

    conflicts: `{"field", "customer", "other"}` where both have a value and the other's would no
    longer show. amounts: of each, `{"conversations", "orders", "first_at", "last_at"}`.
    """
    roots = await roots_of(session, [survivor_id, other_id])
    survivor, other = roots[survivor_id], roots[other_id]
    if survivor == other:
        raise Conflict(
            "These are one customer already.",
            code="already-merged",
            extra={"customer_id": str(survivor)},
        )
    mine, theirs = await view.load(session, [survivor, other], now, hidden)
    rows = await _AMOUNTS.rows(session, {"roots": [survivor, other]})
    amounts = {row["root"]: {key: row[key] for key in row.keys() if key != "root"} for row in rows}  # noqa: SIM118
    return {
        "customer": mine,
        "other": theirs,
        "merged": merged(mine, theirs),
        "conflicts": conflicts(mine, theirs),
        "amounts": {"customer": amounts[survivor], "other": amounts[other]},
    }


def merged(mine: Json, theirs: Json) -> Json:
    """What the survivor would show: its own values first, then the other's."""
    points = [*mine["contact_points"], *theirs["contact_points"]]
    below = [*mine["merged_from"], theirs["id"], *theirs["merged_from"]]
    return {
        **mine,
        **{name: mine[name] or theirs[name] for name in _COMPARED},
        "attributes": {**theirs["attributes"], **mine["attributes"]},
        "labels": sorted({*mine["labels"], *theirs["labels"]}),
        "contact_points": points,
        "merged_from": sorted(below),
        "created_at": min(mine["created_at"], theirs["created_at"]),
    }


def conflicts(mine: Json, theirs: Json) -> list[Json]:
    """The fields where something of the other's would be hidden."""

    def of(prefix: str, names: Sequence[str], one: Json, two: Json) -> list[Json]:
        return [
            {"field": prefix + name, "customer": one[name], "other": two[name]}
            for name in names
            if one.get(name) and two.get(name) and one[name] != two[name]
        ]

    both: dict[str, Any] = mine["attributes"]
    return of("", _COMPARED, mine, theirs) + of(
        "attributes.", sorted(both), both, theirs["attributes"]
    )
