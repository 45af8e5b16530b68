"""Taking an order from a shop or ERP system: idempotent, in whatever order the versions come."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from hub.customers import identify, roots
from hub.customers.tables import ExternalRef
from hub.db import event_log
from hub.db.engine import WriteSession
from hub.errors import Conflict, Invalid, NotFound
from hub.events import EventType, NewEvent
from hub.orders.body import OrderBody, OrderCustomer
from hub.orders.decide import Known, Pushed, Verdict, judge
from hub.orders.tables import Order, OrderVersion
from hub.ports import Proof


@dataclass(frozen=True, slots=True)
class Put:
    """`applied` is False for a repeat and for a stale version; `order` is what holds now."""

    applied: bool
    order: Order


@dataclass(frozen=True, slots=True)
class Whose:
    customer_id: UUID
    contact_point_id: UUID | None = None


async def put_order(
    session: WriteSession,
    system: str,
    external_id: str,
    body: OrderBody,
    *,
    by: UUID | None,
    now: datetime,
) -> Put:
    """Raises NotFound for an unknown customer id, Conflict for one version with two bodies."""
    await _one_at_a_time(session, system, external_id)
    order = await session.scalar(
        select(Order).where(Order.system == system, Order.external_id == external_id)
    )
    if order is None:
        return Put(applied=True, order=await _create(session, system, external_id, body, by, now))
    known = Known(order.version, order.occurred_at, order.fingerprint)
    verdict = judge(known, Pushed(body.version, body.occurred_at, body.fingerprint()))
    if verdict is Verdict.APPLY:
        return Put(applied=True, order=await _change(session, order, body, by, now))
    _refuse(verdict, order, body)
    return Put(applied=False, order=order)


async def _one_at_a_time(session: WriteSession, system: str, external_id: str) -> None:
    # A row lock cannot guard a row that does not exist yet; the first push needs guarding too.
    await (await session.connection()).execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
        {"name": f"order:{len(system)}:{system}:{external_id}"},
    )


def _refuse(verdict: Verdict, order: Order, body: OrderBody) -> None:
    if verdict is Verdict.CONFLICT:
        raise Conflict(
            f"Version {body.version} of this order was pushed before with another body.",
            remedy="Raise the version with every change of the order.",
            code="version-conflict",
            extra={"id": str(order.id), "version": order.version},
        )
    if verdict is Verdict.VERSION_MISSING:
        raise Invalid(
            "This order was pushed with a version before, so every push needs one.",
            fields={"version": f"needed; the last one was {order.version}"},
        )


async def _create(
    session: WriteSession,
    system: str,
    external_id: str,
    body: OrderBody,
    by: UUID | None,
    now: datetime,
) -> Order:
    if body.customer is None:
        raise Invalid(
            "Nobody knows whose order this is.",
            remedy="The first push of an order names the customer.",
            fields={"customer": "needed with the first push"},
        )
    whose = await _find(session, system, body.customer, by, now)
    order = Order(
        system=system,
        external_id=external_id,
        customer_id=whose.customer_id,
        contact_point_id=whose.contact_point_id,
        status="",
        revision=0,
        number=external_id,
        currency="",
        items=[],
        tracking_url="",
        data={},
        created_at=now,
    )
    session.add(order)
    return await _apply(session, order, body, now)


async def _change(
    session: WriteSession, order: Order, body: OrderBody, by: UUID | None, now: datetime
) -> Order:
    if body.customer is not None:
        whose = await _find(session, order.system, body.customer, by, now)
        order.customer_id = whose.customer_id
        order.contact_point_id = whose.contact_point_id or order.contact_point_id
    return await _apply(session, order, body, now)


async def _apply(session: WriteSession, order: Order, body: OrderBody, now: datetime) -> Order:
    before = order.status
    for name, value in body.model_dump(
        exclude_none=True, exclude={"customer", "items", "occurred_at"}
    ).items():
        setattr(order, name, value)
    if body.items is not None:
        order.items = [item.model_dump(mode="json", exclude_none=True) for item in body.items]
    order.occurred_at = body.occurred_at or now
    order.fingerprint = body.fingerprint()
    order.revision += 1
    order.updated_at = now
    root = (await roots.lock_roots(session, [order.customer_id]))[order.customer_id]
    await session.flush()
    session.add(
        OrderVersion(
            order_id=order.id,
            revision=order.revision,
            version=order.version,
            status=order.status,
            body=body.facts(),
            occurred_at=order.occurred_at,
            recorded_at=now,
        )
    )
    await session.flush()
    await event_log.append(session, _events(order, before, root, now))
    return order


def _events(order: Order, before: str, root: UUID, now: datetime) -> list[NewEvent]:
    facts: dict[str, Any] = {
        "order_id": str(order.id),
        "status": order.status,
        "version": order.version,
        "revision": order.revision,
    }

    def event(kind: EventType, **more: object) -> NewEvent:
        return NewEvent(kind, now, customer_id=root, data={**facts, **more})

    first = event(EventType.ORDER_CREATED if order.revision == 1 else EventType.ORDER_UPDATED)
    if order.status == before:
        return [first]
    return [first, event(EventType.ORDER_STATUS_CHANGED, **{"from": before})]


async def _find(
    session: WriteSession, system: str, customer: OrderCustomer, by: UUID | None, now: datetime
) -> Whose:
    known = await _known(session, system, customer)
    if customer.contact_point is None:
        if known is None:
            raise NotFound(
                "No such customer.",
                remedy="Name a known customer, or give a contact_point to create one.",
                fields={"customer": "unknown"},
            )
        return Whose(known)
    scheme, _, value = customer.contact_point.partition(":")
    seen = identify.Seen(
        scheme=scheme, value=value, proof=Proof.NONE, name=customer.name, locale=customer.locale
    )
    [home] = await identify.identify(session, [seen], evidence_by=("integration", by), now=now)
    if known is not None:
        # The system knows the customer by its own id; an address beside it is only a claim.
        return Whose(known, home.contact_point_id)
    if customer.external_id:
        await _remember(session, system, customer.external_id, home.record_id)
    return Whose(home.record_id, home.contact_point_id)


async def _known(session: WriteSession, system: str, customer: OrderCustomer) -> UUID | None:
    if customer.id is not None:
        await roots.roots_of(session, [customer.id])
        return customer.id
    if customer.external_id is None:
        return None
    reference = await session.get(ExternalRef, (system, customer.external_id))
    return reference.customer_id if reference is not None else None


async def _remember(
    session: WriteSession, system: str, external_id: str, customer_id: UUID
) -> None:
    await session.execute(
        insert(ExternalRef)
        .values(system=system, external_id=external_id, customer_id=customer_id)
        .on_conflict_do_nothing()
    )
