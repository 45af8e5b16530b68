"""How people call the orders and appointments that rules were asked about."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from hub.db.engine import AnySession
from hub.db.rows import Query

_NUMBERS = Query("""
    SELECT id, coalesce(nullif(number, ''), external_id) AS number
    FROM orders WHERE id = ANY (CAST(:ids AS uuid[]))
    UNION ALL
    SELECT id, coalesce(nullif(number, ''), external_id)
    FROM appointments WHERE id = ANY (CAST(:ids AS uuid[]))
""")
_NUMBERED = frozenset({"order", "appointment"})


async def numbered(session: AnySession, items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same items, each `object` with its `number`; empty for what has none."""
    asked = [UUID(one["object"]["id"]) for one in items if _has_number(one["object"])]
    rows = await _NUMBERS.rows(session, {"ids": asked}) if asked else []
    known = {str(row["id"]): row["number"] for row in rows}
    return [
        {**one, "object": about and {**about, "number": known.get(about["id"], "")}}
        for one in items
        for about in (one["object"],)
    ]


def _has_number(about: dict[str, Any] | None) -> bool:
    return about is not None and about["kind"] in _NUMBERED
