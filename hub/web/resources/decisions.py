"""`/decisions`: why a message went where it went, waited, or did not go."""

from uuid import UUID

from pydantic import AwareDatetime

from hub.deliveries import decisions
from hub.deliveries.decisions import Asked
from hub.operators.access import Scope
from hub.web import cursors
from hub.web.api import Call, Routes
from hub.web.cursors import Page, Paging
from hub.web.shapes import Json, Output

routes = Routes("decisions")


class Considered(Output):
    """A way that was looked at; `reason` and `obstacles` are codes, `facts` what they rest on."""

    contact_point_id: UUID
    inbox_id: UUID
    channel: str
    chosen: bool
    reason: str
    obstacles: list[str]
    overridden: list[str]
    facts: Json


class About(Output):
    kind: str
    id: UUID | None


class DecisionView(Output):
    """`outcome`: sent, waiting, suppressed, no-route, superseded.

    `facts`: what `reason` rests on: when quiet hours end (`until`, `time_zone`), or a cap (`most`
    in `days`, `had`).
    """

    id: UUID
    at: AwareDatetime
    customer_id: UUID
    outcome: str
    reason: str
    purpose: str
    candidates: list[Considered]
    facts: Json
    message_id: UUID | None
    rule_id: UUID | None
    object: About | None
    by: About


class DecisionQuery(Paging):
    customer: UUID | None = None
    rule: UUID | None = None
    object: UUID | None = None


@routes.op(
    "GET", "/decisions", query=DecisionQuery, out=Page[DecisionView], scope=Scope.MESSAGES_READ
)
async def list_decisions(call: Call[None, DecisionQuery]) -> Json:
    """Newest first, of a customer, a rule, or an object such as an order."""
    asked = call.query
    place = cursors.decode(asked.cursor, cursors.moment, UUID)
    before = (place[0], place[1]) if place else None
    async with call.reading() as session:
        items = await decisions.listed(
            session,
            Asked(asked.customer, asked.rule, asked.object, before),
            limit=asked.limit,
            hidden=list(call.viewer.hidden_inboxes),
        )
    full = len(items) >= asked.limit
    return {
        "items": items,
        "next": cursors.encode(items[-1]["at"], items[-1]["id"]) if full else None,
    }
