"""What a failed delivery says about its contact point, for the routes of the messages after it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from hub.customers import consents, reachability
from hub.db.engine import WriteSession
from hub.ports import Reason

LASTS: Mapping[str, timedelta] = {
    Reason.UNREACHABLE: timedelta(days=3),
    Reason.INVALID_ADDRESS: timedelta(days=90),
}
"""After this the address is tried again: a full mailbox or a phone that is off soon, a wrong
address late, since mailboxes are set up anew and servers refuse by mistake."""

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
    elif (lasts := LASTS.get(reason)) is not None:
        await (await session.connection()).execute(
            _UNHEALTHY,
            {
                "contact_point": contact_point_id,
                "health": reason,
                "detail": detail,
                "until": at + lasts,
            },
        )
