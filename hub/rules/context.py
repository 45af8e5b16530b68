"""What a rule sees of an event: the customer and the object it is about, as they are now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased

from hub.customers.tables import Customer
from hub.db.engine import AnySession
from hub.events import Event
from hub.orders import repository as orders


@dataclass(frozen=True, slots=True)
class Context:
    """`customer` and `order` for templates; `facts` the same, dotted and typed, for conditions.

    current: the object still is what the event says it became.
    """

    customer_id: UUID
    object_kind: str
    object_id: UUID
    customer: Mapping[str, Any]
    order: Mapping[str, Any]
    facts: Mapping[str, Any]
    current: bool


async def load(session: AnySession, events: Sequence[Event]) -> dict[int, Context]:
    """The context of each order event, by `seq`; an event whose order is gone has none."""
    order_ids = [UUID(str(event.data["order_id"])) for event in events]
    found = await orders.by_ids(session, order_ids)
    owners = {UUID(order["customer_id"]) for order in found.values()}
    customers = await _customers(session, owners)
    return {
        event.seq: _context(event, found[order_id], customers)
        for event, order_id in zip(events, order_ids, strict=True)
        if order_id in found
    }


async def _customers(session: AnySession, ids: set[UUID]) -> dict[UUID, dict[str, Any]]:
    """By root: its own values, and where they are empty those of the records merged into it."""
    record = aliased(Customer)
    rows = await session.scalars(select(record).where(record.root_id.in_(ids)).order_by(record.id))
    customers: dict[UUID, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda one: one.id != one.root_id):
        known = customers.setdefault(
            row.root_id,
            {"id": str(row.root_id), "name": "", "locale": "", "time_zone": "", "labels": []},
        )
        for name in ("name", "locale", "time_zone"):
            known[name] = known[name] or getattr(row, name)
        known["labels"] = sorted({*known["labels"], *row.labels})
    return customers


def _context(
    event: Event, order: dict[str, Any], customers: Mapping[UUID, dict[str, Any]]
) -> Context:
    customer = customers[UUID(order["customer_id"])]
    # The event's own status decides: by now the order may be further.
    told = {**order, "status": event.data["status"], "previous_status": event.data.get("from", "")}
    total = None if order["total"] is None else Decimal(order["total"])
    facts = {f"customer.{name}": value for name, value in customer.items()}
    facts |= {f"order.{name}": value for name, value in told.items()} | {"order.total": total}
    return Context(
        customer_id=UUID(order["customer_id"]),
        object_kind="order",
        object_id=UUID(order["id"]),
        customer=customer,
        order=told,
        facts=facts,
        current=order["status"] == event.data["status"],
    )
