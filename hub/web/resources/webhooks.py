"""`/webhooks`: other systems that are told what happens. Secrets are shown once, when made."""

from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from hub.operators import audit
from hub.operators.access import Scope
from hub.web.api import AnyCall, Call, Routes
from hub.web.bodies import Input
from hub.web.cursors import Page, Paging, after_id, by_id
from hub.web.shapes import Json, Moment, Name, Output, refuse_null
from hub.webhooks import enqueue, history, repository
from hub.webhooks.enqueue import NewCall
from hub.webhooks.repository import Draft
from hub.webhooks.tables import Webhook

routes = Routes("webhooks")

Url = Annotated[str, Field(min_length=1, max_length=2000)]
EventTypes = Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=100)]


class WebhookView(Output):
    """`state`: `on`, `failing` (its last call failed), `off`.

    `disabled_reason`: `by-hand`, `failing` (for five days), `gone` (it answered 410).
    `pending`, `failed`: what waits, what was given up; counted up to 10,000 together.
    """

    id: UUID
    name: str
    url: str
    events: list[str]
    enabled: bool
    state: Literal["on", "failing", "off"]
    disabled_reason: str
    disabled_at: AwareDatetime | None
    failing_since: AwareDatetime | None
    last_success_at: AwareDatetime | None
    old_secret_until: AwareDatetime | None
    pending: int
    failed: int
    created_at: AwareDatetime
    updated_at: AwareDatetime


class WithSecret(WebhookView):
    """`secret`: what signatures are checked with; it is not shown again."""

    secret: str


class NewWebhook(Input):
    """`events`: types that docs/events.md lists, or `*` for all; none: only what rules tell it."""

    name: Name
    url: Url
    events: EventTypes = Field(default_factory=list)
    enabled: bool = True


class WebhookPatch(Input):
    """What is left out stays. Switching off gives up what waits; it can be replayed."""

    name: Name | None = None
    url: Url | None = None
    events: EventTypes | None = None
    enabled: bool | None = None


class NewSecret(Input):
    """For so many hours both secrets sign: time to enter the new one at the receiver."""

    overlap_hours: Annotated[int, Field(ge=0, le=24 * 30)] = 24


class HistoryQuery(Paging):
    status: Literal["", "pending", "delivered", "failed"] = ""


class ToldView(Output):
    """`event_id` is the call's `webhook-id`. `code`, `fault`, `milliseconds`: of the last call.

    `fault`, when there was no answer: `timed-out`, `not-reachable`, `no-such-host`, `tls-failed`,
    `address-refused` (it is private), `connection-broke`, `event-forgotten`.
    """

    id: UUID
    event_id: UUID
    seq: int
    type: str
    customer_id: UUID | None
    status: Literal["pending", "delivered", "failed"]
    attempts: int
    next_at: AwareDatetime | None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    code: int | None
    fault: str
    milliseconds: int | None


class AttemptView(Output):
    """`said`: the beginning of an answer that refused, 200 characters at most."""

    number: int
    at: AwareDatetime
    milliseconds: int
    code: int | None
    fault: str
    said: str


class AttemptList(Output):
    items: list[AttemptView]
    next: None


class Window(Input):
    """What happened from `since` up to, not including, `until`."""

    since: Moment
    until: Moment
    delivered_too: bool = False


class Queued(Output):
    queued: int


class Planned(Output):
    """`id`: of the delivery, in the webhook's history."""

    id: UUID


@routes.op("GET", "/webhooks", query=Paging, out=Page[WebhookView], scope=Scope.ADMIN)
async def list_webhooks(call: Call[None, Paging]) -> Json:
    """All webhooks, oldest first."""
    async with call.reading() as session:
        rows = await repository.page(session, after=after_id(call.query), limit=call.query.limit)
        items = await repository.shown(session, rows)
    return by_id(items, call.query)


@routes.op(
    "POST",
    "/webhooks",
    body=NewWebhook,
    out=WithSecret,
    status=201,
    scope=Scope.ADMIN,
    secret=True,
    also={409: "The name is taken."},
)
async def add_webhook(call: Call[NewWebhook]) -> Json:
    """Add a webhook; the answer holds its secret, this once."""
    new, services = call.body, call.services
    row, secret = await repository.create(
        call.session,
        Draft(new.name, new.url, new.events, new.enabled),
        keyring=services.keyring,
        exempt=services.settings.allow_hosts,
        now=call.now,
    )
    await _audit(call, "webhook.created", row.id, {"name": row.name, "events": row.events})
    return {**await _shown(call, row), "secret": secret}


@routes.op("GET", "/webhooks/{id}", out=WebhookView, scope=Scope.ADMIN)
async def get_webhook(call: Call) -> Json:
    """One webhook."""
    async with call.reading() as session:
        [view] = await repository.shown(session, [await repository.get(session, call.id)])
    return view


@routes.op(
    "PATCH",
    "/webhooks/{id}",
    body=WebhookPatch,
    out=WebhookView,
    scope=Scope.ADMIN,
    also={409: "The name is taken."},
)
async def change_webhook(call: Call[WebhookPatch]) -> Json:
    """Change a webhook, switch it on or off."""
    given = {name: getattr(call.body, name) for name in call.body.model_fields_set}
    refuse_null(given)
    row = await repository.patch(
        call.session, call.id, given, exempt=call.services.settings.allow_hosts, now=call.now
    )
    await _audit(call, "webhook.changed", row.id, {"name": row.name, "changed": sorted(given)})
    return await _shown(call, row)


@routes.op("DELETE", "/webhooks/{id}", status=204, scope=Scope.ADMIN)
async def delete_webhook(call: Call) -> None:
    """Delete a webhook with its history."""
    await repository.delete(call.session, call.id)
    await _audit(call, "webhook.deleted", call.id, {})


@routes.op(
    "POST",
    "/webhooks/{id}/secret",
    body=NewSecret,
    out=WithSecret,
    scope=Scope.ADMIN,
    secret=True,
)
async def rotate_webhook_secret(call: Call[NewSecret]) -> Json:
    """Make a new secret; for a while the old one signs beside it."""
    row, secret = await repository.rotate(
        call.session,
        call.id,
        timedelta(hours=call.body.overlap_hours),
        keyring=call.services.keyring,
        now=call.now,
    )
    await _audit(call, "webhook.secret_changed", row.id, {"name": row.name})
    return {**await _shown(call, row), "secret": secret}


@routes.op(
    "POST",
    "/webhooks/{id}/test",
    out=Planned,
    status=202,
    scope=Scope.ADMIN,
    also={409: "`webhook-disabled`."},
)
async def test_webhook(call: Call) -> Json:
    """Call it with a `webhook.tested`; its history says how that went."""
    row = await repository.get(call.session, call.id)
    test = NewCall(type=enqueue.TESTED)
    return {"id": await enqueue.call_named(call.session, row.name, test, call.now)}


@routes.op(
    "GET",
    "/webhooks/{id}/deliveries",
    query=HistoryQuery,
    out=Page[ToldView],
    scope=Scope.ADMIN,
)
async def list_webhook_deliveries(call: Call[None, HistoryQuery]) -> Json:
    """What it was told, newest first, and how that went; kept for 30 days."""
    asked = call.query
    async with call.reading() as session:
        await repository.get(session, call.id)
        items = await history.page(
            session, call.id, status=asked.status, before=after_id(asked), limit=asked.limit
        )
    return by_id(items, asked)


@routes.op(
    "GET",
    "/webhooks/{id}/deliveries/{delivery_id}/attempts",
    out=AttemptList,
    scope=Scope.ADMIN,
)
async def list_webhook_attempts(call: Call) -> Json:
    """Every call of one delivery, oldest first."""
    async with call.reading() as session:
        items = await history.attempts(session, call.id, _delivery(call))
    return {"items": items, "next": None}


@routes.op(
    "POST",
    "/webhooks/{id}/deliveries/{delivery_id}/retry",
    status=204,
    scope=Scope.ADMIN,
    also={409: "`webhook-disabled`, or `event-forgotten`."},
)
async def retry_webhook_delivery(call: Call) -> None:
    """Tell it once more, now."""
    row = await repository.get(call.session, call.id)
    await history.retry(call.session, row, _delivery(call), call.now)


@routes.op(
    "POST",
    "/webhooks/{id}/replay",
    body=Window,
    out=Queued,
    scope=Scope.ADMIN,
    also={409: "`webhook-disabled`."},
)
async def replay_webhook(call: Call[Window]) -> Json:
    """Tell it again what happened in a window of time: what it missed, or all of it."""
    row, window = await repository.get(call.session, call.id), call.body
    queued = await history.replay(
        call.session,
        row,
        window.since,
        window.until,
        delivered_too=window.delivered_too,
        now=call.now,
    )
    await _audit(call, "webhook.replayed", row.id, {"name": row.name, "queued": queued})
    return {"queued": queued}


def _delivery(call: AnyCall) -> UUID:
    value = call.path["delivery_id"]
    assert isinstance(value, UUID)  # noqa: S101 - `bodies.path_of` made it one
    return value


async def _shown(call: AnyCall, row: Webhook) -> Json:
    [view] = await repository.shown(call.session, [row])
    return view


async def _audit(call: AnyCall, action: str, webhook_id: UUID, detail: Json) -> None:
    await audit.record(
        call.session,
        call.viewer,
        action,
        about=("webhook", webhook_id),
        detail=detail,
        now=call.now,
    )
