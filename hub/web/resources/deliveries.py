"""`/messages/{id}`, `/deliveries/{id}`: what became of a message, and what can still be done."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field
from sqlalchemy import text

from hub.conversations.draft import Sender
from hub.conversations.outbound import correct, unsent
from hub.conversations.outbound.unsent import Change
from hub.db.engine import AnySession
from hub.deliveries import repository
from hub.errors import Conflict, NotFound
from hub.operators import audit
from hub.operators.access import Scope
from hub.timeline.view import load
from hub.web.api import AnyCall, Call, Routes
from hub.web.bodies import Input
from hub.web.shapes import EntryView, Json, Moment, Output, PointRef, Text

routes = Routes("deliveries")


class AttemptView(Output):
    """`outcome`: sent, transient, rate-limited, permanent, unknown, misconfigured; or running."""

    number: int
    started_at: AwareDatetime
    finished_at: AwareDatetime | None
    outcome: str
    provider_code: str
    detail: str


class ByInbox(Output):
    name: str
    channel: str
    state: str


class DeliveryView(Output):
    """One part of a message to one address; `reason` is a code, `detail` the provider's words.

    `turn`: which of the message's ways, from 0; `after`: seconds the way before it is given.
    """

    id: UUID
    message_id: UUID
    contact_point: PointRef
    inbox_id: UUID
    inbox: ByInbox
    part: int
    parts: int
    turn: int
    after: float | None
    status: str
    reason: str
    detail: str
    provider_status: str
    provider_code: str
    retry_of: UUID | None
    decision_id: UUID | None
    deadline: AwareDatetime
    send_at: AwareDatetime | None
    sent_at: AwareDatetime | None
    delivered_at: AwareDatetime | None
    read_at: AwareDatetime | None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    attempts: list[AttemptView]


class DeliveryList(Output):
    items: list[DeliveryView]
    next: None


class MessagePatch(Input):
    """`send_at`: of a scheduled message, another time to leave at."""

    text: Annotated[Text, Field(min_length=1)]
    html: Text = ""
    send_at: Moment | None = None


class Reaction(Input):
    """An emoji; channels know some of them only."""

    value: Annotated[str, Field(max_length=16)] = ""


class Retry(Input):
    """`force`: although the customer has asked for silence there."""

    force: bool = False


class Retried(Output):
    """`id`: of the new delivery."""

    id: UUID
    retry_of: UUID


_PLACE = text("SELECT stream_id, position FROM entries WHERE id = :id")


@routes.op("GET", "/messages/{id}/deliveries", out=DeliveryList, scope=Scope.MESSAGES_READ)
async def list_deliveries(call: Call) -> Json:
    """How a message was handed over: every part, every try, what the provider said."""
    async with call.reading() as session:
        return {
            "items": await repository.of_message(session, call.id, call.viewer),
            "next": None,
        }


@routes.op(
    "PATCH",
    "/messages/{id}",
    body=MessagePatch,
    out=EntryView,
    scope=Scope.MESSAGES_WRITE,
    also={
        409: "`already-sent`: it has left, and its channel takes nothing back; `other-parts`: the "
        "new words would need another number of messages."
    },
)
async def change_message(call: Call[MessagePatch]) -> Json:
    """Say something else instead; after it has left, where its channel lets words be mended."""
    new, by = call.body, Sender.of(call.viewer)
    registry, now = call.services.registry, call.now
    try:
        change = Change(new.text, new.html, new.send_at)
        await unsent.edit(call.session, call.id, change, by=by, registry=registry, now=now)
    except Conflict as error:
        if error.kind != "already-sent" or new.send_at is not None:
            raise
        words = (new.text, new.html)
        await correct.edit(call.session, call.id, words, by=by, registry=registry, now=now)
    await _audit(call, "message.changed")
    return await _entry(call.session, call.id)


@routes.op(
    "DELETE",
    "/messages/{id}",
    out=EntryView,
    scope=Scope.MESSAGES_WRITE,
    also={409: "`already-sent`: it has left, and its channel takes nothing back."},
)
async def take_back_message(call: Call) -> Json:
    """Take a message back before it leaves: what was written, to be written again.

    It stays on the timeline, as cancelled; a conversation it has closed is open again. What has
    left is deleted at the customer's too where its channel can do that.
    """
    by, registry = Sender.of(call.viewer), call.services.registry
    try:
        await unsent.cancel(call.session, call.id, by=by, now=call.now)
    except Conflict as error:
        if error.kind != "already-sent":
            raise
        await correct.delete(call.session, call.id, by=by, registry=registry, now=call.now)
    await _audit(call, "message.taken_back")
    return await _entry(call.session, call.id)


@routes.op(
    "PUT",
    "/messages/{id}/reaction",
    body=Reaction,
    out=EntryView,
    scope=Scope.MESSAGES_WRITE,
    also={409: "`no-reactions`: its channel has none."},
)
async def react_to_message(call: Call[Reaction]) -> Json:
    """Put the company's one reaction on a message, or take it back with an empty value."""
    await correct.react(
        call.session,
        call.id,
        call.body.value,
        by=Sender.of(call.viewer),
        registry=call.services.registry,
        now=call.now,
    )
    return await _entry(call.session, call.id)


@routes.op(
    "POST",
    "/messages/{id}/send-now",
    out=EntryView,
    scope=Scope.MESSAGES_WRITE,
    also={409: "`already-sent`, or `not-scheduled`: it is on its way."},
)
async def send_message_now(call: Call) -> Json:
    """Let a scheduled message leave at once."""
    await unsent.send_now(call.session, call.id, by=Sender.of(call.viewer), now=call.now)
    await _audit(call, "message.hastened")
    return await _entry(call.session, call.id)


@routes.op(
    "POST",
    "/deliveries/{id}/retry",
    body=Retry,
    out=Retried,
    status=201,
    scope=Scope.MESSAGES_WRITE,
    also={409: "`not-retriable`, or `already-retried`: `id` is the repeat."},
)
async def retry_delivery(call: Call[Retry]) -> Json:
    """Send again what failed, or what may not have arrived."""
    new_id = await unsent.retry(
        call.session, call.id, by=Sender.of(call.viewer), now=call.now, force=call.body.force
    )
    await audit.record(
        call.session,
        call.viewer,
        "delivery.retried",
        about=("delivery", call.id),
        detail={"retry": str(new_id)},
        now=call.now,
    )
    return {"id": new_id, "retry_of": call.id}


async def _entry(session: AnySession, message_id: UUID) -> Json:
    row = (await (await session.connection()).execute(_PLACE, {"id": message_id})).first()
    if row is None:
        raise NotFound(f"There is no message {message_id}.")
    (entry,) = await load(session, [(row.stream_id, row.position)])
    return entry


async def _audit(call: AnyCall, action: str) -> None:
    await audit.record(call.session, call.viewer, action, about=("message", call.id), now=call.now)
