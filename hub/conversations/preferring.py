"""A customer's wishes about being written to are kept, and who looks at them is told."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from hub.customers import preferences
from hub.customers.preferences import Hours
from hub.customers.roots import lock_roots
from hub.db import event_log
from hub.db.engine import WriteSession
from hub.events import EventType, NewEvent


async def prefer(
    session: WriteSession,
    customer_id: UUID,
    channels: Sequence[str],
    quiet: Hours,
    *,
    source: str,
    now: datetime,
) -> None:
    """Keep them on this record; raises NotFound for an unknown one."""
    root = (await lock_roots(session, [customer_id]))[customer_id]
    await preferences.put(session, customer_id, channels, quiet, source=source, now=now)
    updated = NewEvent(
        EventType.CUSTOMER_UPDATED, now, customer_id=root, data={"changed": ["preferences"]}
    )
    await event_log.append(session, [updated])
