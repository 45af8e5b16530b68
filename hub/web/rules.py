"""`/rules`: what is sent by itself."""

from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from hub.operators import audit
from hub.operators.access import Scope
from hub.rules import repository
from hub.rules.spec import Spec
from hub.web import cursors
from hub.web.api import Call, Routes
from hub.web.cursors import Page, Paging
from hub.web.shapes import Json

routes = Routes("rules")


class RuleView(BaseModel):
    """A rule as stored: its spec, and where it stands."""

    model_config = ConfigDict(extra="allow")

    id: UUID
    name: str
    enabled: bool
    version: int
    trigger: Json
    conditions: Json | None = None
    actions: list[Json]
    key: list[str] | None = None
    late: str | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime


class FiringView(BaseModel):
    """outcome: fired, suppressed, no-route, failed."""

    id: UUID
    rule_version: int
    key: str
    outcome: str
    reason: str
    customer_id: UUID | None
    decision_id: UUID | None
    at: AwareDatetime


@routes.op("GET", "/rules", query=Paging, out=Page[RuleView], scope=Scope.RULES_ADMIN)
async def list_rules(call: Call[None, Paging]) -> Json:
    """Rules, by name."""
    place = cursors.decode(call.query.cursor, str)
    async with call.reading() as session:
        items = await repository.list_rules(
            session, after=place[0] if place else "", limit=call.query.limit
        )
    full = len(items) >= call.query.limit
    return {"items": items, "next": cursors.encode(items[-1]["name"]) if full else None}


@routes.op("PUT", "/rules", body=Spec, out=RuleView, scope=Scope.RULES_ADMIN)
async def store_rule(call: Call[Spec]) -> Json:
    """Store a rule under its name: a new one, or the next version of the one that has it."""
    rule, changed = await repository.store(call.session, call.body, now=call.now)
    if changed:
        detail = {"version": rule.version, "enabled": rule.enabled}
        await audit.record(
            call.session,
            call.viewer,
            "rule.stored",
            about=("rule", rule.id),
            detail=detail,
            now=call.now,
        )
    return repository.view(rule)


@routes.op("GET", "/rules/{id}", out=RuleView, scope=Scope.RULES_ADMIN)
async def get_rule(call: Call) -> Json:
    """One rule."""
    async with call.reading() as session:
        return await repository.get(session, call.id)


@routes.op(
    "GET", "/rules/{id}/firings", query=Paging, out=Page[FiringView], scope=Scope.RULES_ADMIN
)
async def list_firings(call: Call[None, Paging]) -> Json:
    """What the rule did, newest first; the decisions say why."""
    place = cursors.decode(call.query.cursor, UUID)
    async with call.reading() as session:
        items = await repository.firings(
            session, call.id, before=place[0] if place else None, limit=call.query.limit
        )
    full = len(items) >= call.query.limit
    return {"items": items, "next": cursors.encode(items[-1]["id"]) if full else None}
