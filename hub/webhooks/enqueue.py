"""What a webhook is to be told: planned with the transaction that has something to tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import orjson

from hub.clock import rfc3339
from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.due import queue
from hub.due.queue import Plan
from hub.errors import Conflict, NotFound
from hub.events import FOR_ONE, Event
from hub.ids import new_id

KIND = "webhook"
ALL = "*"
CALLED = "rule.called"
"""The type of what a rule tells."""
TESTED = "webhook.tested"
MAX_BODY = 64 * 1024
"""Bytes of what a rule may say at once."""

_INSERT = Query("""
    INSERT INTO webhook_deliveries
        (id, webhook_id, event_id, seq, type, customer_id, lane, created_at, updated_at)
    SELECT one.id, one.webhook_id, one.event_id, one.seq, one.type, one.customer_id,
           coalesce(one.customer_id, one.webhook_id), :now, :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:webhooks AS uuid[]), CAST(:events AS uuid[]),
                CAST(:seqs AS bigint[]), CAST(:types AS text[]), CAST(:customers AS uuid[]))
         AS one(id, webhook_id, event_id, seq, type, customer_id)
    JOIN webhooks ON webhooks.id = one.webhook_id
    ON CONFLICT (webhook_id, event_id) DO NOTHING
    RETURNING webhook_id, lane
""")

_LISTENING = Query("SELECT id, events FROM webhooks WHERE enabled AND events <> '{}'")

_NAMED = Query("SELECT id, enabled FROM webhooks WHERE name = :name FOR KEY SHARE")

# Behind every event that is numbered: what a rule says of an event is told after that event.
_CALL = Query("""
    INSERT INTO webhook_deliveries (id, webhook_id, event_id, seq, type, customer_id, lane, body,
                                    created_at, updated_at)
    VALUES (:id, :webhook, :id, (SELECT coalesce(max(seq), 0) FROM events), :type, :customer,
            :lane, CAST(:body AS jsonb), :now, :now)
""")


@dataclass(frozen=True, slots=True)
class NewCall:
    """What a rule, or somebody who tries a webhook, tells it.

    data: the `data` of the body, as JSON; at most MAX_BODY bytes.
    """

    data: Mapping[str, object] = field(default_factory=dict)
    customer_id: UUID | None = None
    conversation_id: UUID | None = None
    type: str = CALLED


async def call_named(session: WriteSession, name: str, call: NewCall, now: datetime) -> UUID:
    """Have the webhook called `name` told; the id of the delivery.

    Raises NotFound when there is none of that name, Conflict when it is switched off or the data
    are too large: nothing is planned then.
    """
    rows = await _NAMED.rows(session, {"name": name})
    if not rows:
        raise NotFound(
            f"There is no webhook called `{name}`.", remedy="Name one that GET /webhooks lists."
        )
    webhook_id, enabled = rows[0]
    if not enabled:
        raise Conflict(f"The webhook `{name}` is switched off.", code="webhook-disabled")
    return await call_webhook(session, webhook_id, call, now)


async def call_webhook(
    session: WriteSession, webhook_id: UUID, call: NewCall, now: datetime
) -> UUID:
    """Have an existing webhook told; the id of the delivery, which is the body's `id` too."""
    body = {
        "occurred_at": rfc3339(now),
        "conversation_id": call.conversation_id and str(call.conversation_id),
        "data": dict(call.data),
    }
    packed = orjson.dumps(body, default=str)
    if len(packed) > MAX_BODY:
        raise Conflict(
            f"A webhook is told at most {MAX_BODY // 1024} KiB at once.", code="too-large"
        )
    delivery_id = new_id()
    values = {
        "id": delivery_id,
        "webhook": webhook_id,
        "type": call.type,
        "customer": call.customer_id,
        "lane": call.customer_id or webhook_id,
        "body": packed.decode(),
        "now": now,
    }
    await _CALL.rows(session, values)
    await hasten(session, [(webhook_id, call.customer_id or webhook_id)], now)
    return delivery_id


async def enqueue(session: WriteSession, events: Sequence[Event], now: datetime) -> None:
    """Plan what every webhook is to be told of these events."""
    listening = await _LISTENING.rows(session, {})
    told = [
        (webhook_id, event)
        for webhook_id, wanted in listening
        for event in events
        if wants(wanted, event.type)
    ]
    if not told:
        return
    rows = await _INSERT.rows(
        session,
        {
            "ids": [new_id() for _ in told],
            "webhooks": [webhook_id for webhook_id, _ in told],
            "events": [event.id for _, event in told],
            "seqs": [event.seq for _, event in told],
            "types": [event.type for _, event in told],
            "customers": [event.customer_id for _, event in told],
            "now": now,
        },
    )
    await hasten(session, [(row["webhook_id"], row["lane"]) for row in rows], now)


def wants(wanted: Sequence[str], event_type: str) -> bool:
    """Whether a webhook for the types `wanted` is told; never of one operator's own events."""
    return event_type not in FOR_ONE and (ALL in wanted or event_type in wanted)


async def hasten(session: WriteSession, lanes: Sequence[tuple[UUID, UUID]], now: datetime) -> None:
    """See to it that these lanes, (webhook, customer or webhook), are worked on."""
    plans = {lane_key(*lane): Plan(KIND, lane_key(*lane), now) for lane in lanes}
    await queue.hasten(session, list(plans.values()))


def lane_key(webhook_id: UUID, lane: UUID) -> str:
    return f"{webhook_id}:{lane}"
