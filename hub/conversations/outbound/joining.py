"""Which conversation an outbound message joins, and what that does to the conversation.

An answer goes to the conversation it names, else to the customer's newest unfinished one of the
inbox's pool, else to a new one. A notice joins only what it names: it is no work for anybody.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from hub.conversations import kept
from hub.conversations.activities import Activity, Place, tell
from hub.conversations.draft import Draft, Sender
from hub.conversations.outbound.reach import Reach
from hub.conversations.routing import Known, Placement
from hub.db import event_log
from hub.db.engine import AnySession, WriteSession
from hub.errors import NotFound
from hub.events import EventType, NewEvent
from hub.ids import new_id
from hub.operators.access import Viewer
from hub.timeline.record import Recorded

# The customer's last message in a conversation: anywhere, or at one contact point and inbox.
_LAST_INBOUND = text("""
    SELECT contact_point_id, inbox_id, external_id, data, text, author_name, occurred_at
    FROM entries
    WHERE conversation_id = :conversation AND direction = 'inbound'
      AND (CAST(:stream AS uuid) IS NULL OR stream_id = :stream)
      AND (CAST(:inbox AS uuid) IS NULL OR inbox_id = :inbox)
    ORDER BY sort_at DESC, position DESC LIMIT 1
""")

_TOUCH = text("""
    UPDATE conversations
    SET last_stream_id = :stream, last_position = :position, updated_at = :now
    WHERE id = :id
""")

_ANSWER = text("""
    UPDATE conversations AS c
    SET last_stream_id = k.stream, last_position = k.position, updated_at = k.now,
        waiting_since = NULL, first_replied_at = coalesce(c.first_replied_at, k.at),
        status = k.status, closed_at = CASE WHEN k.status = 'closed' THEN k.now END,
        close_reason = CASE WHEN k.status = 'closed' THEN c.close_reason ELSE '' END,
        snoozed_until = CASE WHEN k.status = 'snoozed' THEN c.snoozed_until END,
        channels = CASE WHEN k.channel = ANY (c.channels) THEN c.channels
                        ELSE array_append(c.channels, k.channel) END
    FROM (VALUES (CAST(:stream AS uuid), CAST(:position AS bigint), CAST(:now AS timestamptz),
                  CAST(:at AS timestamptz), CAST(:status AS text), CAST(:channel AS text)))
         AS k(stream, position, now, at, status, channel)
    WHERE c.id = :id
""")

_SAID = {
    "closed": "conversation.closed",
    "open": "conversation.reopened",
    "pending": "conversation.pending",
}


@dataclass(frozen=True, slots=True)
class Target:
    """The conversation an outbound message joins. `status` as it was before."""

    id: UUID
    inbox_id: UUID
    status: str


async def named(
    session: AnySession, root_id: UUID, conversation_id: UUID | None, viewer: Viewer
) -> Target | None:
    """The conversation with that id; raises NotFound unless it is this customer's and visible."""
    if conversation_id is None:
        return None
    for one in await kept.by_id(session, [conversation_id]):
        if one.root_id == root_id and viewer.sees(one.inbox_id):
            return Target(one.id, one.inbox_id, one.status)
    raise NotFound(f"This customer has no conversation {conversation_id}.")


async def last_inbound(
    session: AnySession, conversation_id: UUID | None, at: Reach | None = None
) -> Row[Any] | None:
    """The customer's last message.

    (contact_point_id, inbox_id, external_id, data, text, author_name, occurred_at)
    """
    if conversation_id is None:
        return None
    rows = await (await session.connection()).execute(
        _LAST_INBOUND,
        {
            "conversation": conversation_id,
            "stream": at.stream_id if at else None,
            "inbox": at.candidate.inbox_id if at else None,
        },
    )
    return rows.first()


async def join_or_open(
    session: WriteSession, root_id: UUID, where: Reach, viewer: Viewer, now: datetime
) -> Target:
    """The conversation of an answer that names none."""
    for one in await kept.current(session, [(root_id, where.pool)]):
        if viewer.sees(one.inbox_id):
            return Target(one.id, one.inbox_id, one.status)
    inbox_id = where.candidate.inbox_id
    born = Known(
        id=new_id(),
        root_id=root_id,
        inbox_id=inbox_id,
        pool=where.pool,
        status="open",
        opened_at=now,
        updated_at=now,
    )
    await kept.open_new(session, [(Placement(born, was=""), where.stream_id)])
    opened = NewEvent(
        EventType.CONVERSATION_OPENED,
        now,
        customer_id=root_id,
        conversation_id=born.id,
        inbox_id=inbox_id,
    )
    await event_log.append(session, [opened])
    return Target(born.id, inbox_id, "open")


async def touch(
    session: WriteSession, conversation_id: UUID, last: Recorded, now: datetime
) -> None:
    """`last` is the newest entry now; nothing else changes."""
    await (await session.connection()).execute(
        _TOUCH,
        {"id": conversation_id, "stream": last.stream_id, "position": last.position, "now": now},
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that was recorded: where it went, and the status wanted afterwards."""

    root_id: UUID
    target: Target
    draft: Draft
    channel: str
    recorded: Recorded

    @property
    def status(self) -> str:
        """Afterwards: as asked; else what was closed is open again, and the rest as it was."""
        was = self.target.status
        return self.draft.status or ("open" if was == "closed" else was)


async def answered(session: WriteSession, one: Answer, by: Sender, now: datetime) -> None:
    """The ball is in the customer's court; a changed status is told."""
    await (await session.connection()).execute(
        _ANSWER,
        {
            "id": one.target.id,
            "stream": one.recorded.stream_id,
            "position": one.recorded.position,
            "now": now,
            "at": one.draft.send_at or now,
            "status": one.status,
            "channel": one.channel,
        },
    )
    if one.status == one.target.status:
        return
    changed = NewEvent(
        EventType.CONVERSATION_UPDATED,
        now,
        customer_id=one.root_id,
        conversation_id=one.target.id,
        inbox_id=one.target.inbox_id,
        data={"changed": {"status": [one.target.status, one.status]}},
    )
    await event_log.append(session, [changed])
    place = Place(one.root_id, one.target.id, one.target.inbox_id)
    await tell(session, place, [Activity(_SAID[one.status])], by.author, now)
