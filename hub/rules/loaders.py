"""Reading the objects that rules look at, many at once, each with the customer it is of now."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from hub.conversations import rating
from hub.db.engine import AnySession
from hub.db.rows import Query
from hub.mappings import NOTHING
from hub.objects import repository as objects
from hub.orders import repository as orders

Values = Mapping[str, Any]


class Loaded(NamedTuple):
    """An object as its feature shows it; `customer_id` is the root its record has now.

    more: what comes with it, by kind: a message brings its conversation.
    place: (stream, position) of an inbound message. desk: (inbox, team) whose hours hold.
    A tuple: thousands are made at a time.
    """

    customer_id: UUID
    values: Values
    conversation_id: UUID | None = None
    more: Mapping[str, Values] = NOTHING
    place: tuple[UUID, int] | None = None
    desk: tuple[UUID | None, UUID | None] = (None, None)


Loader = Callable[[AnySession, Sequence[UUID]], Awaitable[Mapping[UUID, Loaded]]]

_CONVERSATIONS = Query("""
    SELECT c.id, s.root_id AS customer_id, c.status, c.priority, c.labels, c.channels,
           c.close_reason, c.score, c.opened_at, c.waiting_since, c.last_inbound_at, c.closed_at,
           coalesce(o.email, '') AS assignee, coalesce(t.name, '') AS team, i.name AS inbox,
           c.due_at, c.inbox_id, c.team_id
    FROM conversations AS c
    JOIN streams AS s ON s.id = c.opening_stream_id
    JOIN inboxes AS i ON i.id = c.inbox_id
    LEFT JOIN operators AS o ON o.id = c.assignee_id
    LEFT JOIN teams AS t ON t.id = c.team_id
    WHERE c.id = ANY (CAST(:ids AS uuid[])) AND c.merged_into_id IS NULL
""")
_OF_CONVERSATION = (
    "status", "priority", "labels", "channels", "close_reason", "score",
    "opened_at", "waiting_since",
    "last_inbound_at", "closed_at", "due_at", "assignee", "team", "inbox",
)  # fmt: skip

_MESSAGES = Query("""
    SELECT e.id, s.root_id AS customer_id, e.conversation_id, e.stream_id, e.position, e.text,
           e.direction, e.channel, e.author_kind AS author, e.status, e.file_count AS files,
           e.automatic, coalesce(i.name, '') AS inbox, coalesce(e.data->>'button', '') AS button
    FROM entries AS e
    JOIN streams AS s ON s.id = e.stream_id
    LEFT JOIN inboxes AS i ON i.id = e.inbox_id
    WHERE e.id = ANY (CAST(:ids AS uuid[])) AND e.kind = 'message' AND e.deleted_at IS NULL
""")
_OF_MESSAGE = (
    "text", "direction", "channel", "inbox", "author", "status", "button", "files", "automatic",
)  # fmt: skip

_ALONE: Values = {"others": []}
"""What else a message names beside the object: `hub.reminders.joining` says."""

_EVENTS = Query("""
    SELECT e.id, c.root_id AS customer_id, e.name, e.system, e.data
    FROM custom_events AS e JOIN customers AS c ON c.id = e.customer_id
    WHERE e.id = ANY (CAST(:ids AS uuid[]))
""")
_OF_EVENT = ("name", "system", "data")


async def orders_by_id(session: AnySession, ids: Sequence[UUID]) -> Mapping[UUID, Loaded]:
    rows = await objects.stored(session, "orders", ids)
    reached = await orders.reached(session, ids)
    return {row["id"]: of_object(row, reached.get(row["id"], NOTHING)) for row in rows}


async def appointments_by_id(session: AnySession, ids: Sequence[UUID]) -> Mapping[UUID, Loaded]:
    rows = await objects.stored(session, "appointments", ids)
    return {row["id"]: of_object(row) for row in rows}


def of_object(row: asyncpg.Record, reached: Mapping[str, datetime] = NOTHING) -> Loaded:
    """An order or an appointment as `hub.objects.repository.stored` reads it.

    reached: when it came to each of its statuses.
    """
    return Loaded(row["root_id"], {**reached, **_ALONE, **objects.shown(row)})


async def conversations_by_id(session: AnySession, ids: Sequence[UUID]) -> Mapping[UUID, Loaded]:
    return {
        row["id"]: Loaded(
            row["customer_id"],
            _conversation(row),
            row["id"],
            desk=(row["inbox_id"], row["team_id"]),
        )
        for row in await _CONVERSATIONS.rows(session, {"ids": list(ids)})
    }


async def messages_by_id(session: AnySession, ids: Sequence[UUID]) -> Mapping[UUID, Loaded]:
    """Those that were deleted are gone for rules too."""
    rows = await _MESSAGES.rows(session, {"ids": list(ids)})
    there = sorted({row["conversation_id"] for row in rows} - {None})
    known = await conversations_by_id(session, there) if there else {}
    found = {}
    for row in rows:
        within = known.get(row["conversation_id"])
        more = {"conversation": within.values} if within else {}
        place = (row["stream_id"], row["position"]) if row["direction"] == "inbound" else None
        values = _values(row, _OF_MESSAGE)
        found[row["id"]] = Loaded(
            row["customer_id"],
            values,
            row["conversation_id"],
            more,
            place,
            desk=within.desk if within else (None, None),
        )
    return found


async def events_by_id(session: AnySession, ids: Sequence[UUID]) -> Mapping[UUID, Loaded]:
    return {
        row["id"]: Loaded(row["customer_id"], _values(row, _OF_EVENT))
        for row in await _EVENTS.rows(session, {"ids": list(ids)})
    }


def _conversation(row: asyncpg.Record) -> Values:
    """`answers`: what the buttons of a template bring back, by score."""
    facts = {**_values(row, _OF_CONVERSATION), "timer": ""}
    return {**facts, "answers": rating.answers(row["id"])}


def _values(row: asyncpg.Record, names: Sequence[str]) -> Values:
    return {"id": str(row["id"]), **{name: row[name] for name in names}}
