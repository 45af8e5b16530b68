"""What was joined to a customer and taken from it, with the evidence, and what may be undone."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import asyncpg

from hub.clock import rfc3339
from hub.customers.forest import Link
from hub.customers.naming import shown_name
from hub.customers.roots import roots_of
from hub.db.base import Json
from hub.db.engine import AnySession
from hub.db.rows import Query

MOST = 500
"""Lines of a history: who is merged more often than that is not read to the end."""

# Every edge that has one end in the tree, now or before; how a stream began is no act.
_HISTORY = Query(f"""
    WITH tree AS (SELECT id FROM customers WHERE root_id = :root),
    homes AS (
        SELECT id FROM streams WHERE root_id = :root AND contact_point_id IS NOT NULL
        UNION
        SELECT e.stream_id FROM tree JOIN identity_edges AS e ON e.parent_id = tree.id
        WHERE e.stream_id IS NOT NULL
    ),
    edges AS (
        SELECT e.* FROM identity_edges AS e JOIN tree ON tree.id = e.parent_id
        UNION
        SELECT e.* FROM tree JOIN identity_edges AS e
          ON e.customer_id = tree.id AND e.ended_at IS NULL
        UNION
        SELECT e.* FROM tree JOIN identity_edges AS e
          ON e.customer_id = tree.id AND e.ended_at IS NOT NULL
        UNION
        SELECT e.* FROM homes JOIN identity_edges AS e
          ON e.stream_id = homes.id AND e.ended_at IS NULL
        UNION
        SELECT e.* FROM homes JOIN identity_edges AS e
          ON e.stream_id = homes.id AND e.ended_at IS NOT NULL
    )
    SELECT e.id, e.act, e.evidence, e.detail, e.by_kind, e.by_id, e.at, e.ended_at, e.ended_by,
           e.replaced_by, e.parent_id, e.customer_id, {shown_name("child")} AS child_name,
           {shown_name("parent")} AS parent_name, p.id AS point_id, p.scheme, p.value,
           coalesce(nullif(o.name, ''), o.email, t.name, '') AS by_name,
           coalesce(nullif(u.name, ''), u.email, '') AS ended_by_name,
           EXISTS (SELECT 1 FROM identity_edges AS b WHERE b.replaced_by = e.id) AS has_earlier
    FROM edges AS e
    JOIN customers AS parent ON parent.id = e.parent_id
    LEFT JOIN customers AS child ON child.id = e.customer_id
    LEFT JOIN streams AS s ON s.id = e.stream_id
    LEFT JOIN contact_points AS p ON p.id = s.contact_point_id
    LEFT JOIN operators AS o ON o.id = e.by_id
    LEFT JOIN api_tokens AS t ON t.id = e.by_id
    LEFT JOIN operators AS u ON u.id = e.ended_by
    WHERE e.act = ANY (CAST(:acts AS text[]))
    ORDER BY e.at DESC, e.id DESC LIMIT {MOST}
""")  # noqa: S608 - only constants are put in

_ACTS = ("merge", "split", "added")


async def history(session: AnySession, customer_id: UUID) -> list[Json]:
    """The newest first. Raises NotFound.

    `{"id", "act", "evidence", "reason", "at", "by", "from", "into", "contact_point", "undone_at",
    "undone_by", "undoable", "conversations"}`: `from` is the record that was merged (null for an
    address), `into` the one it came to; `conversations` those an undo has torn apart.
    """
    return await _listed(session, customer_id, _ACTS)


async def edges(session: AnySession, customer_id: UUID) -> list[Json]:
    """The same, with how every address began: for whoever asks why something belongs here."""
    return await _listed(session, customer_id, (*_ACTS, ""))


async def _listed(session: AnySession, customer_id: UUID, acts: Collection[str]) -> list[Json]:
    root_id = (await roots_of(session, [customer_id]))[customer_id]
    rows = await _HISTORY.rows(session, {"root": root_id, "acts": list(acts)})
    return [_view(row) for row in rows if row["act"] or row["point_id"]]


def _view(row: asyncpg.Record) -> Json:
    link = Link(row["id"], row["parent_id"], row["ended_at"], row["replaced_by"])
    return {
        "id": str(row["id"]),
        "act": row["act"],
        "evidence": row["evidence"],
        "reason": row["detail"].get("reason", ""),
        "at": rfc3339(row["at"]),
        "by": {"kind": row["by_kind"], "id": _id(row["by_id"]), "name": row["by_name"]},
        "from": _customer(row["customer_id"], row["child_name"]),
        "into": _customer(row["parent_id"], row["parent_name"]),
        "contact_point": row["point_id"]
        and {"id": str(row["point_id"]), "scheme": row["scheme"], "value": row["value"]},
        "undone_at": rfc3339(row["ended_at"]) if link.undone else None,
        "undone_by": _undone_by(row) if link.undone else None,
        "undoable": undoable(row["act"], link, has_earlier=row["has_earlier"]),
        "conversations": row["detail"].get("conversations", []),
    }


def undoable(act: str, link: Link, *, has_earlier: bool) -> bool:
    """Whether an undo would change anything: not of what is undone, nor of how it all began."""
    if act == "added":
        return link.active and not has_earlier
    return act in _ACTS and not link.undone


def _customer(customer_id: UUID | None, name: str | None) -> Any:  # noqa: ANN401 - JSON
    return None if customer_id is None else {"id": str(customer_id), "name": name or ""}


def _undone_by(row: asyncpg.Record) -> Json:
    return {"id": _id(row["ended_by"]), "name": row["ended_by_name"]}


def _id(value: UUID | None) -> str | None:
    return None if value is None else str(value)
