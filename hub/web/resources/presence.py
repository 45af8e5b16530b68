"""`/presence`: who is there now, and whom they look at; the live socket tells what changes."""

from uuid import UUID

from hub.operators.access import Scope
from hub.timeline import presence
from hub.web.api import Call, Routes
from hub.web.shapes import Json, Output

routes = Routes("presence")


class Colleague(Output):
    id: UUID
    name: str


class PresenceView(Output):
    """`state`: `online`, `away`, or `viewing` a customer."""

    operator: Colleague
    state: str
    customer_id: UUID | None


class PresenceList(Output):
    items: list[PresenceView]
    next: None


@routes.op("GET", "/presence", out=PresenceList, scope=Scope.MESSAGES_READ)
async def list_presence(call: Call) -> Json:
    """Who is there, and at whom they look; one line for each of their screens that differs."""
    async with call.reading() as session:
        return {"items": await presence.listing(session), "next": None}
