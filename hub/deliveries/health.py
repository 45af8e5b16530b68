"""What a failed delivery says about its contact point, for the routes of the messages after it."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from hub.db.engine import WriteSession
from hub.ports import Reason

UNREACHABLE_FOR = timedelta(days=3)
"""A full mailbox or a phone that is off is tried again after this; a wrong address never."""

_OPTED_OUT = text("""
    UPDATE contact_points SET opted_out_at = coalesce(opted_out_at, :at) WHERE id = :contact_point
""")

_BLOCKED = text("""
    INSERT INTO reachability (contact_point_id, inbox_id, blocked_at)
    VALUES (:contact_point, :inbox, :at)
    ON CONFLICT (contact_point_id, inbox_id) DO UPDATE
       SET blocked_at = coalesce(reachability.blocked_at, excluded.blocked_at)
""")

_UNHEALTHY = text("""
    UPDATE contact_points SET health = :health, health_detail = :detail, health_until = :until
    WHERE id = :contact_point
""")

MARKING = frozenset({Reason.INVALID_ADDRESS, Reason.UNREACHABLE, Reason.BLOCKED, Reason.OPTED_OUT})


async def mark(
    session: WriteSession,
    *,
    contact_point_id: UUID,
    inbox_id: UUID,
    reason: str,
    detail: str,
    at: datetime,
) -> None:
    """Write down a `hub.ports.Reason`; those that are about the message alone change nothing."""
    connection = await session.connection()
    where: dict[str, object] = {"contact_point": contact_point_id}
    if reason == Reason.OPTED_OUT:
        await connection.execute(_OPTED_OUT, where | {"at": at})
    elif reason == Reason.BLOCKED:
        await connection.execute(_BLOCKED, where | {"inbox": inbox_id, "at": at})
    elif reason in MARKING:
        until = at + UNREACHABLE_FOR if reason == Reason.UNREACHABLE else None
        await connection.execute(
            _UNHEALTHY, where | {"health": str(reason), "detail": detail, "until": until}
        )
