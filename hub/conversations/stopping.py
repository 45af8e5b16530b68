"""A customer who follows the link in a mail of ours and asks for silence, or takes that back."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from hub.customers import consents
from hub.customers.roots import lock_roots
from hub.db import event_log
from hub.db.engine import AnySession, WriteSession
from hub.events import EventType, NewEvent

_LOOK = text("""
    SELECT p.value, p.opted_out_at, s.root_id,
           (SELECT i.name FROM deliveries AS d JOIN inboxes AS i ON i.id = d.inbox_id
            WHERE d.contact_point_id = p.id ORDER BY d.number DESC LIMIT 1) AS company
    FROM contact_points AS p JOIN streams AS s ON s.contact_point_id = p.id
    WHERE p.id = :point
""")


@dataclass(frozen=True, slots=True)
class Standing:
    """Whose mails they are, where they go, and whether they still do."""

    address: str
    company: str
    stopped: bool
    root_id: UUID


async def look(session: AnySession, point: UUID) -> Standing | None:
    """How it stands; None when the contact point is gone."""
    row = (await (await session.connection()).execute(_LOOK, {"point": point})).first()
    if row is None:
        return None
    return Standing(row.value, row.company or "", row.opted_out_at is not None, row.root_id)


async def put(session: WriteSession, point: UUID, *, stopped: bool, now: datetime) -> None:
    """Be silent from now on, or no longer; what is so already stays as it is."""
    standing = await look(session, point)
    if standing is None or standing.stopped is stopped:
        return
    roots = await lock_roots(session, [standing.root_id])
    since = now if stopped else None
    await consents.silence(session, point, since, now=now, source="link")
    updated = NewEvent(
        EventType.CUSTOMER_UPDATED,
        now,
        customer_id=roots[standing.root_id],
        data={"changed": ["contact_points"]},
    )
    await event_log.append(session, [updated])
