"""What waits for a webhook, in which order, and keeping how a call went.

A lane is what one webhook is told about one customer; whoever has claimed its due row is the only
one that tells it, so events arrive in the order in which they happened.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from hub.db.engine import AnySession, WriteSession
from hub.operators import audit
from hub.operators.access import SYSTEM
from hub.webhooks.verdict import Answer, Fate, Verdict, is_hopeless

FORGOTTEN = "event-forgotten"
"""Its event is no longer in the log."""

_ENDPOINT = text("""
    SELECT id, url, secret, CASE WHEN old_secret_until > :now THEN old_secret ELSE '' END AS old
    FROM webhooks WHERE id = :id AND enabled
""")

_HEAD = text("""
    SELECT id, event_id, seq, type, customer_id, body, tries, next_at, created_at
    FROM webhook_deliveries
    WHERE webhook_id = :webhook AND lane = :lane AND status = 'pending'
    ORDER BY seq, id LIMIT 1
""")

# The webhook before its deliveries: whoever switches it off locks them in this order too.
_WEBHOOK = text("""
    SELECT enabled, failing_since FROM webhooks WHERE id = :id
    FOR NO KEY UPDATE
""")
_SUCCESS = text("""
    UPDATE webhooks SET failing_since = NULL, last_success_at = :now
    WHERE id = :id AND (failing_since IS NOT NULL OR last_success_at IS NULL
                        OR last_success_at < CAST(:now AS timestamptz) - interval '1 minute')
""")
_FAILURE = text("UPDATE webhooks SET failing_since = coalesce(failing_since, :now) WHERE id = :id")

_DONE = text("""
    WITH done AS (
        UPDATE webhook_deliveries
        SET status = :status, next_at = :next_at, attempts = attempts + 1, tries = tries + 1,
            body = CASE WHEN :status = 'delivered' THEN '{}' ELSE body END, updated_at = :now
        WHERE id = :id RETURNING attempts
    )
    INSERT INTO webhook_attempts (delivery_id, number, at, milliseconds, code, fault, said)
    SELECT :id, attempts, :now, :milliseconds, :code, :fault, :said FROM done
""")

_SWITCH_OFF = text("""
    UPDATE webhooks SET enabled = false, disabled_at = :now, disabled_reason = :reason,
                        updated_at = :now
    WHERE id = :id AND enabled RETURNING id
""")
_GIVE_UP = text("""
    UPDATE webhook_deliveries SET status = 'failed', next_at = NULL, updated_at = :now
    WHERE webhook_id = :id AND status = 'pending'
""")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A webhook that is switched on; the secrets are encrypted, `old` is empty when over."""

    id: UUID
    url: str
    secret: str
    old: str


@dataclass(frozen=True, slots=True)
class Head:
    """The oldest thing a lane still has to tell."""

    id: UUID
    event_id: UUID
    seq: int
    type: str
    customer_id: UUID | None
    body: dict[str, Any]
    tries: int
    next_at: datetime | None
    created_at: datetime


async def endpoint(session: AnySession, webhook_id: UUID, now: datetime) -> Endpoint | None:
    """None when it is gone or switched off."""
    rows = await (await session.connection()).execute(_ENDPOINT, {"id": webhook_id, "now": now})
    row = rows.first()
    return None if row is None else Endpoint(*row)


async def head(session: AnySession, webhook_id: UUID, lane: UUID) -> Head | None:
    rows = await (await session.connection()).execute(_HEAD, {"webhook": webhook_id, "lane": lane})
    row = rows.first()
    return None if row is None else Head(*row)


async def record(
    session: WriteSession,
    webhook_id: UUID,
    delivery_id: UUID,
    answer: Answer,
    verdict: Verdict,
    now: datetime,
) -> bool:
    """Keep how a call went; True when the webhook is switched off, over it or meanwhile."""
    connection = await session.connection()
    off = await _weigh(session, webhook_id, verdict, now)
    given_up = bool(off) or verdict.fate is Fate.FAILED
    await connection.execute(
        _DONE,
        {
            "id": delivery_id,
            "status": "failed" if given_up else verdict.fate.value,
            "next_at": verdict.again_at,
            "now": now,
            "milliseconds": answer.milliseconds,
            "code": answer.code,
            "fault": answer.fault,
            "said": answer.said,
        },
    )
    if off:
        await switch_off(session, webhook_id, off, now)
    return bool(off)


async def _weigh(session: WriteSession, webhook_id: UUID, verdict: Verdict, now: datetime) -> str:
    """Note success or failure on the webhook; why it is, or is to be, switched off, if so."""
    connection = await session.connection()
    if verdict.fate is Fate.DELIVERED:
        await connection.execute(_SUCCESS, {"id": webhook_id, "now": now})
        return ""
    row = (await connection.execute(_WEBHOOK, {"id": webhook_id})).first()
    if row is None:
        return ""  # deleted while it was called
    await connection.execute(_FAILURE, {"id": webhook_id, "now": now})
    if verdict.fate is Fate.GONE:
        return "gone"
    return "failing" if not row.enabled or is_hopeless(row.failing_since, now) else ""


async def give_up(session: WriteSession, delivery_id: UUID, fault: str, now: datetime) -> None:
    """End a delivery that cannot even be tried."""
    values = {"id": delivery_id, "status": "failed", "next_at": None, "now": now}
    call = {"milliseconds": 0, "code": None, "fault": fault, "said": ""}
    await (await session.connection()).execute(_DONE, values | call)


async def switch_off(session: WriteSession, webhook_id: UUID, reason: str, now: datetime) -> None:
    """Stop telling a webhook of our own accord, and say so in the audit."""
    if await stop(session, webhook_id, reason, now):
        await audit.record(
            session,
            SYSTEM,
            "webhook.disabled",
            about=("webhook", webhook_id),
            detail={"reason": reason},
            now=now,
        )


async def give_up_all(session: WriteSession, webhook_id: UUID, now: datetime) -> bool:
    """Fail what waits for a webhook that is switched off, or gone; False: it is on."""
    connection = await session.connection()
    row = (await connection.execute(_WEBHOOK, {"id": webhook_id})).first()
    if row is not None and row.enabled:
        return False
    await connection.execute(_GIVE_UP, {"id": webhook_id, "now": now})
    return True


async def stop(session: WriteSession, webhook_id: UUID, reason: str, now: datetime) -> bool:
    """Switch a webhook off; what waited is failed, and can be replayed. False: it was off."""
    connection = await session.connection()
    rows = await connection.execute(_SWITCH_OFF, {"id": webhook_id, "reason": reason, "now": now})
    if rows.first() is None:
        return False
    await connection.execute(_GIVE_UP, {"id": webhook_id, "now": now})
    return True
