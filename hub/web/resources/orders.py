"""`/orders`: what shops and ERP systems push, and what became of it."""

from hub.errors import NotFound
from hub.objects.body import PushedBody
from hub.operators.access import Scope
from hub.orders import repository
from hub.orders.put import put_order
from hub.orders.tables import Order
from hub.web.api import Call, Routes
from hub.web.cursors import Page
from hub.web.resources import objects
from hub.web.resources.objects import ObjectQuery, ObjectView, SystemQuery, system_of
from hub.web.shapes import Json, Output

routes = Routes("orders")


class OrderView(ObjectView):
    """An order; starts_at, ends_at and place say when and where it is handed over."""


class PutOrder(Output):
    """applied: False for a repeat and for a version older than the one known."""

    applied: bool
    order: OrderView


@routes.op(
    "PUT",
    "/orders/{external}",
    body=PushedBody,
    query=SystemQuery,
    out=PutOrder,
    scope=Scope.ORDERS_WRITE,
    also={409: "`version-conflict`: this version came before with another body."},
)
async def push_order(call: Call[PushedBody, SystemQuery]) -> Json:
    """Push an order, as often as needed and in any order; a new status notifies the customer."""
    done = await put_order(
        call.session,
        system_of(call),
        str(call.path["external"]),
        call.body,
        by=call.viewer.id,
        now=call.now,
    )
    (shown,) = (await repository.by_ids(call.session, [done.row.id])).values()
    return {"applied": done.applied, "order": shown}


@routes.op(
    "GET", "/orders/{external}", query=SystemQuery, out=OrderView, scope=Scope.CUSTOMERS_READ
)
async def get_order(call: Call[None, SystemQuery]) -> Json:
    """An order by its system's own id."""
    async with call.reading() as session:
        order = await repository.get(session, system_of(call), str(call.path["external"]))
    if order is None:
        raise NotFound("No such order in this system.")
    return order


@routes.op("GET", "/orders", query=ObjectQuery, out=Page[OrderView], scope=Scope.CUSTOMERS_READ)
async def list_orders(call: Call[None, ObjectQuery]) -> Json:
    """Orders of everybody or of one customer, by status, number and time."""
    return await objects.listed(call, Order)
