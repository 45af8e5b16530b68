"""What happened to a conversation, as a line on the customer's timeline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from hub.conversations.draft import Author
from hub.customers.streams import record_stream
from hub.db import event_log
from hub.db.engine import WriteSession
from hub.events import EventType, NewEvent
from hub.ids import new_id
from hub.timeline.record import NewEntry, Recorded, record


@dataclass(frozen=True, slots=True)
class Activity:
    """`name` (`conversation.closed`) and facts; the console makes a sentence of them."""

    name: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """The conversation that activities belong to."""

    root_id: UUID
    conversation_id: UUID
    inbox_id: UUID


async def tell(
    session: WriteSession,
    place: Place,
    activities: Sequence[Activity],
    author: Author,
    now: datetime,
) -> list[Recorded]:
    """Record activities of a conversation in the customer's own stream; the root is locked.

    They carry the conversation's inbox: who may not see it sees none of its activities.
    """
    if not activities:
        return []
    stream_id = await record_stream(session, place.root_id, now)
    entries = [
        NewEntry(
            stream_id,
            "activity",
            author.kind,
            now,
            new_id(),
            inbox_id=place.inbox_id,
            conversation_id=place.conversation_id,
            author_id=author.id,
            author_name=author.name,
            data={"activity": one.name, **one.facts},
        )
        for one in activities
    ]
    recorded = await record(session, entries, now=now)
    events = [
        NewEvent(
            EventType.ACTIVITY_CREATED,
            now,
            customer_id=place.root_id,
            conversation_id=place.conversation_id,
            stream_id=one.stream_id,
            position=one.position,
            inbox_id=place.inbox_id,
            data={"activity": said.name},
        )
        for one, said in zip(recorded, activities, strict=True)
    ]
    await event_log.append(session, events)
    return recorded
