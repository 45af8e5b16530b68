"""Reading orders, as the API shows them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.db.engine import AnySession
from hub.db.rows import Query
from hub.objects import repository
from hub.orders.tables import Order


async def get(session: AnySession, system: str, external_id: str) -> dict[str, Any] | None:
    return await repository.get(session, Order, system, external_id)


async def by_ids(session: AnySession, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    return await repository.by_ids(session, Order, ids)


# The last time the order came to a status, as its system claims: it may have been there before.
_REACHED = Query("""
    SELECT order_id, status, max(occurred_at) AS at FROM (
        SELECT order_id, status, occurred_at,
               lag(status) OVER (PARTITION BY order_id ORDER BY revision) AS before
        FROM order_versions WHERE order_id = ANY (CAST(:ids AS uuid[]))
    ) AS told
    WHERE status <> '' AND status IS DISTINCT FROM before GROUP BY order_id, status
""")


async def reached(session: AnySession, ids: Sequence[UUID]) -> dict[UUID, dict[str, datetime]]:
    """When each order came to each of its statuses: {order: {"delivered_at": …}}."""
    found: dict[UUID, dict[str, datetime]] = {}
    for row in await _REACHED.rows(session, {"ids": list(ids)}):
        found.setdefault(row["order_id"], {})[f"{row['status']}_at"] = row["at"]
    return found
