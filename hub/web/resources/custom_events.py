"""`/events`: what other systems tell of a customer, for rules to act on."""

from uuid import UUID

from pydantic import AwareDatetime

from hub.clock import rfc3339
from hub.operators.access import Scope
from hub.rules.custom import NewCustomEvent, tell
from hub.web.api import Call, Routes
from hub.web.shapes import Json, Output

routes = Routes("events")


class CustomEventView(Output):
    id: UUID
    name: str
    customer_id: UUID
    occurred_at: AwareDatetime


@routes.op(
    "POST",
    "/events",
    body=NewCustomEvent,
    out=CustomEventView,
    status=201,
    scope=Scope.ORDERS_WRITE,
)
async def tell_event(call: Call[NewCustomEvent]) -> Json:
    """Tell of something that happened to a customer; rules wait for it as `custom.<name>`."""
    told = await tell(call.session, call.viewer.system, call.body, by=call.viewer.id, now=call.now)
    return {
        "id": str(told.id),
        "name": call.body.name,
        "customer_id": str(told.customer_id),
        "occurred_at": rfc3339(told.occurred_at),
    }
