"""Taking an order from a shop or ERP system: what a change of it means."""

from datetime import datetime
from uuid import UUID

from hub.db.engine import WriteSession
from hub.events import EventType
from hub.objects import put as objects
from hub.objects.body import PushedBody
from hub.objects.put import Kind, News, Put, State
from hub.orders.tables import Order, OrderVersion


def news(before: State, now: State) -> News:
    """A new status is news; all else of an order is only kept."""
    first = EventType.ORDER_UPDATED if before.known else EventType.ORDER_CREATED
    if now.status == before.status:
        return News([(first, {})])
    told = [(first, {}), (EventType.ORDER_STATUS_CHANGED, {"from": before.status})]
    return News(told, [("order.status_changed", {"from": before.status, "to": now.status})])


ORDERS = Kind("order", Order, OrderVersion, "", news)


async def put_order(
    session: WriteSession,
    system: str,
    external_id: str,
    body: PushedBody,
    *,
    by: UUID | None,
    now: datetime,
) -> Put[Order]:
    """Raises NotFound for an unknown customer id, Conflict for one version with two bodies."""
    return await objects.put(session, ORDERS, system, external_id, body, by=by, now=now)
