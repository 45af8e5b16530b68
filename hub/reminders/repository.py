"""Reading reminders: what is planned, what was sent, what was dropped and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hub import clock
from hub.db.engine import AnySession
from hub.db.rows import Query

_OBJECTS = """
    SELECT id, customer_id, number FROM orders UNION ALL
    SELECT id, customer_id, number FROM appointments
"""
_FOUND = f"""
    SELECT r.*, rules.name AS rule_name, o.number, c.root_id
    FROM reminders AS r JOIN rules ON rules.id = r.rule_id
    JOIN ({_OBJECTS}) AS o ON o.id = r.object_id JOIN customers AS c ON c.id = o.customer_id
"""  # noqa: S608 - a constant
_NEXT = Query(f"""
    {_FOUND}
    WHERE r.status = 'planned' AND r.rule_id = :rule
      AND (CAST(:due AS timestamptz) IS NULL OR (r.due_at, r.id) > (:due, CAST(:id AS uuid)))
    ORDER BY r.due_at, r.id LIMIT :limit
""")
_LIST = Query(f"""
    {_FOUND}
    WHERE (CAST(:customer AS uuid) IS NULL
           OR c.root_id = (SELECT root_id FROM customers WHERE id = :customer))
      AND (CAST(:object AS uuid) IS NULL OR r.object_id = :object)
      AND (CAST(:rule AS uuid) IS NULL OR r.rule_id = :rule)
      AND (CAST(:status AS text) IS NULL OR r.status = :status)
      AND (CAST(:before AS uuid) IS NULL OR r.id < :before)
      AND (CAST(:id AS uuid) IS NULL OR r.id = :id)
    ORDER BY r.id DESC LIMIT :limit
""")  # noqa: S608 - a constant


@dataclass(frozen=True, slots=True)
class Only:
    """Which reminders. before: the id of the last one of the page before."""

    id: UUID | None = None
    customer: UUID | None = None
    object: UUID | None = None
    rule: UUID | None = None
    status: str | None = None
    before: UUID | None = None


async def listed(session: AnySession, only: Only, *, limit: int) -> Sequence[dict[str, Any]]:
    """The newest plans first; the JSON shape that the API shows."""
    asked = {name: getattr(only, name) for name in Only.__slots__}
    rows = await _LIST.rows(session, {**asked, "limit": limit})
    return [_view(row) for row in rows]


async def coming(
    session: AnySession, rule_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[dict[str, Any]]:
    """What the rule will do next, the nearest first. after: (due_at, id) of the last one seen."""
    due, id_ = after or (None, None)
    rows = await _NEXT.rows(session, {"rule": rule_id, "due": due, "id": id_, "limit": limit})
    return [_view(row) for row in rows]


def _view(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a driver's row
    return {
        "id": str(row["id"]),
        "rule": {"id": str(row["rule_id"]), "name": row["rule_name"]},
        "rule_version": row["rule_version"],
        "object": {
            "kind": row["object_kind"],
            "id": str(row["object_id"]),
            "number": row["number"],
            "revision": row["object_revision"],
        },
        "customer_id": str(row["root_id"]),
        "status": row["status"],
        "reason": row["reason"],
        "moment": clock.rfc3339(row["moment"]),
        "due_at": clock.rfc3339(row["due_at"]),
        "decision_id": str(row["decision_id"]) if row["decision_id"] else None,
        "planned_at": clock.rfc3339(row["planned_at"]),
        "ended_at": clock.rfc3339(row["ended_at"]) if row["ended_at"] else None,
    }
