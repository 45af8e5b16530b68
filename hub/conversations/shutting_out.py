"""Blocking a contact point: operators do not want to hear from there any more.

What comes from it goes on being recorded, since a mistake has to be mendable; but it opens and
wakes nothing, and nobody is notified. The customer is not told.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from hub.conversations.draft import Sender
from hub.conversations.status import SPAM, ConversationStatus, Patch
from hub.conversations.update import update
from hub.customers.homes import lock_home
from hub.db import event_log
from hub.db.engine import WriteSession
from hub.errors import NotFound
from hub.events import EventType, NewEvent

_FIND = text("""
    SELECT s.id AS stream_id FROM streams AS s WHERE s.contact_point_id = :point
""")

_WRITE = text("""
    UPDATE contact_points SET shut_out_at = :at, shut_out_reason = :reason WHERE id = :point
""")

# Those that this address opened: what the customer said elsewhere goes on.
_UNFINISHED = text("""
    SELECT id FROM conversations
    WHERE opening_stream_id = :stream AND status <> 'closed'
      AND inbox_id <> ALL (CAST(:hidden AS uuid[]))
""")


async def block(
    session: WriteSession, contact_point_id: UUID, reason: str, *, by: Sender, now: datetime
) -> UUID:
    """Shut the contact point out and close as spam what it has opened, as far as `by` sees it.

    Returns the customer. Raises NotFound.
    """
    root_id, stream_id = await _held(session, contact_point_id)
    connection = await session.connection()
    await connection.execute(_WRITE, {"point": contact_point_id, "at": now, "reason": reason})
    rows = await connection.execute(
        _UNFINISHED, {"stream": stream_id, "hidden": list(by.viewer.hidden_inboxes)}
    )
    patch = Patch(status=ConversationStatus.CLOSED, close_reason=SPAM)
    for conversation_id in list(rows.scalars()):
        await update(session, conversation_id, patch, by=by, now=now)
    await _tell(session, root_id, now)
    return root_id


async def unblock(session: WriteSession, contact_point_id: UUID, now: datetime) -> UUID:
    """Listen to the contact point again; what was closed meanwhile stays closed."""
    root_id, _ = await _held(session, contact_point_id)
    await (await session.connection()).execute(
        _WRITE, {"point": contact_point_id, "at": None, "reason": ""}
    )
    await _tell(session, root_id, now)
    return root_id


async def _held(session: WriteSession, contact_point_id: UUID) -> tuple[UUID, UUID]:
    """The customer, locked, and the stream of a contact point."""
    connection = await session.connection()
    row = (await connection.execute(_FIND, {"point": contact_point_id})).first()
    if row is None:
        raise NotFound(f"There is no contact point {contact_point_id}.")
    root_id = await lock_home(session, row.stream_id)
    assert root_id is not None  # noqa: S101 - a stream stays
    return root_id, row.stream_id


async def _tell(session: WriteSession, root_id: UUID, now: datetime) -> None:
    facts = {"changed": ["contact_points"]}
    await event_log.append(
        session, [NewEvent(EventType.CUSTOMER_UPDATED, now, customer_id=root_id, data=facts)]
    )
