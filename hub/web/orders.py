"""`/orders`: what shops and ERP systems push, and what became of it."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from hub.errors import Invalid, NotFound
from hub.operators.access import Scope
from hub.orders import repository
from hub.orders.body import OrderBody
from hub.orders.put import put_order
from hub.web import cursors
from hub.web.api import Call, Routes
from hub.web.bodies import Query
from hub.web.cursors import Page, Paging
from hub.web.shapes import Json

routes = Routes("orders")


class OrderView(BaseModel):
    """An order as its system last described it; amounts are strings, so that no digit is lost."""

    id: UUID
    system: str
    external_id: str
    customer_id: UUID
    status: str
    version: int | None
    revision: int
    number: str
    total: str | None
    currency: str
    items: list[Json]
    tracking_url: str
    data: Json
    occurred_at: AwareDatetime
    created_at: AwareDatetime
    updated_at: AwareDatetime


class PutView(BaseModel):
    """applied: False for a repeat and for a version older than the one known."""

    applied: bool
    order: OrderView


class SystemQuery(Query):
    system: Annotated[
        str,
        Field(max_length=100, description="Whose order; the token's own system when left out."),
    ] = ""


class OrderQuery(Paging):
    customer: UUID | None = None
    status: Annotated[str, Field(max_length=64)] | None = None


@routes.op(
    "PUT",
    "/orders/{external}",
    body=OrderBody,
    query=SystemQuery,
    out=PutView,
    scope=Scope.ORDERS_WRITE,
    also={409: "`version-conflict`: this version came before with another body."},
)
async def push_order(call: Call[OrderBody, SystemQuery]) -> Json:
    """Push an order, as often as needed and in any order; a new status notifies the customer."""
    done = await put_order(
        call.session,
        _system(call),
        str(call.path["external"]),
        call.body,
        by=call.viewer.id,
        now=call.now,
    )
    (shown,) = (await repository.by_ids(call.session, [done.order.id])).values()
    return {"applied": done.applied, "order": shown}


@routes.op(
    "GET", "/orders/{external}", query=SystemQuery, out=OrderView, scope=Scope.CUSTOMERS_READ
)
async def get_order(call: Call[None, SystemQuery]) -> Json:
    """An order by its system's own id."""
    async with call.reading() as session:
        order = await repository.get(session, _system(call), str(call.path["external"]))
    if order is None:
        raise NotFound("No such order in this system.")
    return order


@routes.op("GET", "/orders", query=OrderQuery, out=Page[OrderView], scope=Scope.CUSTOMERS_READ)
async def list_orders(call: Call[None, OrderQuery]) -> Json:
    """Orders, newest first, of everybody or of one customer."""
    asked = call.query
    place = cursors.decode(asked.cursor, UUID)
    async with call.reading() as session:
        items = await repository.list_orders(
            session,
            customer_id=asked.customer,
            status=asked.status,
            before=place[0] if place else None,
            limit=asked.limit,
        )
    full = len(items) >= asked.limit
    return {"items": items, "next": cursors.encode(items[-1]["id"]) if full else None}


def _system(call: Call[object, SystemQuery]) -> str:
    system = call.query.system or call.viewer.system
    if not system:
        raise Invalid(
            "Nobody knows which system's order this is.",
            remedy="Use a token, which carries the name of its system, or add ?system=.",
            fields={"system": "needed when you are signed in as an operator"},
        )
    return system
