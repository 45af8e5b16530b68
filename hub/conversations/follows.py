"""Who follows a conversation: whoever does hears of what the customer writes in it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from hub.conversations.update import hold
from hub.db import event_log
from hub.db.engine import WriteSession
from hub.errors import NotFound
from hub.events import EventType, NewEvent
from hub.operators.access import Viewer

_FOLLOW = text("""
    INSERT INTO conversation_followers (conversation_id, operator_id, created_at)
    VALUES (:conversation, :operator, :now) ON CONFLICT DO NOTHING RETURNING 1
""")

_LEAVE = text("""
    DELETE FROM conversation_followers
    WHERE conversation_id = :conversation AND operator_id = :operator RETURNING 1
""")

_FOLLOWERS = text("""
    SELECT operator_id FROM conversation_followers
    WHERE conversation_id = :conversation ORDER BY created_at, operator_id
""")


async def follow(
    session: WriteSession, conversation_id: UUID, viewer: Viewer, now: datetime
) -> None:
    """The viewer follows the conversation. Raises NotFound, also for one they may not see."""
    await _become(session, conversation_id, viewer, now, follows=True)


async def leave(
    session: WriteSession, conversation_id: UUID, viewer: Viewer, now: datetime
) -> None:
    """The viewer follows the conversation no longer."""
    await _become(session, conversation_id, viewer, now, follows=False)


async def _become(
    session: WriteSession, conversation_id: UUID, viewer: Viewer, now: datetime, *, follows: bool
) -> None:
    held = await hold(session, conversation_id)
    if held is None or not viewer.sees(held.inbox_id):
        raise NotFound(f"There is no conversation {conversation_id}.")
    connection = await session.connection()
    place = {"conversation": held.id}
    before = [str(one) for one in (await connection.execute(_FOLLOWERS, place)).scalars()]
    values = {**place, "operator": viewer.id, "now": now}
    if await connection.scalar(_FOLLOW if follows else _LEAVE, values) is None:
        return
    after = [str(one) for one in (await connection.execute(_FOLLOWERS, place)).scalars()]
    changed = NewEvent(
        EventType.CONVERSATION_UPDATED,
        now,
        customer_id=held.root_id,
        conversation_id=held.id,
        inbox_id=held.inbox_id,
        data={
            "changed": {"followers": [before, after]},
            "by": {"kind": viewer.kind, "id": str(viewer.id)},
        },
    )
    await event_log.append(session, [changed])
