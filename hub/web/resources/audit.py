"""`/audit`: who changed what, when, from where."""

from uuid import UUID

from pydantic import AwareDatetime, Field

from hub.operators import audit
from hub.operators.access import Scope
from hub.web.api import Call, Routes
from hub.web.cursors import Page, Paging, after_id, by_id
from hub.web.shapes import Json, Output

routes = Routes("audit")


class Actor(Output):
    kind: str
    id: UUID | None


class AuditView(Output):
    id: UUID
    at: AwareDatetime
    actor: Actor
    action: str
    object: Actor
    detail: Json
    address: str


class AuditQuery(Paging):
    actor: UUID | None = Field(default=None, description="An operator, or an API token.")
    object: UUID | None = None


@routes.op("GET", "/audit", query=AuditQuery, out=Page[AuditView], scope=Scope.ADMIN)
async def list_audit(call: Call[None, AuditQuery]) -> Json:
    """Newest first; `actor` narrows to what one did, `object` to one thing's history."""
    async with call.reading() as session:
        items = await audit.page(
            session,
            actor_id=call.query.actor,
            object_id=call.query.object,
            before=after_id(call.query),
            limit=call.query.limit,
        )
    return by_id(items, call.query)
