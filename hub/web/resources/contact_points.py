"""`/contact-points/{id}/block`: not wanting to hear from an address any more."""

from typing import Annotated

from pydantic import Field

from hub.conversations import shutting_out
from hub.conversations.draft import Sender
from hub.customers import repository as customers
from hub.operators import audit
from hub.operators.access import Scope
from hub.web.api import AnyCall, Call, Routes
from hub.web.bodies import Input
from hub.web.resources.customers import CustomerView
from hub.web.shapes import Json

routes = Routes("contact points")


class Block(Input):
    """`reason`: for colleagues; the customer hears nothing of it."""

    reason: Annotated[str, Field(max_length=200)] = ""


@routes.op(
    "PUT",
    "/contact-points/{id}/block",
    body=Block,
    out=CustomerView,
    scope=Scope.CUSTOMERS_WRITE,
)
async def block_contact_point(call: Call[Block]) -> Json:
    """Its messages are recorded and open nothing; what it has opened is closed as spam."""
    reason, by = call.body.reason.strip(), Sender.of(call.viewer)
    root_id = await shutting_out.block(call.session, call.id, reason, by=by, now=call.now)
    await _audit(call, "contact_point.blocked")
    return await customers.get(
        call.session, root_id, hidden=call.viewer.hidden_inboxes, now=call.now
    )


@routes.op(
    "DELETE",
    "/contact-points/{id}/block",
    out=CustomerView,
    scope=Scope.CUSTOMERS_WRITE,
)
async def unblock_contact_point(call: Call) -> Json:
    """What comes from there opens conversations again."""
    root_id = await shutting_out.unblock(call.session, call.id, call.now)
    await _audit(call, "contact_point.unblocked")
    return await customers.get(
        call.session, root_id, hidden=call.viewer.hidden_inboxes, now=call.now
    )


async def _audit(call: AnyCall, action: str) -> None:
    await audit.record(
        call.session, call.viewer, action, about=("contact_point", call.id), now=call.now
    )
