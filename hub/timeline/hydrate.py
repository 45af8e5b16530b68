"""What a live event says: the log's facts, with the entry or conversation as it is now."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from hub.clock import rfc3339
from hub.db.engine import AnySession
from hub.db.rows import Query
from hub.events import FOR_ONE, Event, EventType
from hub.mappings import NOTHING
from hub.timeline.broadcast import LiveEvent
from hub.timeline.view import Key, load

Entry = Mapping[str, Any]
"""As `hub.timeline.view` shows it."""

Summaries = Callable[[AnySession, Sequence[UUID]], Awaitable[Mapping[UUID, Mapping[str, Any]]]]
"""Loads what API and live feed show of conversations, the same for every viewer."""

_DELIVERIES = Query("""
    SELECT entry_id, array_agg(id ORDER BY number) AS ids FROM deliveries
    WHERE entry_id = ANY (CAST(:entries AS uuid[])) GROUP BY entry_id
""")


def told_first(events: Sequence[Event]) -> set[Key]:
    """The messages that these events tell of for the first time, and nothing further about."""
    told: dict[Key, bool] = {}
    for event, key in _keys(events):
        told[key] = event.type == EventType.MESSAGE_CREATED and key not in told
    return {key for key, once in told.items() if once}


def is_complete(events: Sequence[Event], known: Mapping[Key, Entry]) -> bool:
    """Whether `known` entries are all that the events need."""
    return not _conversation_ids(events) and all(key in known for _, key in _keys(events))


async def hydrate(
    session: AnySession,
    events: Sequence[Event],
    summaries: Summaries,
    known: Mapping[Key, Entry],
) -> list[LiveEvent]:
    """The events ready to be sent, in order; a few queries for what is not `known`."""
    missing = {key for _, key in _keys(events)} - known.keys()
    found = {
        (UUID(entry["stream_id"]), entry["position"]): entry
        for entry in await load(session, list(missing))
    }
    deliveries = await _deliveries(session, found.values())
    ids = _conversation_ids(events)
    conversations = await summaries(session, sorted(ids)) if ids else {}
    return assemble(events, {**known, **found}, conversations, deliveries)


def assemble(
    events: Sequence[Event],
    entries: Mapping[Key, Entry],
    conversations: Mapping[UUID, Mapping[str, Any]] = NOTHING,
    deliveries: Mapping[str, tuple[UUID, ...]] = NOTHING,
) -> list[LiveEvent]:
    """The events ready to be sent, of what is at hand."""
    return [
        _live(
            event,
            entry := entries.get((event.stream_id, event.position)),  # type: ignore[arg-type]
            conversations.get(event.conversation_id),  # type: ignore[arg-type]
            deliveries.get(entry["id"], ()) if entry else (),
        )
        for event in events
    ]


def _keys(events: Sequence[Event]) -> list[tuple[Event, Key]]:
    return [
        (event, (event.stream_id, event.position))
        for event in events
        if event.stream_id is not None and event.position is not None
    ]


def _conversation_ids(events: Sequence[Event]) -> set[UUID]:
    return {
        event.conversation_id
        for event in events
        if event.conversation_id is not None and event.type.startswith("conversation.")
    }


async def _deliveries(
    session: AnySession, entries: Iterable[Mapping[str, Any]]
) -> dict[str, tuple[UUID, ...]]:
    outbound = [entry["id"] for entry in entries if entry["direction"] == "outbound"]
    if not outbound:
        return {}
    rows = await _DELIVERIES.rows(session, {"entries": outbound})
    return {str(entry_id): tuple(ids) for entry_id, ids in rows}


def _live(
    event: Event,
    entry: Mapping[str, Any] | None,
    conversation: Mapping[str, Any] | None,
    deliveries: tuple[UUID, ...],
) -> LiveEvent:
    data = dict(event.data)
    if entry is not None:
        data["entry"] = entry
    if conversation is not None and event.type.startswith("conversation."):
        data["conversation"] = conversation
    frame = orjson.dumps(
        {
            "seq": event.seq,
            "type": event.type,
            "id": event.id,
            "occurred_at": rfc3339(event.occurred_at),
            "customer_id": event.customer_id,
            "conversation_id": event.conversation_id,
            "data": data,
        },
        # asyncpg has a UUID type of its own, which orjson does not know.
        default=str,
    )
    point = entry["contact_point"] if entry else None
    return LiveEvent(
        event.seq,
        event.type,
        frame,
        _inboxes(event, entry),
        (point["scheme"], point["value"]) if point else None,
        entry,
        deliveries,
        operator_id=UUID(str(event.data["operator_id"])) if event.type in FOR_ONE else None,
    )


def _inboxes(event: Event, entry: Mapping[str, Any] | None) -> frozenset[UUID]:
    own = () if event.inbox_id is None else (event.inbox_id,)
    shown = entry["inbox_id"] if entry else None
    if not shown or shown == str(event.inbox_id):
        return frozenset(own)
    return frozenset((*own, UUID(shown)))
