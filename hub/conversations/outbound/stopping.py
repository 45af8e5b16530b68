"""A customer who follows the link in a mail of ours and asks for silence, or takes that back."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from hub.customers import consents
from hub.customers.consents import Purpose, Said
from hub.customers.homes import lock_point
from hub.db import event_log
from hub.db.engine import AnySession, WriteSession
from hub.events import EventType, NewEvent
from hub.inboxes import company

_LOOK = text("""
    SELECT p.value, p.opted_out_at, s.root_id
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


async def look(
    session: AnySession, point: UUID, purpose: Purpose = Purpose.ALL
) -> Standing | None:
    """How it stands with messages of this purpose; None when the contact point is gone."""
    row = (await (await session.connection()).execute(_LOOK, {"point": point})).first()
    if row is None:
        return None
    stopped = row.opted_out_at is not None
    if purpose is not Purpose.ALL:
        said = await consents.standing(session, [row.root_id])
        stopped = bool(consents.refusal(purpose, point, said))
    known = await company.of_contact_point(session, point)
    return Standing(row.value, known, stopped, row.root_id)


async def put(
    session: WriteSession, named: tuple[UUID, Purpose], *, stopped: bool, now: datetime
) -> None:
    """No more of this to (contact point, purpose), or again; what is so already stays."""
    point, purpose = named
    root_id = await lock_point(session, point)
    standing = await look(session, point, purpose)
    if standing is None or standing.stopped is stopped:
        return
    if purpose is Purpose.ALL:
        since = now if stopped else None
        await consents.silence(session, point, since, now=now, source="link")
    else:
        await consents.add(session, Said(point, purpose, not stopped, source="link", at=now))
    updated = NewEvent(
        EventType.CUSTOMER_UPDATED,
        now,
        customer_id=root_id,
        data={"changed": ["contact_points"]},
    )
    await event_log.append(session, [updated])
