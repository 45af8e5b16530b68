"""Whose address is whose: merging customers, taking addresses out, adding them, undoing all."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from hub.conversations.draft import Sender
from hub.conversations.merging import adding, reshape
from hub.conversations.merging.by import By
from hub.customers import compare, link_codes, merges, suggestions
from hub.customers.evidence import Evidence
from hub.customers.link_codes import Wish
from hub.objects import follow as objects
from hub.operators import audit
from hub.operators.access import Scope
from hub.web.api import AnyCall, Call, Routes
from hub.web.bodies import Input, Query
from hub.web.resources.customers import CustomerView
from hub.web.shapes import Author, Json, Output, PointRef

routes = Routes("customers")

Reason = Annotated[str, Field(max_length=500)]


class Merge(Input):
    """`from`: the customer that becomes part of this one. `reason` is shown on the timeline."""

    other: UUID = Field(alias="from")
    reason: Reason = ""


class Merged(Output):
    merge_id: UUID
    customer_id: UUID


class Unmerge(Input):
    merge_id: UUID


class Split(Input):
    """`reason` is shown on both timelines."""

    reason: Reason = ""


class NewContactPoint(Input):
    scheme: Annotated[str, Field(min_length=1, max_length=32)]
    value: Annotated[str, Field(min_length=1, max_length=300)]


class AddedContactPoint(Output):
    """`merge_id` takes it away again (`/unmerge`); null when the customer had it already."""

    customer_id: UUID
    contact_point_id: UUID
    merge_id: UUID | None


class CustomerRef(Output):
    id: UUID
    name: str


class Undoer(Output):
    id: UUID | None
    name: str


class Tear(Output):
    """Messages of `from` stand in `to` since the undo."""

    origin: UUID = Field(alias="from")
    to: UUID


class MergeView(Output):
    """One act. `act`: `merge`, `split`, `added`. `evidence`: what proved it.

    `from` came to `into`: a customer (`contact_point` null), or an address.
    """

    id: UUID
    act: str
    evidence: str
    reason: str
    at: AwareDatetime
    by: Author
    origin: CustomerRef | None = Field(alias="from")
    into: CustomerRef
    contact_point: PointRef | None
    undone_at: AwareDatetime | None
    undone_by: Undoer | None
    undoable: bool
    conversations: list[Tear]


class Merges(Output):
    """The newest first."""

    items: list[MergeView]


class CompareQuery(Query):
    other: UUID = Field(alias="with", description="The customer that would be merged into it.")


class FieldConflict(Output):
    """Both have a value here; the other's would no longer show."""

    field: str
    customer: object
    other: object


class Amounts(Output):
    conversations: int
    orders: int
    first_at: AwareDatetime | None
    last_at: AwareDatetime | None


class BothAmounts(Output):
    customer: Amounts
    other: Amounts


class Comparison(Output):
    """Two customers side by side, and what would be shown if `other` were merged."""

    customer: CustomerView
    other: CustomerView
    merged: CustomerView
    conflicts: list[FieldConflict]
    amounts: BothAmounts


_ALREADY = {409: "They are one customer already, or it was undone: `customer_id` says whose."}


@routes.op(
    "POST",
    "/customers/{id}/merge",
    body=Merge,
    out=Merged,
    scope=Scope.CUSTOMERS_WRITE,
    also=_ALREADY,
)
async def merge(call: Call[Merge]) -> Json:
    """Make one customer of two. Nothing is rewritten: `/unmerge` takes it back at any time."""
    by = _by(call)
    grounds = by.grounds(evidence_of(call), call.body.reason.strip())
    moved = await reshape.merge(call.session, call.id, call.body.other, grounds, by)
    facts = {"from": str(moved.old_root), "merge_id": str(moved.edge_id)}
    facts["evidence"] = str(grounds.evidence)
    await _audit(call, "customer.merged", moved.new_root, facts)
    return {"merge_id": moved.edge_id, "customer_id": moved.new_root}


@routes.op(
    "POST",
    "/customers/{id}/unmerge",
    body=Unmerge,
    out=Merged,
    scope=Scope.CUSTOMERS_WRITE,
    also=_ALREADY,
)
async def unmerge(call: Call[Unmerge]) -> Json:
    """Undo a merge, a split or an added address, whatever came after it.

    `customer_id` is the customer that stands alone again, or that the address came back to.
    """
    moved = await reshape.undo(call.session, call.id, call.body.merge_id, _by(call))
    if moved.stream_id is not None and moved.record_id is not None:
        await objects.follow(call.session, moved.stream_id, moved.record_id)
    action = "customer.unmerged" if moved.act == "merge" else "contact_point.returned"
    if moved.act == "split" and not moved.undo:
        action = "contact_point.split"
    sides = {"from": str(moved.old_root), "merge_id": str(call.body.merge_id)}
    await _audit(call, action, moved.new_root, sides)
    return {"merge_id": moved.edge_id, "customer_id": moved.new_root}


@routes.op(
    "POST",
    "/contact-points/{id}/split",
    body=Split,
    out=Merged,
    scope=Scope.CUSTOMERS_WRITE,
    also={409: "It is the only contact point of its customer."},
)
async def split(call: Call[Split]) -> Json:
    """Take a contact point, and all that was said there, out to a customer of its own."""
    by = _by(call)
    grounds = by.grounds(evidence_of(call), call.body.reason.strip())
    moved = await reshape.split(call.session, call.id, grounds, by)
    if moved.stream_id is not None and moved.record_id is not None:
        await objects.follow(call.session, moved.stream_id, moved.record_id)
    sides = {"from": str(moved.old_root), "merge_id": str(moved.edge_id)}
    await _audit(call, "contact_point.split", moved.new_root, sides)
    return {"merge_id": moved.edge_id, "customer_id": moved.new_root}


@routes.op(
    "POST",
    "/customers/{id}/contact-points",
    body=NewContactPoint,
    out=AddedContactPoint,
    status=201,
    scope=Scope.CUSTOMERS_WRITE,
    also={409: "The address belongs to another customer: `customer_id` says whose."},
)
async def add_contact_point(call: Call[NewContactPoint]) -> Json:
    """Write down an address of the customer, however it is spelled."""
    address = call.body.scheme, call.body.value
    added = await adding.add(call.session, call.id, address, _by(call))
    if added.merge_id is not None:
        point = {"contact_point_id": str(added.contact_point_id)}
        await _audit(call, "contact_point.added", added.customer_id, point)
    return {
        "customer_id": added.customer_id,
        "contact_point_id": added.contact_point_id,
        "merge_id": added.merge_id,
    }


@routes.op("GET", "/customers/{id}/merges", out=Merges, scope=Scope.CUSTOMERS_READ)
async def list_merges(call: Call) -> Json:
    """What was joined to this customer and taken from it: by whom, why, and what can be undone."""
    async with call.reading() as session:
        return {"items": await merges.history(session, call.id)}


@routes.op(
    "GET",
    "/customers/{id}/compare",
    query=CompareQuery,
    out=Comparison,
    scope=Scope.CUSTOMERS_READ,
    also={409: "They are one customer already."},
)
async def compare_customers(call: Call[None, CompareQuery]) -> Json:
    """Two customers side by side, and what a merge would show."""
    async with call.reading() as session:
        return await compare.compare(
            session,
            call.id,
            call.query.other,
            hidden=list(call.viewer.hidden_inboxes),
            now=call.now,
        )


class NewLinkCode(Input):
    """`channel`: where the code is to come from; `inbox`: when it has to be this one.

    `purpose`: `continue` (they go on talking there), `verify` (it only shows whose address it is).
    """

    channel: Annotated[str, Field(min_length=1, max_length=40)]
    inbox: UUID | None = None
    purpose: Annotated[str, Field(max_length=40)] = "continue"
    minutes: Annotated[int, Field(ge=1, le=10_080)] = 30


class LinkCodeView(Output):
    """`code` is shown this once. `link` opens the channel with the code at hand; may be empty."""

    id: UUID
    code: str
    link: str
    expires_at: AwareDatetime


@routes.op(
    "POST",
    "/customers/{id}/link-codes",
    body=NewLinkCode,
    out=LinkCodeView,
    status=201,
    scope=Scope.CUSTOMERS_WRITE,
    secret=True,
)
async def issue_link_code(call: Call[NewLinkCode]) -> Json:
    """A one-time code: whoever sends it back from that channel is this customer."""
    asked = call.body
    wish = Wish(asked.channel, asked.inbox, asked.purpose, timedelta(minutes=asked.minutes))
    author = _by(call).author
    issued = await link_codes.issue(
        call.session, call.id, wish, by=(author.kind, author.id), now=call.now
    )
    facts = {"channel": asked.channel, "purpose": asked.purpose, "link_code_id": str(issued.id)}
    await _audit(call, "link_code.issued", call.id, facts)
    return {
        "id": issued.id,
        "code": issued.code,
        "link": issued.link,
        "expires_at": issued.expires_at,
    }


class ReasonView(Output):
    """`kind`: `same-address` (another spelling of it), `claimed-address`, `order-address`,
    `same-external-id`, `similar-name`, `link-code-unproven`. `what` they have in common."""

    kind: str
    what: str


class Suggestion(Output):
    """`score`: how likely it is, of 100; never certain."""

    customer: CustomerView
    score: int
    reasons: list[ReasonView]


class Suggestions(Output):
    """The likeliest first."""

    items: list[Suggestion]


@routes.op("GET", "/customers/{id}/suggestions", out=Suggestions, scope=Scope.CUSTOMERS_READ)
async def list_suggestions(call: Call) -> Json:
    """Who may be the same person, and why. Nothing of it links anybody by itself."""
    async with call.reading() as session:
        found = await suggestions.suggest(
            session, call.id, hidden=call.viewer.hidden_inboxes, now=call.now
        )
    return {"items": found}


@routes.op(
    "DELETE",
    "/customers/{id}/suggestions/{other_id}",
    status=204,
    scope=Scope.CUSTOMERS_WRITE,
    also={409: "They are one customer already."},
)
async def dismiss_suggestion(call: Call) -> None:
    """These two are not the same person: do not suggest it again, to neither."""
    other = call.path["other_id"]
    assert isinstance(other, UUID)  # noqa: S101 - `bodies.path_of` made it one
    author = _by(call).author
    root = await suggestions.dismiss(
        call.session, call.id, other, (author.kind, author.id), call.now
    )
    await _audit(call, "suggestion.dismissed", root, {"other": str(other)})


def evidence_of(call: AnyCall) -> Evidence:
    """What the caller's word is worth."""
    return Evidence.OPERATOR if call.viewer.kind == "operator" else Evidence.INTEGRATION


def _by(call: AnyCall) -> By:
    return By(Sender.of(call.viewer).author, call.now)


async def _audit(
    call: AnyCall, action: str, customer_id: UUID, detail: Mapping[str, object]
) -> None:
    await audit.record(
        call.session,
        call.viewer,
        action,
        about=("customer", customer_id),
        detail=detail,
        now=call.now,
    )
