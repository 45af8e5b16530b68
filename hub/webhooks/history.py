"""What webhooks were told and how it went; telling it once more, singly or by a time window."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from hub.clock import rfc3339
from hub.db.base import Json
from hub.db.engine import AnySession, WriteSession
from hub.errors import Conflict, Invalid, NotFound
from hub.events import FOR_ONE
from hub.webhooks.enqueue import ALL, hasten
from hub.webhooks.tables import Webhook

MOST_REPLAYED = 10_000
"""Events of one replay: a longer window is replayed in parts."""

_PAGE = text("""
    SELECT d.id, d.event_id, d.seq, d.type, d.customer_id, d.status, d.attempts, d.next_at,
           d.created_at, d.updated_at, last.code, last.fault, last.milliseconds
    FROM webhook_deliveries AS d
    LEFT JOIN webhook_attempts AS last ON last.delivery_id = d.id AND last.number = d.attempts
    WHERE d.webhook_id = :webhook
      AND (CAST(:status AS text) = '' OR d.status = :status)
      AND (CAST(:before AS uuid) IS NULL OR d.id < :before)
    ORDER BY d.id DESC LIMIT :limit
""")

_ATTEMPTS = text("""
    SELECT a.number, a.at, a.milliseconds, a.code, a.fault, a.said
    FROM webhook_deliveries AS d LEFT JOIN webhook_attempts AS a ON a.delivery_id = d.id
    WHERE d.webhook_id = :webhook AND d.id = :id ORDER BY a.number
""")

# What a rule said is forgotten once it is delivered; events are read from the log again.
_AGAIN = text("""
    UPDATE webhook_deliveries SET status = 'pending', tries = 0, next_at = NULL, updated_at = :now
    WHERE webhook_id = :webhook AND id = :id AND (status <> 'delivered' OR seq IN (
        SELECT seq FROM events WHERE id = webhook_deliveries.event_id))
    RETURNING lane
""")
# Before its deliveries, as `lanes.stop` locks them.
_ON = text("SELECT enabled FROM webhooks WHERE id = :id FOR NO KEY UPDATE")
_THERE = text("SELECT 1 FROM webhook_deliveries WHERE webhook_id = :webhook AND id = :id")

_WINDOW = """
    SELECT id, seq, type, customer_id FROM events
    WHERE occurred_at >= :since AND occurred_at < :until
      AND type <> ALL (CAST(:private AS text[]))
      AND (CAST(:everything AS boolean) OR type = ANY (CAST(:wanted AS text[])))
    ORDER BY seq LIMIT :limit
"""
_COUNT = text(f"SELECT count(*) FROM ({_WINDOW}) AS events_told")  # noqa: S608 - a constant
_REPLAY = text(f"""
    INSERT INTO webhook_deliveries
        (webhook_id, event_id, seq, type, customer_id, lane, created_at, updated_at)
    SELECT :webhook, told.id, told.seq, told.type, told.customer_id,
           coalesce(told.customer_id, :webhook), :now, :now
    FROM ({_WINDOW}) AS told
    ON CONFLICT (webhook_id, event_id) DO UPDATE
       SET status = 'pending', tries = 0, next_at = NULL, updated_at = :now
     WHERE :delivered_too OR webhook_deliveries.status = 'failed'
    RETURNING lane
""")  # noqa: S608 - a constant is put in


async def page(
    session: AnySession,
    webhook_id: UUID,
    *,
    status: str = "",
    before: UUID | None,
    limit: int,
) -> list[Json]:
    """Newest first; the last call of each: its status, how long it took, why it failed."""
    values = {"webhook": webhook_id, "status": status, "before": before, "limit": limit}
    rows = await (await session.connection()).execute(_PAGE, values)
    return [_view(row) for row in rows]


async def attempts(session: AnySession, webhook_id: UUID, delivery_id: UUID) -> list[Json]:
    """Every call of a delivery, oldest first. Raises NotFound."""
    values = {"webhook": webhook_id, "id": delivery_id}
    rows = (await (await session.connection()).execute(_ATTEMPTS, values)).all()
    if not rows:
        raise _unknown()
    return [
        {**row._asdict(), "at": rfc3339(row.at)}  # a named tuple's own
        for row in rows
        if row.number is not None
    ]


async def retry(session: WriteSession, webhook: Webhook, delivery_id: UUID, now: datetime) -> None:
    """Tell one thing once more. Raises NotFound, and Conflict where nothing is left to say."""
    await _expect_enabled(session, webhook.id)
    connection = await session.connection()
    values = {"webhook": webhook.id, "id": delivery_id, "now": now}
    lane = await connection.scalar(_AGAIN, values)
    if lane is not None:
        return await hasten(session, [(webhook.id, lane)], now)
    if await connection.scalar(_THERE, values) is None:
        raise _unknown()
    raise Conflict(
        "What was told there is no longer kept.",
        remedy="Events are kept 90 days; what a rule says, until it is delivered.",
        code="event-forgotten",
    )


async def replay(
    session: WriteSession,
    webhook: Webhook,
    since: datetime,
    until: datetime,
    *,
    delivered_too: bool,
    now: datetime,
) -> int:
    """Tell again what happened in [since, until) and was not delivered, or all of it.

    Returns how many are told. Raises Invalid for a window that ends before it begins, or has more
    than MOST_REPLAYED events.
    """
    if until <= since:
        raise Invalid(
            "The window ends before it begins.",
            remedy="Choose a later `until`.",
            fields={"until": "It has to be later than `since`."},
        )
    await _expect_enabled(session, webhook.id)
    connection = await session.connection()
    values = {
        "webhook": webhook.id,
        "since": since,
        "until": until,
        "private": [str(one) for one in FOR_ONE],
        "everything": ALL in webhook.events,
        "wanted": list(webhook.events),
        "limit": MOST_REPLAYED + 1,
        "delivered_too": delivered_too,
        "now": now,
    }
    if (await connection.scalar(_COUNT, values) or 0) > MOST_REPLAYED:
        raise Invalid(
            "So much happened then that it has to be replayed in parts.",
            remedy=f"Choose a window with at most {MOST_REPLAYED:,} events.",
            fields={"until": "Choose an earlier time."},
        )
    lanes = list((await connection.execute(_REPLAY, values)).scalars())
    await hasten(session, [(webhook.id, lane) for lane in lanes], now)
    return len(lanes)


async def _expect_enabled(session: WriteSession, webhook_id: UUID) -> None:
    """Keeps it switched on, as it is, until the transaction ends."""
    if not await (await session.connection()).scalar(_ON, {"id": webhook_id}):
        raise Conflict(
            "The webhook is switched off.", remedy="Switch it on first.", code="webhook-disabled"
        )


def _view(row: Row[Any]) -> Json:
    return {
        "id": str(row.id),
        "event_id": str(row.event_id),
        "seq": row.seq,
        "type": row.type,
        "customer_id": row.customer_id and str(row.customer_id),
        "status": row.status,
        "attempts": row.attempts,
        "next_at": row.next_at and rfc3339(row.next_at),
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
        "code": row.code,
        "fault": row.fault or "",
        "milliseconds": row.milliseconds,
    }


def _unknown() -> NotFound:
    return NotFound("There is no such delivery of this webhook.")
