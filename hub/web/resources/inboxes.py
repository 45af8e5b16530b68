"""`/inboxes`: the accounts customers write to. Secrets go in and never come out."""

from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from pydantic import AwareDatetime, Field

from hub.errors import NotFound
from hub.inboxes.open_inbox import REOPEN_DAYS
from hub.inboxes.repository import InboxChanges, InboxDraft, InboxRepository
from hub.inboxes.tables import Inbox
from hub.operators import audit
from hub.operators.access import Scope
from hub.web.api import AnyCall, Call, Routes
from hub.web.bodies import Input
from hub.web.shapes import Json, Name, Output

routes = Routes("inboxes")

_TAKEN = {409: "`account-in-use`: an enabled inbox receives from this account, `id` says which."}


class Urls(Output):
    """Where providers and customers reach it; null where the channel has no such address."""

    webhook: str | None
    status: str | None
    chat: str | None


Deed = Literal["edits", "deletes", "reactions", "replies"]


ReopenDays = Annotated[
    int,
    Field(
        ge=0,
        le=3650,
        description="An answer to a conversation closed for fewer days opens it again.",
    ),
]


class InboxView(Output):
    """`state`: opening, open, down, misconfigured, disabled; `detail` and `remedy` say more.

    `settings` are shown to those who may change them; a secret only says whether it is set.
    `can`: what may be done with single messages there.
    """

    id: UUID
    channel: str
    name: str
    pool: str
    reopen_days: int
    enabled: bool
    state: str
    detail: str
    remedy: str
    state_at: AwareDatetime
    created_at: AwareDatetime
    urls: Urls
    can: list[Deed]
    settings: Json | None = None


class InboxList(Output):
    items: list[InboxView]
    next: None


class ChannelView(Output):
    """`settings`: the JSON Schema a form is drawn from."""

    name: str
    settings: Json


class ChannelList(Output):
    items: list[ChannelView]
    next: None


class NewInbox(Input):
    channel: Annotated[str, Field(max_length=50)]
    name: Name
    pool: Annotated[str, Field(max_length=100)] = "main"
    reopen_days: ReopenDays = REOPEN_DAYS
    enabled: bool = True
    settings: dict[str, Any] = Field(default_factory=dict)


class InboxPatch(Input):
    """Any change reopens the inbox. Settings that are not sent stay; null puts one back."""

    name: Annotated[str, Field(max_length=200)] | None = None
    pool: Annotated[str, Field(max_length=100)] | None = None
    reopen_days: ReopenDays | None = None
    enabled: bool | None = None
    settings: dict[str, Any] | None = None


class FindingView(Output):
    level: Literal["ok", "warning", "error"]
    what: str
    remedy: str


class Findings(Output):
    findings: list[FindingView]


@routes.op("GET", "/inboxes", out=InboxList, scope=Scope.MESSAGES_READ)
async def list_inboxes(call: Call) -> Json:
    """The inboxes one may see."""
    async with call.reading() as session:
        rows = await _repository(call).listing(session)
    return {
        "items": [_view(call, row) for row in rows if call.viewer.sees(row.id)],
        "next": None,
    }


@routes.op(
    "POST",
    "/inboxes",
    body=NewInbox,
    out=InboxView,
    status=201,
    scope=Scope.INBOXES_ADMIN,
    also=_TAKEN,
)
async def add_inbox(call: Call[NewInbox]) -> Json:
    """Add an inbox; it opens within seconds, and its state says how that went."""
    new = call.body
    draft = InboxDraft(new.channel, new.name, new.settings, new.pool, new.enabled, new.reopen_days)
    row = await _repository(call).create(call.session, draft, now=call.now)
    await _audit(call, "inbox.created", row.id, {"channel": new.channel})
    return _view(call, row)


@routes.op("GET", "/inboxes/{id}", out=InboxView, scope=Scope.MESSAGES_READ)
async def get_inbox(call: Call) -> Json:
    """One inbox."""
    async with call.reading() as session:
        row = await _repository(call).get(session, call.id)
    if not call.viewer.sees(row.id):
        raise NotFound(f"There is no inbox {call.id}.")
    return _view(call, row)


@routes.op(
    "PATCH",
    "/inboxes/{id}",
    body=InboxPatch,
    out=InboxView,
    scope=Scope.INBOXES_ADMIN,
    also=_TAKEN,
)
async def change_inbox(call: Call[InboxPatch]) -> Json:
    """Change an inbox and open it anew, also with nothing changed."""
    given = call.body.model_dump(exclude_none=True)
    row = await _repository(call).patch(call.session, call.id, InboxChanges(**given), now=call.now)
    await _audit(call, "inbox.changed", row.id, {"changed": sorted(given)})
    return _view(call, row)


@routes.op(
    "POST",
    "/inboxes/{id}/test",
    out=Findings,
    scope=Scope.INBOXES_ADMIN,
    transactional=False,
)
async def test_inbox(call: Call) -> Json:
    """Try the inbox's settings against its provider, and say what was found."""
    findings = await call.services.check_inbox(call.id)
    return {
        "findings": [
            {"level": one.level, "what": one.what, "remedy": one.remedy} for one in findings
        ]
    }


@routes.op("GET", "/channels", out=ChannelList, scope=Scope.INBOXES_ADMIN)
async def list_channels(call: Call) -> Json:
    """The channels that are installed, with the schema of their settings."""
    registry, repository = call.services.registry, _repository(call)
    usable = [name for name in registry.names() if registry.capabilities(name) is not None]
    return {
        "items": [{"name": name, "settings": repository.schema(name)} for name in usable],
        "next": None,
    }


def _repository(call: AnyCall) -> InboxRepository:
    return InboxRepository(call.services.registry, call.services.keyring, call.public_url)


def _view(call: AnyCall, row: Inbox) -> Json:
    shown = _repository(call).view(row)
    able = call.services.registry.capabilities(row.channel)
    shown["can"] = [one for one in get_args(Deed) if able is not None and getattr(able, one)]
    if not call.viewer.may(Scope.INBOXES_ADMIN):
        shown.pop("settings")
    return shown


async def _audit(call: AnyCall, action: str, inbox_id: UUID, detail: Json) -> None:
    await audit.record(
        call.session, call.viewer, action, about=("inbox", inbox_id), detail=detail, now=call.now
    )
