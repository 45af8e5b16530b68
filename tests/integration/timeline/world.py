"""A small world to record entries in: inboxes, customers and their streams, by plain rows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from hub.db.engine import WriteSession
from hub.ids import new_id
from hub.operators.access import Scope, Viewer
from hub.timeline.record import NewEntry

NOW = datetime(2026, 5, 3, 9, 14, tzinfo=UTC)


def viewer(*hidden: UUID, operator: UUID | None = None) -> Viewer:
    scopes = frozenset({Scope.MESSAGES_READ, Scope.MESSAGES_WRITE, Scope.CUSTOMERS_READ})
    return Viewer("operator", operator or new_id(), "Olga", scopes, frozenset(hidden))


@dataclass(frozen=True, slots=True)
class Person:
    """A customer with one stream per contact point; the contact points are `webchat:<value>`."""

    id: UUID
    streams: tuple[UUID, ...]
    points: tuple[UUID, ...]
    values: tuple[str, ...]


async def add_inbox(session: WriteSession, channel: str = "webchat") -> UUID:
    inbox_id = new_id()
    await session.execute(
        text("INSERT INTO inboxes (id, channel, name) VALUES (:id, :channel, 'Shop')"),
        {"id": inbox_id, "channel": channel},
    )
    return inbox_id


async def add_person(
    session: WriteSession, streams: int = 1, *, name: str = "Anna", folded: str = "anna"
) -> Person:
    customer, points = new_id(), [new_id() for _ in range(streams)]
    homes, values = [new_id() for _ in range(streams)], [str(new_id()) for _ in range(streams)]
    await session.execute(
        text(
            "INSERT INTO customers (id, root_id, name, folded) VALUES (:id, :id, :name, :folded)"
        ),
        {"id": customer, "name": name, "folded": folded},
    )
    await session.execute(
        text("""
            INSERT INTO contact_points (id, scheme, value)
            SELECT id, 'webchat', value
            FROM unnest(CAST(:ids AS uuid[]), CAST(:values AS text[])) AS one(id, value)
        """),
        {"ids": points, "values": values},
    )
    await session.execute(
        text("""
            INSERT INTO streams (id, contact_point_id, record_id, root_id)
            SELECT id, point, :root, :root
            FROM unnest(CAST(:ids AS uuid[]), CAST(:points AS uuid[])) AS one(id, point)
        """),
        {"ids": homes, "points": points, "root": customer},
    )
    return Person(customer, tuple(homes), tuple(points), tuple(values))


def message(
    person: Person, text: str = "", *, stream: int = 0, inbox: UUID | None = None, **fields: object
) -> NewEntry:
    """An inbound message, unless `fields` say otherwise."""
    facts: dict[str, Any] = {
        "kind": "message",
        "direction": "inbound",
        "channel": "webchat",
        "author_kind": "customer",
        "occurred_at": NOW,
        "inbox_id": inbox,
        "contact_point_id": person.points[stream],
    }
    return NewEntry(
        stream_id=person.streams[stream], text=text, **{"id": new_id(), **facts, **fields}
    )


async def add_conversation(session: WriteSession, person: Person, inbox: UUID) -> UUID:
    conversation = new_id()
    await session.execute(
        text("""
            INSERT INTO conversations (id, opening_stream_id, inbox_id, pool, opened_at,
                                       updated_at)
            VALUES (:id, :stream, :inbox, 'main', :now, :now)
        """),
        {
            "id": conversation,
            "stream": person.streams[0],
            "inbox": inbox,
            "now": NOW,
        },
    )
    return conversation


async def plan_of(
    session: WriteSession, query: TextClause, mode: str, **values: tuple[str, str]
) -> str:
    """What PostgreSQL does with `query`, planned with its values or without (`plan_cache_mode`).

    values: (type, literal) of each parameter.
    """
    numbered = query.text
    for number, name in enumerate(values, start=1):
        numbered = re.sub(rf"(?<!:):{name}\b", f"${number}", numbered)
    types = ", ".join(kind for kind, _ in values.values())
    literals = ", ".join(f"'{literal}'" for _, literal in values.values())
    connection = await session.connection()
    await connection.exec_driver_sql(f"SET LOCAL plan_cache_mode = {mode}")
    # What a table far larger than the memory looks like to the planner.
    await connection.exec_driver_sql("SET LOCAL effective_cache_size = '64kB'")
    await connection.exec_driver_sql("SET LOCAL random_page_cost = 4")
    await connection.exec_driver_sql(f"PREPARE planned ({types}) AS {numbered}")
    rows = await connection.exec_driver_sql(
        f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS OFF) EXECUTE planned ({literals})"
    )
    plan = "\n".join(rows.scalars())
    await connection.exec_driver_sql("DEALLOCATE planned")
    return plan


def texts(items: Sequence[dict[str, object]]) -> list[object]:
    return [item["text"] for item in items]
