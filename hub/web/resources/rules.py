"""`/rules`: what is sent by itself."""

import asyncio
from typing import Annotated, Literal, Self
from uuid import UUID

from aiohttp import web
from pydantic import AwareDatetime, ConfigDict, Field, model_validator

from hub.errors import Invalid
from hub.operators import audit
from hub.operators.access import Scope, Viewer
from hub.reminders import fate
from hub.reminders import repository as reminders
from hub.rules import catalogue, repository, skips, why, yaml_text
from hub.rules.numbers import numbered
from hub.rules.spec import Spec, parse
from hub.web import cursors
from hub.web.api import Call, Routes
from hub.web.bodies import Query
from hub.web.cursors import Page, Paging
from hub.web.resources.reminders import ReminderView
from hub.web.shapes import Json, Output

routes = Routes("rules")


class RuleView(Output):
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
    coalesce: str | None = None
    at_most: Json | None = None
    join: str | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime


class About(Output):
    """What set a rule off."""

    kind: str
    id: UUID


class Called(About):
    """`number`: as people call an order or an appointment; empty for anything else."""

    number: str


class ActionView(Output):
    action: str
    outcome: str
    reason: str
    decision_id: UUID | None


class FiringView(Output):
    """outcome: fired, waiting, suppressed, no-route, failed, ended.

    continues_at: when it goes on, while it waits. decision_id: of what it sent last.
    """

    id: UUID
    rule_version: int
    key: str
    outcome: str
    reason: str
    customer_id: UUID | None
    object: Called | None
    decision_id: UUID | None
    actions: list[ActionView]
    continues_at: AwareDatetime | None
    at: AwareDatetime


class SkipView(Output):
    """Why it last did nothing for a customer.

    outcome: skipped (conditions), superseded, late, loop, repeated, capped.
    """

    customer_id: UUID
    rule_version: int
    object: Called | None
    outcome: str
    reason: str
    at: AwareDatetime


class VersionView(Output):
    version: int
    at: AwareDatetime
    spec: Json


class Versions(Output):
    items: list[VersionView]


class Switch(Output):
    """Turn the rule on or off."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool


class WhyQuery(Query):
    customer: UUID
    object: Annotated[
        UUID | None,
        Field(description="What it is asked about; the customer's newest when left out."),
    ] = None


class RuleName(Output):
    id: UUID
    name: str
    enabled: bool


class FateView(Output):
    """The newest reminder of that rule about it.

    status: planned, sent, dropped, or none. reason: as of a reminder; of none `no-time`,
    `cancelled`, `before-rule` (its time had passed when the rule came), `soon`.
    """

    status: Literal["planned", "sent", "dropped", "none"]
    reason: str
    due_at: AwareDatetime | None
    moment: AwareDatetime | None


class WhyView(Output):
    """What the rule would do now, and what it last did.

    would: fire, or off, nothing (the customer has no such object), skipped (conditions), repeated,
    capped. conditions: the tree with `holds` everywhere and the value `found` at each leaf.
    """

    rule: RuleName
    customer_id: UUID
    object: About | None
    would: str
    reason: str
    key: str | None
    conditions: Json | None
    last_firing: FiringView | None
    last_skip: SkipView | None
    reminder: FateView | None


class Event(Output):
    name: str
    object: str


class Catalogue(Output):
    """fields: by object, the kind of each; a name ending in `.*` stands for any."""

    events: list[Event]
    moments: list[str]
    fields: dict[str, dict[str, str]]
    comparisons: dict[str, list[str]]
    actions: list[str]


class Draft(Output):
    """A rule as YAML text, or as a tree."""

    model_config = ConfigDict(extra="forbid")

    yaml: Annotated[str | None, Field(max_length=yaml_text.LARGEST_DRAFT)] = None
    spec: Json | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.yaml is None) == (self.spec is None):
            raise ValueError("give either yaml or spec")
        return self


class Checked(Output):
    """The rule in both forms."""

    spec: Json
    yaml: str


class ExportQuery(Query):
    name: Annotated[list[str], Field(max_length=100)] = Field(default_factory=list)


@routes.op("GET", "/rules", query=Paging, out=Page[RuleView], scope=Scope.RULES_ADMIN)
async def list_rules(call: Call[None, Paging]) -> Json:
    """Rules, by name."""
    place = cursors.decode(call.query.cursor, cursors.word)
    async with call.reading() as session:
        items = await repository.list_rules(
            session, after=place[0] if place else "", limit=call.query.limit
        )
    full = len(items) >= call.query.limit
    return {"items": items, "next": cursors.encode(items[-1]["name"]) if full else None}


@routes.op("PUT", "/rules", body=Spec, out=RuleView, scope=Scope.RULES_ADMIN)
async def store_rule(call: Call[Spec]) -> Json:
    """Store a rule under its name: a new one, or the next version of the one that has it."""
    channels = call.services.registry.names()
    rule, changed = await repository.store(
        call.session, call.body, channels=channels, now=call.now
    )
    if changed:
        detail = {"name": rule.name, "version": rule.version, "enabled": rule.enabled}
        about = ("rule", rule.id)
        await audit.record(
            call.session, call.viewer, "rule.stored", about=about, detail=detail, now=call.now
        )
    return repository.view(rule)


@routes.op(
    "GET",
    "/rules/export",
    query=ExportQuery,
    scope=Scope.RULES_ADMIN,
    media_type="application/yaml",
)
async def export_rules(call: Call[None, ExportQuery]) -> web.Response:
    """The rules as YAML that `hub rules apply` takes: all, or those with a `name` given."""
    async with call.reading() as session:
        found = await repository.documents(session, call.query.name)
    return web.Response(text=yaml_text.write(found), content_type="application/yaml")


@routes.op("POST", "/rules/check", body=Draft, out=Checked, scope=Scope.RULES_ADMIN)
async def check_rule(call: Call[Draft]) -> Json:
    """Check a rule without storing it; what is wrong is named by its place: actions.0.send."""
    spec = await asyncio.to_thread(_read, call.body)
    await repository.check(call.session, spec, call.services.registry.names())
    shown = {"name": spec.name, "enabled": spec.enabled, **repository.as_stored(spec)}
    return {"spec": shown, "yaml": yaml_text.write([shown])}


def _read(draft: Draft) -> Spec:
    if draft.yaml is None:
        return parse(draft.spec)
    specs = yaml_text.read(draft.yaml, "The text")
    if len(specs) > 1:
        raise Invalid("One rule at a time.", fields={"yaml": "It holds more than one document."})
    return specs[0]


@routes.op("GET", "/rules/catalogue", out=Catalogue, scope=Scope.RULES_ADMIN)
async def show_catalogue(call: Call) -> Json:  # noqa: ARG001 - handlers are called alike
    """What a rule can be made of: events, times, fields, comparisons, actions."""
    return catalogue.shown()


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
        await repository.get(session, call.id)
        found = await repository.firings(
            session, call.id, before=place[0] if place else None, limit=call.query.limit
        )
        items = await numbered(session, found)
    full = len(items) >= call.query.limit
    return {"items": items, "next": cursors.encode(items[-1]["id"]) if full else None}


@routes.op("GET", "/rules/{id}/skips", query=Paging, out=Page[SkipView], scope=Scope.RULES_ADMIN)
async def list_skips(call: Call[None, Paging]) -> Json:
    """For whom the rule last did nothing, newest first, and why; one entry a customer."""
    place = cursors.decode(call.query.cursor, cursors.moment, UUID)
    async with call.reading() as session:
        await repository.get(session, call.id)
        found = await skips.listed(
            session,
            call.id,
            before=(place[0], place[1]) if place else None,
            limit=call.query.limit,
        )
        items = await numbered(session, found)
    full = len(items) >= call.query.limit
    last = cursors.encode(items[-1]["at"], items[-1]["customer_id"]) if full else None
    return {"items": items, "next": last}


@routes.op("GET", "/rules/{id}/why", query=WhyQuery, out=WhyView, scope=Scope.RULES_ADMIN)
async def ask_why(call: Call[None, WhyQuery]) -> Json:
    """Why the rule does not fire for a customer: each condition with the value it finds now."""
    question = why.Question(
        call.id, call.query.customer, call.query.object, tuple(call.viewer.hidden_inboxes)
    )
    async with call.reading() as session:
        told = await why.ask(session, question, now=call.now)
        _may_read(call.viewer, told["object"])
        about = UUID(told["object"]["id"]) if told["object"] else None
        reminder = await fate.of(session, call.id, call.query.customer, about, call.now)
        return {**told, "reminder": reminder}


def _may_read(viewer: Viewer, about: Json | None) -> None:
    """What conditions find in a customer, and in what they wrote, is told who may read that."""
    viewer.require(Scope.CUSTOMERS_READ)
    if about is not None and about["kind"] in {"conversation", "message"}:
        viewer.require(Scope.MESSAGES_READ)


@routes.op(
    "GET", "/rules/{id}/next", query=Paging, out=Page[ReminderView], scope=Scope.RULES_ADMIN
)
async def list_next(call: Call[None, Paging]) -> Json:
    """The reminders that the rule has planned, the nearest first."""
    place = cursors.decode(call.query.cursor, cursors.moment, UUID)
    async with call.reading() as session:
        await repository.get(session, call.id)
        items = list(await reminders.coming(session, call.id, after=place, limit=call.query.limit))
    full = len(items) >= call.query.limit
    last = cursors.encode(items[-1]["due_at"], items[-1]["id"]) if full else None
    return {"items": items, "next": last}


@routes.op("GET", "/rules/{id}/versions", out=Versions, scope=Scope.RULES_ADMIN)
async def list_rule_versions(call: Call) -> Json:
    """Every form the rule was stored in, newest first."""
    async with call.reading() as session:
        await repository.get(session, call.id)
        return {"items": await repository.versions(session, call.id)}


@routes.op("PATCH", "/rules/{id}", body=Switch, out=RuleView, scope=Scope.RULES_ADMIN)
async def switch_rule(call: Call[Switch]) -> Json:
    """Switch a rule on or off; what it is waiting for is dropped when it comes up."""
    rule = await repository.switch(call.session, call.id, enabled=call.body.enabled, now=call.now)
    about, detail = ("rule", call.id), {"name": rule.name, "enabled": rule.enabled}
    await audit.record(
        call.session, call.viewer, "rule.switched", about=about, detail=detail, now=call.now
    )
    return repository.view(rule)


@routes.op("DELETE", "/rules/{id}", status=204, scope=Scope.RULES_ADMIN)
async def delete_rule(call: Call) -> None:
    """Delete a rule with its versions and firings; decisions keep why messages were sent."""
    name = await repository.delete(call.session, call.id, now=call.now)
    about, detail = ("rule", call.id), {"name": name}
    await audit.record(
        call.session, call.viewer, "rule.deleted", about=about, detail=detail, now=call.now
    )
