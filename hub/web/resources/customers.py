"""`/customers`: finding people, their record, and everything that was ever said."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from hub.customers import repository
from hub.customers.changes import CustomerChanges
from hub.customers.find import After
from hub.customers.roots import roots_of
from hub.errors import Invalid
from hub.operators import audit
from hub.operators.access import Scope
from hub.timeline import customer_files
from hub.timeline import page as timeline
from hub.web import cursors
from hub.web.api import AnyCall, Call, Routes
from hub.web.bodies import Input, Query
from hub.web.cursors import Page, Paging
from hub.web.shapes import EntryView, Json, Moment, Output, refuse_null

routes = Routes("customers")


class Reachable(Output):
    """A contact point as seen from one inbox.

    How far the customer has read what was sent there, and an operator what came from there.
    `here`: the customer looks at the page with the chat just now.
    """

    id: UUID
    channel: str
    name: str
    blocked: bool
    last_inbound_at: AwareDatetime | None
    read_position: int | None
    seen_position: int | None
    here: bool


class Claims(Output):
    """What whoever writes from an address says of himself; `by`: `visitor`, or your own `site`.

    It proves nothing: nobody is found, linked or merged by it.
    """

    name: str = ""
    email: str = ""
    by: str = ""


class Linker(Output):
    kind: str
    id: UUID | None


class EvidenceView(Output):
    """Why an address is this customer's. `kind` as in docs/customers.md, `by` who said so."""

    kind: str
    by: Linker
    at: AwareDatetime


class ContactPointView(Output):
    """An address of the customer.

    `proof`: `none`, `provider`, `signed`; `aged`: nothing has come from this number for so long
    that somebody else may have it now. `consent`: `opted_out` (since `opted_out_at`), `implicit`
    (they wrote to us), `none`; `consents`: for each purpose something was said about, whether it
    is allowed. `blocked`: operators do not want to hear from there. `health`: `ok`
    or why not.
    """

    id: UUID
    scheme: str
    value: str
    raw: str
    label: str
    proof: str
    evidence: EvidenceView | None
    aged: bool
    claimed: Claims
    consent: str
    consents: dict[str, bool]
    opted_out_at: AwareDatetime | None
    blocked: bool
    blocked_reason: str
    health: str
    health_detail: str
    inboxes: list[Reachable]


class CustomerView(Output):
    id: UUID
    name: str
    locale: str
    time_zone: str
    owner: UUID | None
    attributes: Json
    labels: list[str]
    contact_points: list[ContactPointView]
    merged_from: list[UUID]
    created_at: AwareDatetime
    updated_at: AwareDatetime


class CustomerQuery(Paging):
    q: Annotated[str, Field(max_length=200)] = Field(
        default="", description="Part of a name or an address; a slip of the pen is forgiven."
    )
    contact_point: Annotated[str, Field(max_length=400)] = Field(
        default="", description="Exactly this one, `scheme:value` in any spelling."
    )
    owner: UUID | Literal["me", ""] = Field(
        default="", description="Those this operator is responsible for."
    )


class CustomerPatch(Input):
    """Left out = stays. `owner` null = nobody. `attributes` are merged (RFC 7396)."""

    name: Annotated[str, Field(max_length=1000)] | None = None
    locale: Annotated[str, Field(max_length=100)] | None = None
    time_zone: Annotated[str, Field(max_length=100)] | None = None
    owner: UUID | None = None
    attributes: dict[str, Any] | None = None
    labels: Annotated[list[str], Field(max_length=100)] | None = None


class TimelineQuery(Query):
    """`before` and `after` are cursors of an earlier page; at most one of them."""

    before: Annotated[str, Field(max_length=100)] | None = None
    after: Annotated[str, Field(max_length=100)] | None = None
    limit: Annotated[int, Field(ge=1, le=timeline.MAX_LIMIT)] = 50


class CustomerTimelineQuery(TimelineQuery):
    around: Moment | None = Field(
        default=None, description="A moment, in place of a cursor: what was said before and after."
    )


class FileOfEntry(Output):
    """A file and the entry it is part of; `inline`: shown within a mail's text."""

    id: UUID
    name: str
    content_type: str
    size: int
    inline: bool
    entry_id: UUID
    kind: str
    direction: str
    channel: str
    conversation_id: UUID | None
    author: str
    at: AwareDatetime


class TimelineView(Output):
    """Oldest first. `before` leads to what is older (null: nothing), `after` to what is newer."""

    items: list[EntryView]
    before: str | None
    after: str | None


@routes.op(
    "GET",
    "/customers",
    query=CustomerQuery,
    out=Page[CustomerView],
    scope=Scope.CUSTOMERS_READ,
)
async def list_customers(call: Call[None, CustomerQuery]) -> Json:
    """Customers, the latest changed first."""
    asked, hidden = call.query, call.viewer.hidden_inboxes
    async with call.reading() as session:
        if asked.contact_point:
            found = await repository.by_contact_point(
                session, asked.contact_point, hidden=hidden, now=call.now
            )
            return {"items": found, "next": None}
        found = await repository.search(
            session,
            asked.q,
            limit=asked.limit,
            after=_after(asked),
            owner=_owner(call, asked.owner),
            hidden=hidden,
            now=call.now,
        )
    if len(found) < asked.limit:
        return {"items": found, "next": None}
    last = found[-1]
    return {"items": found, "next": cursors.encode(last["updated_at"], last["id"])}


def _owner(call: AnyCall, asked: UUID | str) -> UUID | None:
    """A program is responsible for nobody: nothing is its id."""
    mine = call.viewer.id if call.viewer.kind == "operator" else UUID(int=0)
    return mine if asked == "me" else asked if isinstance(asked, UUID) else None


@routes.op("GET", "/customers/{id}", out=CustomerView, scope=Scope.CUSTOMERS_READ)
async def get_customer(call: Call) -> Json:
    """One customer, also by the id of a record that was merged into it."""
    async with call.reading() as session:
        return await repository.get(
            session, call.id, hidden=call.viewer.hidden_inboxes, now=call.now
        )


@routes.op(
    "PATCH",
    "/customers/{id}",
    body=CustomerPatch,
    out=CustomerView,
    scope=Scope.CUSTOMERS_WRITE,
)
async def change_customer(call: Call[CustomerPatch]) -> Json:
    """Change what is known of a customer."""
    given = call.body.model_dump(exclude_unset=True)
    refuse_null(given, but={"owner"})
    cleared = "owner" in given and given["owner"] is None
    shown = await repository.update(
        call.session,
        call.id,
        CustomerChanges(**given, owner_cleared=cleared),
        hidden=call.viewer.hidden_inboxes,
        now=call.now,
    )
    await audit.record(
        call.session,
        call.viewer,
        "customer.changed",
        about=("customer", UUID(shown["id"])),
        detail={"changed": sorted(given)},
        now=call.now,
    )
    return shown


@routes.op(
    "GET",
    "/customers/{id}/timeline",
    query=CustomerTimelineQuery,
    out=TimelineView,
    scope=Scope.MESSAGES_READ,
)
async def get_timeline(call: Call[None, CustomerTimelineQuery]) -> Json:
    """Everything said with this customer over all channels, the newest page unless asked else."""
    asked = call.query
    refuse_both(asked)
    if asked.around is not None and (asked.before or asked.after) is not None:
        raise Invalid("Ask around a moment, or with a cursor.", fields={"around": "Not both."})
    async with call.lent() as driver:
        if asked.around is not None:
            found = await timeline.page_around(
                driver, call.id, call.viewer, asked.around, limit=asked.limit
            )
        else:
            found = await timeline.page(
                driver,
                call.id,
                call.viewer,
                before=asked.before,
                after=asked.after,
                limit=asked.limit,
            )
    return {"items": found.items, "before": found.before, "after": found.after}


@routes.op(
    "GET",
    "/customers/{id}/files",
    query=Paging,
    out=Page[FileOfEntry],
    scope=Scope.MESSAGES_READ,
)
async def list_files(call: Call[None, Paging]) -> Json:
    """Every file that was sent to or came from a customer, newest first."""
    place = cursors.decode(call.query.cursor, cursors.moment, cursors.number, cursors.number)
    async with call.lent() as driver:
        await roots_of(driver, [call.id])
        items, following = await customer_files.page(
            driver,
            call.id,
            call.viewer,
            limit=call.query.limit,
            after=(place[0], place[1], place[2]) if place else None,
        )
    return {"items": items, "next": cursors.encode(*following) if following else None}


def refuse_both(asked: TimelineQuery) -> None:
    if asked.before is not None and asked.after is not None:
        raise Invalid("Ask for what is before, or what is after.", fields={"after": "Not both."})


def _after(asked: CustomerQuery) -> After | None:
    place = cursors.decode(asked.cursor, cursors.moment, UUID)
    return After(place[0], place[1]) if place else None
