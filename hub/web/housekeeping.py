"""What callers and operators leave behind is swept away, hourly, on whichever node."""

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import text

from hub.clock import Clock
from hub.customers import link_codes
from hub.db.engine import Database, WriteSession
from hub.db.outage import Outage
from hub.operators import lockout, notifications
from hub.timeline import leftovers
from hub.web import idempotency

EVERY = timedelta(hours=1)
_KEPT = timedelta(days=30)
"""Ended sign-ins and spent links stay that long, for the question who it was."""

_SIGN_INS = text("DELETE FROM sign_ins WHERE coalesce(revoked_at, expires_at) <= :before")
_LINKS = text("DELETE FROM setup_links WHERE coalesce(used_at, expires_at) <= :before")


async def sweep(session: WriteSession, now: datetime) -> None:
    """Remove answers of keyed calls, old failures to sign in, ended sign-ins, spent links,
    link codes nobody used, and notifications of long ago."""
    await notifications.sweep(session, now - timedelta(days=notifications.KEPT_DAYS))
    await idempotency.sweep(session, now)
    await lockout.sweep(session, now)
    await link_codes.sweep(session, now)
    connection = await session.connection()
    for statement in (_SIGN_INS, _LINKS):
        await connection.execute(statement, {"before": now - _KEPT})


async def run(database: Database, clock: Clock) -> None:
    """Sweep now and every hour, until cancelled."""
    outage = Outage("housekeeping")
    while True:
        try:
            async with database.transaction() as session:
                await sweep(session, clock())
            await leftovers.sweep(database, clock())
            outage.over()
            pause = EVERY.total_seconds()
        except Exception as error:  # noqa: BLE001 - Outage logs it
            pause = outage.failed(error)
        await asyncio.sleep(pause)
