"""Which object an event is about, and what the event itself says of it."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from hub.db.engine import AnySession
from hub.db.rows import Query
from hub.events import Event
from hub.ids import parse_id
from hub.rules.context import Subject
from hub.rules.triggers import happened, object_kind, told

_ENTRIES = Query("""
    SELECT e.stream_id, e.position, e.id
    FROM unnest(CAST(:streams AS uuid[]), CAST(:positions AS bigint[])) AS k(stream, position)
    JOIN entries AS e ON e.stream_id = k.stream AND e.position = k.position
""")

Place = tuple[UUID, int]


async def of_events(session: AnySession, events: Sequence[Event]) -> Mapping[int, Subject]:
    """By `seq`; an event about nothing that rules know has none."""
    entries = await _entries(session, events)
    found = {}
    for event in events:
        subject = _of(event, entries)
        if subject is not None:
            found[event.seq] = subject
    return found


def _of(event: Event, entries: Mapping[Place, UUID]) -> Subject | None:
    names = happened(event)
    if not names:
        return None
    kind = object_kind(names[0])
    id_ = _id(event, kind, entries)
    return Subject(kind, id_, told(event)) if id_ is not None else None


def _id(event: Event, kind: str, entries: Mapping[Place, UUID]) -> UUID | None:
    match kind:
        case "customer":
            return event.customer_id
        case "conversation":
            return event.conversation_id
        case "message":
            if event.stream_id is None or event.position is None:
                return None
            return entries.get((event.stream_id, event.position))
        case _:
            return parse_id(str(event.data.get(f"{kind}_id")))


async def _entries(session: AnySession, events: Sequence[Event]) -> Mapping[Place, UUID]:
    places = sorted(
        {
            (event.stream_id, event.position)
            for event in events
            if event.stream_id is not None and event.position is not None
        }
    )
    if not places:
        return {}
    rows = await _ENTRIES.rows(
        session, {"streams": [one[0] for one in places], "positions": [one[1] for one in places]}
    )
    return {(row["stream_id"], row["position"]): row["id"] for row in rows}
