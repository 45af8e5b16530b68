"""How far each operator has read a conversation, and what the customer is told of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from hub.db import event_log
from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.errors import NotFound
from hub.events import EventType, NewEvent
from hub.operators import notifications
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


# The conversation's last word from each address: who has read that has read all before it.
_SEEN = text("""
    UPDATE reachability AS r SET seen_position = r.last_inbound_position
    FROM conversations AS c
    JOIN streams AS home ON home.id = c.opening_stream_id
    JOIN streams AS s ON s.root_id = home.root_id
    JOIN entries AS e ON e.stream_id = s.id
    WHERE c.id = :conversation
      AND r.contact_point_id = s.contact_point_id AND r.inbox_id = e.inbox_id
      AND r.last_inbound_position = e.position AND e.conversation_id = c.id
      AND r.inbox_id <> ALL (CAST(:hidden AS uuid[]))
      AND coalesce(r.seen_position < r.last_inbound_position, true)
    RETURNING e.stream_id, e.position, e.inbox_id, home.root_id AS customer_id
""")


_UNSEEN = Query("""
    SELECT r.operator_id, c.inbound_count - r.inbound_count AS unseen
    FROM conversation_reads AS r JOIN conversations AS c ON c.id = r.conversation_id
    WHERE c.id = :id
""")
_SEE = Query("""
    INSERT INTO conversation_reads (conversation_id, operator_id, inbound_count)
    SELECT c.id, k.operator, greatest(c.inbound_count - k.unseen, 0)
    FROM conversations AS c,
         unnest(CAST(:operators AS uuid[]), CAST(:unseen AS integer[])) AS k(operator, unseen)
    WHERE c.id = ANY (CAST(:ids AS uuid[]))
    ON CONFLICT (conversation_id, operator_id) DO UPDATE SET inbound_count = excluded.inbound_count
""")


async def mark_read(
    session: WriteSession, conversation_id: UUID, viewer: Viewer, now: datetime
) -> None:
    """Everything in the conversation is read. A program reads nothing and marks nothing."""
    if viewer.kind == "operator":
        await _mark(session, conversation_id, viewer, back=0)
        await _tell(session, conversation_id, viewer, now)
        await notifications.mark_read(session, viewer, now, conversation_id=conversation_id)


async def unseen(session: WriteSession, conversation_id: UUID) -> dict[UUID, int]:
    """How many of its inbound messages each operator who has looked at it has not seen."""
    rows = await _UNSEEN.rows(session, {"id": conversation_id})
    return {row["operator_id"]: row["unseen"] for row in rows}


async def see_all_but(
    session: WriteSession, conversation_ids: Sequence[UUID], unseen: Mapping[UUID, int]
) -> None:
    """Each operator has seen each of these but so many messages.

    Nobody noted which ones: of two parts of one conversation, both may hold them.
    """
    await _SEE.rows(
        session,
        {
            "ids": list(conversation_ids),
            "operators": list(unseen),
            "unseen": list(unseen.values()),
        },
    )


async def mark_unread(session: WriteSession, conversation_id: UUID, viewer: Viewer) -> None:
    """The customer's last message is unread again; what the customer was told stays."""
    if viewer.kind == "operator":
        await _mark(session, conversation_id, viewer, back=1)


async def _tell(
    session: WriteSession, conversation_id: UUID, viewer: Viewer, now: datetime
) -> None:
    rows = await (await session.connection()).execute(
        _SEEN, {"conversation": conversation_id, "hidden": list(viewer.hidden_inboxes)}
    )
    events = [
        NewEvent(
            EventType.MESSAGE_SEEN,
            now,
            customer_id=row.customer_id,
            conversation_id=conversation_id,
            stream_id=row.stream_id,
            position=row.position,
            inbox_id=row.inbox_id,
            data={"operator_id": str(viewer.id)},
        )
        for row in rows
    ]
    if events:
        await event_log.append(session, events)


async def _mark(
    session: WriteSession, conversation_id: UUID, viewer: Viewer, *, back: int
) -> None:
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
