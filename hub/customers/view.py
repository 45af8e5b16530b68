"""Customers as the API shows them: what the tree below a root adds up to."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from hub.clock import rfc3339
from hub.customers import consents
from hub.customers.ageing import outlived
from hub.customers.visitors import LASTS
from hub.db.base import Json
from hub.db.engine import AnySession

# The whole tree, the root first and then the oldest: the loser's values show where the survivor's
# are empty. What an undone split left behind was nobody, and says nothing unless it was changed.
_RECORDS = text("""
    SELECT c.id, c.root_id, c.name, c.locale, c.time_zone, c.owner_id, c.attributes, c.labels,
           c.created_at, c.updated_at, coalesce(e.act, '') AS act
    FROM customers AS c
    LEFT JOIN identity_edges AS e ON e.customer_id = c.id AND e.ended_at IS NULL
    WHERE c.root_id = ANY (CAST(:roots AS uuid[]))
      AND (e.act IS DISTINCT FROM 'return' OR c.updated_at > c.created_at)
    ORDER BY c.id <> c.root_id, c.id
""")

_POINTS = text("""
    SELECT s.root_id, p.id, p.scheme, p.value, p.raw, p.label, p.proof, p.health, p.health_detail,
           p.health_until, p.opted_out_at, p.shut_out_at, p.shut_out_reason, p.claimed,
           p.created_at, e.evidence, e.by_kind, e.by_id, e.at AS linked_at
    FROM streams s
    JOIN contact_points p ON p.id = s.contact_point_id
    LEFT JOIN identity_edges e ON e.stream_id = s.id AND e.ended_at IS NULL
    WHERE s.root_id = ANY (CAST(:roots AS uuid[])) ORDER BY p.created_at, p.id
""")

_INBOXES = text("""
    SELECT r.contact_point_id, r.inbox_id, r.blocked_at, r.last_inbound_at,
           r.last_inbound_position, r.read_position, r.seen_position, i.channel, i.name,
           EXISTS (SELECT 1 FROM visitors AS v
                   WHERE v.contact_point_id = r.contact_point_id AND v.inbox_id = r.inbox_id
                     AND v.seen_at > now() - make_interval(secs => :lasts)) AS here
    FROM reachability r JOIN inboxes i ON i.id = r.inbox_id
    WHERE r.contact_point_id = ANY (CAST(:points AS uuid[]))
      AND r.inbox_id <> ALL (CAST(:hidden AS uuid[]))
    ORDER BY r.last_inbound_at DESC NULLS LAST, r.inbox_id
""")


async def load(
    session: AnySession, root_ids: Sequence[UUID], now: datetime, hidden: Collection[UUID] = ()
) -> list[Json]:
    """The customers with these root ids, in that order, in a fixed number of statements.

    `{"id","name","locale","time_zone","owner","attributes","labels","contact_points",
    "merged_from","created_at","updated_at"}`; owner is an operator's id or null. Contact points
    do not name the inboxes in `hidden`.
    """
    if not root_ids:
        return []
    connection = await session.connection()
    records = _by(await connection.execute(_RECORDS, {"roots": list(root_ids)}), "root_id")
    points = _by(await connection.execute(_POINTS, {"roots": list(root_ids)}), "root_id")
    ids = [point.id for below in points.values() for point in below]
    said = await consents.standing(session, root_ids)
    inboxes = _by(
        await connection.execute(
            _INBOXES, {"points": ids, "hidden": list(hidden), "lasts": LASTS}
        ),
        "contact_point_id",
    )
    return [
        _customer(
            records[root],
            [
                _contact_point(point, inboxes.get(point.id, []), said.get(point.id, {}), now)
                for point in points.get(root, [])
            ],
        )
        for root in root_ids
        if root in records
    ]


def _by(rows: Any, column: str) -> Mapping[UUID, list[Row[Any]]]:  # noqa: ANN401 - a result
    grouped: defaultdict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        grouped[getattr(row, column)].append(row)
    return grouped


def _customer(records: Sequence[Row[Any]], contact_points: list[Json]) -> Json:
    root, *merged = records
    owner = _first(record.owner_id for record in records)
    return {
        "id": str(root.id),
        "name": _first(record.name for record in records) or "",
        "locale": _first(record.locale for record in records) or "",
        "time_zone": _first(record.time_zone for record in records) or "",
        "owner": None if owner is None else str(owner),
        "attributes": _attributes(records),
        "labels": sorted({label for record in records for label in record.labels}),
        "contact_points": contact_points,
        "merged_from": [str(record.id) for record in merged if record.act != "return"],
        "created_at": rfc3339(min(record.created_at for record in records)),
        "updated_at": rfc3339(root.updated_at),
    }


def _first(values: Any) -> Any:  # noqa: ANN401 - whatever the column holds
    return next((value for value in values if value), None)


def _attributes(records: Sequence[Row[Any]]) -> Json:
    attributes: Json = {}
    for record in reversed(records):
        attributes |= record.attributes
    return attributes


def _contact_point(
    row: Row[Any], inboxes: Sequence[Row[Any]], said: Mapping[str, bool], now: datetime
) -> Json:
    healed = row.health_until is not None and row.health_until <= now
    return {
        "id": str(row.id),
        "scheme": row.scheme,
        "value": row.value,
        "raw": row.raw,
        "label": row.label,
        "proof": row.proof,
        "evidence": _evidence(row),
        "aged": outlived(row.scheme, _last_heard(inboxes), now),
        "claimed": row.claimed,
        "consent": _consent(row, inboxes),
        "consents": consents.shown(said),
        "opted_out_at": rfc3339(row.opted_out_at) if row.opted_out_at else None,
        "blocked": row.shut_out_at is not None,
        "blocked_reason": row.shut_out_reason,
        "health": "ok" if healed else row.health,
        "health_detail": "" if healed else row.health_detail,
        "inboxes": [_inbox(one) for one in inboxes],
    }


def _evidence(row: Row[Any]) -> Json | None:
    """Why the address is this customer's: the edge that says so."""
    if row.evidence is None:
        return None
    by = {"kind": row.by_kind, "id": None if row.by_id is None else str(row.by_id)}
    return {"kind": row.evidence, "by": by, "at": rfc3339(row.linked_at)}


def _last_heard(inboxes: Sequence[Row[Any]]) -> datetime | None:
    return max((one.last_inbound_at for one in inboxes if one.last_inbound_at), default=None)


def _consent(row: Row[Any], inboxes: Sequence[Row[Any]]) -> str:
    """`opted_out`; `implicit` where the customer has written to us; else `none`."""
    if row.opted_out_at is not None:
        return "opted_out"
    return "implicit" if any(one.last_inbound_at for one in inboxes) else "none"


def _inbox(row: Row[Any]) -> Json:
    return {
        "id": str(row.inbox_id),
        "channel": row.channel,
        "name": row.name,
        "blocked": row.blocked_at is not None,
        "last_inbound_at": None if row.last_inbound_at is None else rfc3339(row.last_inbound_at),
        "read_position": row.read_position,
        "seen_position": row.seen_position,
        "here": row.here,
    }
