"""`/reminders`: what is planned for orders and appointments, and what became of what was."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime

from hub.operators.access import Scope
from hub.reminders import repository
from hub.reminders.repository import Only
from hub.web import cursors
from hub.web.api import Call, Routes
from hub.web.cursors import Page, Paging
from hub.web.shapes import Json, Output

routes = Routes("reminders")


class NamedRule(Output):
    id: UUID
    name: str


class Bound(Output):
    """What it is bound to, and the revision it was planned for."""

    kind: Literal["order", "appointment"]
    id: UUID
    number: str
    revision: int


class ReminderView(Output):
    """A planned firing of a rule.

    moment: the object's time it counts from. reason: `joined` where it was sent with another one's
    message; else why it was dropped: `moved`, `cancelled`,
    `no-time`, `late`, `rule-off`, `skipped` (the rule's conditions), `repeated`,
    `failed` (again and again, or it could not be planned), or what a decision says (`opted-out`,
    `no-route`).
    """

    id: UUID
    rule: NamedRule
    rule_version: int
    object: Bound
    customer_id: UUID
    status: Literal["planned", "sent", "dropped"]
    reason: str
    moment: AwareDatetime
    due_at: AwareDatetime
    decision_id: UUID | None
    planned_at: AwareDatetime
    ended_at: AwareDatetime | None


class ReminderQuery(Paging):
    customer: UUID | None = None
    object: UUID | None = None
    rule: UUID | None = None
    status: Literal["planned", "sent", "dropped"] | None = None


@routes.op(
    "GET", "/reminders", query=ReminderQuery, out=Page[ReminderView], scope=Scope.CUSTOMERS_READ
)
async def list_reminders(call: Call[None, ReminderQuery]) -> Json:
    """The newest plans first, of a customer, an order or appointment, or a rule."""
    asked = call.query
    place = cursors.decode(asked.cursor, UUID)
    only = Only(
        customer=asked.customer,
        object=asked.object,
        rule=asked.rule,
        status=asked.status,
        before=place[0] if place else None,
    )
    async with call.reading() as session:
        items = list(await repository.listed(session, only, limit=asked.limit))
    full = len(items) >= asked.limit
    return {"items": items, "next": cursors.encode(items[-1]["id"]) if full else None}
