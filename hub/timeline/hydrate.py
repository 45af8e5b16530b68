"""What a live event says: the log's facts, with the entry or conversation as it is now."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from hub.clock import rfc3339
from hub.db.engine import AnySession
from hub.db.rows import Query
from hub.events import FOR_ONE, Event
from hub.timeline.broadcast import LiveEvent
from hub.timeline.view import load

Summaries = Callable[[AnySession, Sequence[UUID]], Awaitable[Mapping[UUID, Mapping[str, Any]]]]
"""Loads what API and live feed show of conversations, the same for every viewer."""

_DELIVERIES = Query("""
    SELECT entry_id, array_agg(id ORDER BY number) AS ids FROM deliveries
    WHERE entry_id = ANY (CAST(:entries AS uuid[])) GROUP BY entry_id
""")


async def hydrate(
    session: AnySession, events: Sequence[Event], summaries: Summaries
) -> list[LiveEvent]:
    """The events ready to be sent, in order; a few queries for all of them together."""
    entries = await _entries(session, events)
    deliveries = await _deliveries(session, entries.values())
    conversations = await _conversations(session, events, summaries)
    return [
        _live(
            event,
            entry := entries.get((event.stream_id, event.position)),
            conversations.get(event.conversation_id),
            deliveries.get(entry["id"], ()) if entry else (),
        )
        for event in events
    ]


async def _entries(
    session: AnySession, events: Sequence[Event]
) -> dict[tuple[UUID | None, int | None], dict[str, Any]]:
    keys = {
        (event.stream_id, event.position)
        for event in events
        if event.stream_id is not None and event.position is not None
    }
    found = await load(session, list(keys))
    return {(UUID(entry["stream_id"]), entry["position"]): entry for entry in found}


async def _deliveries(
    session: AnySession, entries: Iterable[Mapping[str, Any]]
) -> dict[str, tuple[UUID, ...]]:
    outbound = [entry["id"] for entry in entries if entry["direction"] == "outbound"]
    if not outbound:
        return {}
    rows = await _DELIVERIES.rows(session, {"entries": outbound})
    return {str(entry_id): tuple(ids) for entry_id, ids in rows}


async def _conversations(
    session: AnySession, events: Sequence[Event], summaries: Summaries
) -> Mapping[UUID | None, Mapping[str, Any]]:
    ids = {
        event.conversation_id
        for event in events
        if event.conversation_id is not None and event.type.startswith("conversation.")
    }
    return dict((await summaries(session, sorted(ids))).items()) if ids else {}


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
    told = {event.inbox_id, UUID(entry["inbox_id"]) if entry and entry["inbox_id"] else None}
    return frozenset(inbox for inbox in told if inbox is not None)
