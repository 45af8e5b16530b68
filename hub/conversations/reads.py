"""How far each operator has read a conversation."""

from uuid import UUID

from sqlalchemy import text

from hub.db.engine import WriteSession
from hub.errors import NotFound
from hub.operators.access import Viewer

# `back`: how many of the customer's messages to count as unread again.
_MARK = text("""
    INSERT INTO conversation_reads AS seen (conversation_id, operator_id, inbound_count)
    SELECT id, :operator, greatest(inbound_count - :back, 0) FROM conversations
    WHERE id = :conversation AND inbox_id <> ALL (CAST(:hidden AS uuid[]))
    ON CONFLICT (conversation_id, operator_id) DO UPDATE
       SET inbound_count = excluded.inbound_count
    RETURNING 1
""")


async def mark_read(session: WriteSession, conversation_id: UUID, viewer: Viewer) -> None:
    """Everything in the conversation is read. A program reads nothing and marks nothing."""
    await _mark(session, conversation_id, viewer, back=0)


async def mark_unread(session: WriteSession, conversation_id: UUID, viewer: Viewer) -> None:
    """The customer's last message is unread again."""
    await _mark(session, conversation_id, viewer, back=1)


async def _mark(
    session: WriteSession, conversation_id: UUID, viewer: Viewer, *, back: int
) -> None:
    if viewer.kind != "operator":
        return
    rows = await (await session.connection()).execute(
        _MARK,
        {
            "conversation": conversation_id,
            "operator": viewer.id,
            "hidden": list(viewer.hidden_inboxes),
            "back": back,
        },
    )
    if rows.first() is None:
        raise NotFound(f"There is no conversation {conversation_id}.")
