"""Reading orders, as the API shows them."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from hub import clock
from hub.customers.tables import Customer
from hub.db.engine import AnySession
from hub.orders.tables import Order


def view(order: Order, root_id: UUID) -> dict[str, Any]:
    """The JSON shape of an order. Amounts are strings, so that no digit is lost."""
    return {
        "id": str(order.id),
        "system": order.system,
        "external_id": order.external_id,
        "customer_id": str(root_id),
        "status": order.status,
        "version": order.version,
        "revision": order.revision,
        "number": order.number,
        "total": None if order.total is None else format(order.total.normalize(), "f"),
        "currency": order.currency,
        "items": order.items,
        "tracking_url": order.tracking_url,
        "data": order.data,
        "occurred_at": clock.rfc3339(order.occurred_at),
        "created_at": clock.rfc3339(order.created_at),
        "updated_at": clock.rfc3339(order.updated_at),
    }


def _with_root() -> Select[Order, UUID]:
    return select(Order, Customer.root_id).join(Customer, Customer.id == Order.customer_id)


async def get(session: AnySession, system: str, external_id: str) -> dict[str, Any] | None:
    found = (
        await session.execute(
            _with_root().where(Order.system == system, Order.external_id == external_id)
        )
    ).first()
    return view(*found) if found else None


async def by_ids(session: AnySession, ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    rows = await session.execute(_with_root().where(Order.id.in_(ids)))
    return {order.id: view(order, root) for order, root in rows}


async def list_orders(
    session: AnySession,
    *,
    customer_id: UUID | None = None,
    status: str | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Newest first; `before` is the id of the last one seen."""
    query = _with_root().order_by(Order.id.desc()).limit(limit)
    if customer_id is not None:
        query = query.where(
            Customer.root_id.in_(select(Customer.root_id).where(Customer.id == customer_id))
        )
    if status is not None:
        query = query.where(Order.status == status)
    if before is not None:
        query = query.where(Order.id < before)
    return [view(order, root) for order, root in await session.execute(query)]
