"""Appending to the event log with a business transaction, and reading what the relay numbered."""

from collections.abc import Sequence

import orjson
from sqlalchemy import RowMapping, text

from hub.db.engine import AnySession, WriteSession, wake_after_commit
from hub.db.signals import Topic
from hub.events import Event, NewEvent
from hub.ids import new_id

_APPEND = text("""
    INSERT INTO pending_events (id, type, occurred_at, customer_id, conversation_id, stream_id,
                                position, inbox_id, data, rule_id, depth)
    SELECT id, type, occurred_at, customer_id, conversation_id, stream_id,
           position, inbox_id, data::jsonb, rule_id, depth
    FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:moments AS timestamptz[]),
                CAST(:customers AS uuid[]), CAST(:conversations AS uuid[]),
                CAST(:streams AS uuid[]), CAST(:positions AS bigint[]),
                CAST(:inboxes AS uuid[]), CAST(:datas AS text[]), CAST(:rules AS uuid[]),
                CAST(:depths AS smallint[]))
         WITH ORDINALITY AS e(id, type, occurred_at, customer_id, conversation_id, stream_id,
                              position, inbox_id, data, rule_id, depth, ordinal)
    ORDER BY ordinal
""")

_READ = text("""
    SELECT seq, id, type, occurred_at, customer_id, conversation_id, stream_id, position,
           inbox_id, data, rule_id, depth
    FROM events WHERE seq > :after ORDER BY seq LIMIT :limit
""")


async def append(session: WriteSession, events: Sequence[NewEvent]) -> None:
    """Record `events`, in this order, with the transaction. They are numbered after its commit.

    Append after the root customer's row is locked: then the log keeps each customer's order.
    """
    if not events:
        return
    await (await session.connection()).execute(
        _APPEND,
        {
            "ids": [new_id() for _ in events],
            "types": [str(event.type) for event in events],
            "moments": [event.occurred_at for event in events],
            "customers": [event.customer_id for event in events],
            "conversations": [event.conversation_id for event in events],
            "streams": [event.stream_id for event in events],
            "positions": [event.position for event in events],
            "inboxes": [event.inbox_id for event in events],
            "datas": [orjson.dumps(event.data).decode() for event in events],
            "rules": [event.rule_id for event in events],
            "depths": [event.depth for event in events],
        },
    )
    wake_after_commit(session, Topic.PENDING)


def to_event(row: RowMapping) -> Event:
    return Event(**row)


async def read(session: AnySession, *, after: int, limit: int) -> list[Event]:
    """Numbered events past `after`, in order."""
    rows = await (await session.connection()).execute(_READ, {"after": after, "limit": limit})
    return [to_event(row) for row in rows.mappings()]


async def bounds(session: AnySession) -> tuple[int, int]:
    """The first and last kept `seq`; (1, 0) when the log is empty."""
    row = (
        await (await session.connection()).execute(
            text("SELECT coalesce(min(seq), 1) AS low, coalesce(max(seq), 0) AS high FROM events")
        )
    ).one()
    return row.low, row.high
