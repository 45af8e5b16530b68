"""Which messages a live event may tell of as they were recorded, and which are read anew."""

from datetime import UTC, datetime
from uuid import UUID

from hub.events import Event, EventType
from hub.ids import new_id
from hub.timeline.hydrate import is_complete, told_first

AT = datetime(2026, 5, 3, tzinfo=UTC)
STREAM = new_id()


def event(kind: EventType, position: int | None = None, conversation: UUID | None = None) -> Event:
    stream = STREAM if position else None
    return Event(1, new_id(), kind, AT, None, conversation, stream, position, None, {}, None, 0)


def test_a_message_is_told_of_first_when_it_is_created() -> None:
    created = [event(EventType.MESSAGE_CREATED, 1), event(EventType.CUSTOMER_CREATED)]
    assert told_first(created) == {(STREAM, 1)}


def test_what_has_changed_since_is_read_anew() -> None:
    changed = [
        event(EventType.MESSAGE_CREATED, 1),
        event(EventType.MESSAGE_UPDATED, 1),
        event(EventType.MESSAGE_UPDATED, 2),
        event(EventType.MESSAGE_STATUS_CHANGED, 3),
        event(EventType.MESSAGE_CREATED, 3),
    ]
    assert told_first(changed) == set()


def test_nothing_is_read_when_every_entry_is_known_and_no_conversation_is_told_of() -> None:
    created = event(EventType.MESSAGE_CREATED, 1, conversation=new_id())
    opened = event(EventType.CONVERSATION_OPENED, conversation=new_id())
    assert is_complete([created], {(STREAM, 1): {}})
    assert not is_complete([created], {})
    assert not is_complete([created, opened], {(STREAM, 1): {}})
