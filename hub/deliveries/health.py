"""What a failed delivery says about its contact point, for the routes of the messages after it."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from hub.customers import consents, reachability
from hub.db.engine import WriteSession
from hub.ports import Reason

UNREACHABLE_FOR = timedelta(days=3)
"""A full mailbox or a phone that is off is tried again after this; a wrong address never."""

_UNHEALTHY = text("""
    UPDATE contact_points SET health = :health, health_detail = :detail, health_until = :until
    WHERE id = :contact_point
""")


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
    if reason == Reason.OPTED_OUT:
        await consents.silence(session, contact_point_id, at, now=at, source="provider")
    elif reason == Reason.BLOCKED:
        await reachability.set_blocked(session, contact_point_id, inbox_id, at)
    elif reason in {Reason.INVALID_ADDRESS, Reason.UNREACHABLE}:
        until = at + UNREACHABLE_FOR if reason == Reason.UNREACHABLE else None
        await (await session.connection()).execute(
            _UNHEALTHY,
            {
                "contact_point": contact_point_id,
                "health": reason,
                "detail": detail,
                "until": until,
            },
        )
