"""`/templates`: what is sent by name, in which words, and how that would read."""

import asyncio
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field

from hub.db.engine import ReadSession
from hub.errors import Invalid
from hub.operators import audit
from hub.operators.access import Scope
from hub.templates import samples, store
from hub.templates.fields import CATALOGUE, About
from hub.templates.preview import preview
from hub.templates.spec import Cases, InLocale, Locale, Purpose, Template, parse
from hub.templates.store import Stored
from hub.templates.wording import Reader, case_of
from hub.web import cursors
from hub.web.api import Call, Routes
from hub.web.bodies import Input
from hub.web.cursors import Page, Paging
from hub.web.resources.template_facts import Data, ObjectRef, facts_of
from hub.web.shapes import Json, Output, refuse_null

routes = Routes("templates")


class TemplateView(Output):
    """`origin`: shipped with this release, a shipped one that was changed, or the installation's
    own. `version`: 0 as shipped. `used_by`: the rules, and the templates whose cases name it."""

    name: str
    description: str
    about: About
    purpose: str
    locales: dict[str, Json]
    cases: Json | None
    origin: Literal["shipped", "changed", "own"]
    version: int
    updated_at: AwareDatetime | None


class OneTemplateView(TemplateView):
    used_by: list[str]


class VersionView(Output):
    """`version` 0: as shipped. `by`: the operator who wrote it."""

    version: int
    at: AwareDatetime | None
    by: UUID | None
    template: Json


class Versions(Output):
    items: list[VersionView]


class FieldView(Output):
    """`always`: never empty, so that it may stand anywhere."""

    path: str
    holds: Literal["text", "number", "moment", "words", "items", "any"]
    always: bool


class FieldsView(Output):
    """By what a template is about."""

    about: dict[str, list[FieldView]]


class NewTemplate(Template):
    """Words by language, or `cases`. `about`: the object whose fields they may hold."""

    model_config = ConfigDict(extra="forbid", defer_build=True)


class TemplatePatch(Input):
    """Left out = stays. `version`: the one you changed; refused when it is another by now."""

    model_config = ConfigDict(strict=False)

    description: Annotated[str, Field(max_length=300)] | None = None
    about: About | None = None
    purpose: Purpose | None = None
    locales: dict[Locale, InLocale] | None = None
    cases: Cases | None = None
    version: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None


class PreviewAsked(Input):
    """A template by `name`, or an unsaved one as `template`; without a customer, made-up facts."""

    model_config = ConfigDict(strict=False)

    name: Annotated[str, Field(max_length=80)] = ""
    template: Template | None = None
    customer: UUID | None = None
    object: ObjectRef | None = None
    data: Data = Field(default_factory=dict)
    locale: Annotated[str, Field(max_length=40)] = Field(
        default="", description="Of the reader; the customer's own when left out."
    )
    joined: bool = Field(
        default=False, description="Beside a second object, made up, as rules with `join` send it."
    )


class ButtonView(Output):
    label: str
    value: str


class ChannelPreview(Output):
    """`page`: the whole mail as HTML. `segments`: what is billed as so many messages."""

    channel: str
    subject: str
    text: str
    html: str
    page: str
    buttons: list[ButtonView]
    segments: int
    encoding: str
    room: int


class PreviewView(Output):
    """`locale`: the words' own. `fault`: why nothing could be said; `fields` says where.

    `template`: whose words these are, where `cases` chose. `silent`: it has nothing to say.
    `joins`: it has words for what a rule with `join` names beside its object.
    """

    template: str
    locale: str
    channels: list[ChannelPreview]
    fault: str
    fields: dict[str, str]
    silent: bool
    joins: bool


@routes.op("GET", "/templates", query=Paging, out=Page[TemplateView], scope=Scope.MESSAGES_READ)
async def list_templates(call: Call[None, Paging]) -> Json:
    """What rules and messages may send, by name."""
    place = cursors.decode(call.query.cursor, cursors.word)
    limit = call.query.limit
    async with call.reading() as session:
        found = await store.page(session, after=place[0] if place else "", limit=limit)
    full = len(found) >= limit
    following = cursors.encode(found[-1].template.name) if full else None
    return {"items": [_view(one) for one in found], "next": following}


@routes.op("GET", "/templates/fields", out=FieldsView, scope=Scope.MESSAGES_READ)
async def list_fields(call: Call) -> Json:  # noqa: ARG001 - the same for everybody
    """The fields a template may hold, by what it is about."""
    about = {
        kind: [
            {"path": path, "holds": str(field.holds), "always": field.always}
            for path, field in sorted(fields.items())
        ]
        for kind, fields in CATALOGUE.items()
    }
    return {"about": about}


@routes.op("GET", "/templates/{name}", out=OneTemplateView, scope=Scope.MESSAGES_READ)
async def get_template(call: Call) -> Json:
    """One template."""
    async with call.reading() as session:
        found = await store.get(session, str(call.path["name"]))
        return {**_view(found), "used_by": await store.used_by(session, found.template.name)}


@routes.op("POST", "/templates", body=NewTemplate, out=TemplateView, status=201,
           scope=Scope.RULES_ADMIN)  # fmt: skip
async def add_template(call: Call[NewTemplate]) -> Json:
    """Store a template of the installation's own."""
    template = parse(call.body.model_dump())
    made = await store.create(call.session, template, by=_author(call), now=call.now)
    await _audit(call, "template.stored", made)
    return _view(made)


@routes.op("PATCH", "/templates/{name}", body=TemplatePatch, out=TemplateView,
           scope=Scope.RULES_ADMIN,
           also={409: "`changed-meanwhile`: `version` is the newest."})  # fmt: skip
async def change_template(call: Call[TemplatePatch]) -> Json:
    """Store the next version; of a shipped template, the installation's own words."""
    given = {
        name: value
        for name, value in call.body.model_dump(mode="json").items()
        if name in call.body.model_fields_set
    }
    refuse_null(given, but={"cases", "version"})
    seen = given.pop("version", None)
    changed, differs = await store.change(
        call.session,
        str(call.path["name"]),
        given,
        seen=seen,
        by=_author(call),
        now=call.now,
    )
    if differs:
        await _audit(call, "template.stored", changed)
    return _view(changed)


@routes.op("DELETE", "/templates/{name}", status=204, scope=Scope.RULES_ADMIN,
           also={409: "A rule sends it, or it came with the release."})  # fmt: skip
async def remove_template(call: Call) -> None:
    """Delete an own template; of a changed one, bring the shipped words back."""
    removed = await store.remove(call.session, str(call.path["name"]))
    await _audit(call, "template.removed", removed)


@routes.op("GET", "/templates/{name}/versions", out=Versions, scope=Scope.RULES_ADMIN)
async def list_template_versions(call: Call) -> Json:
    """Every form it was stored in, the newest first; 200 at most."""
    async with call.reading() as session:
        return {"items": await store.versions(session, str(call.path["name"]))}


@routes.op("POST", "/templates/preview", body=PreviewAsked, out=PreviewView,
           scope=Scope.RULES_ADMIN)  # fmt: skip
async def preview_template(call: Call[PreviewAsked]) -> Json:
    """How a template, also one not yet saved, reads on every channel. Nothing is sent."""
    asked = call.body
    if (asked.template is None) == (not asked.name):
        raise Invalid("Give a name or a template.", fields={"name": "this, or a template"})
    async with call.reading() as session:
        template = asked.template or (await store.find(session, asked.name)).template
        facts, reader = await _facts(call, session, template)
        if template.cases is not None:
            chosen = case_of(template, facts)
            if chosen is None:
                return {**_NOTHING, "template": template.name}
            template = (await store.find(session, chosen)).template
        if asked.joined and template.about in ("order", "appointment"):
            facts = samples.joined(facts, template.about)
        names = await store.inbox_names(session)
    kinds = call.services.registry
    shown = await asyncio.to_thread(preview, template, facts, reader, kinds, names)
    return {**shown, "template": template.name, "silent": False}


_NOTHING: Json = {
    "locale": "",
    "channels": [],
    "fault": "",
    "fields": {},
    "silent": True,
    "joins": False,
}


async def _facts(
    call: Call[PreviewAsked], session: ReadSession, template: Template
) -> tuple[dict[str, Any], Reader]:
    """Of the customer and the object that were named; made up where nobody was."""
    asked = call.body
    if asked.customer is None and asked.object is None:
        locale = asked.locale or "en"
        made_up = {**samples.full(template.about, locale, call.now), "data": asked.data}
        return made_up, Reader(locale, samples.sample_zone(locale))
    call.viewer.require(Scope.CUSTOMERS_READ)
    found = await facts_of(session, asked.customer, asked.object, asked.data, call.now)
    customer = found["customer"]
    locale = asked.locale or customer["locale"]
    # Somebody may want to see it for a customer who has no order yet.
    made_up = samples.full(template.about, locale, call.now)
    return {**made_up, **found}, Reader(locale, customer["time_zone"])


def _author(call: Call[Any]) -> UUID | None:
    return call.viewer.id if call.viewer.kind == "operator" else None


async def _audit(call: Call[Any], action: str, one: Stored) -> None:
    detail = {"template": one.template.name, "version": one.version}
    await audit.record(
        call.session,
        call.viewer,
        action,
        about=("template", one.id),
        detail=detail,
        now=call.now,
    )


def _view(one: Stored) -> Json:
    return {
        **one.template.model_dump(mode="json"),
        "origin": one.origin,
        "version": one.version,
        "updated_at": one.updated_at,
    }
