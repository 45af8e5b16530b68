"""Appending to the event log with a business transaction, and reading what the relay numbered."""

from collections.abc import Sequence

import orjson
from sqlalchemy import text

from hub.db.columns import by_field, column
from hub.db.engine import AnySession, WriteSession, wake_after_commit
from hub.db.rows import Query, Write, run_together
from hub.db.signals import Topic
from hub.events import Event, NewEvent
from hub.ids import new_id

_APPEND = Query("""
    INSERT INTO pending_events (id, type, occurred_at, customer_id, conversation_id, stream_id,
                                position, inbox_id, data, rule_id, depth)
    SELECT id, coalesce(type, :type_all),
           coalesce(occurred_at, CAST(:occurred_at_all AS timestamptz)),
           coalesce(customer_id, CAST(:customer_id_all AS uuid)),
           coalesce(conversation_id, CAST(:conversation_id_all AS uuid)),
           coalesce(stream_id, CAST(:stream_id_all AS uuid)),
           coalesce(position, CAST(:position_all AS bigint)),
           coalesce(inbox_id, CAST(:inbox_id_all AS uuid)),
           coalesce(data, :data_all)::jsonb,
           coalesce(rule_id, CAST(:rule_id_all AS uuid)),
           coalesce(depth, CAST(:depth_all AS smallint))
    FROM unnest(CAST(:id AS uuid[]), CAST(:type AS text[]), CAST(:occurred_at AS timestamptz[]),
                CAST(:customer_id AS uuid[]), CAST(:conversation_id AS uuid[]),
                CAST(:stream_id AS uuid[]), CAST(:position AS bigint[]),
                CAST(:inbox_id AS uuid[]), CAST(:data AS text[]), CAST(:rule_id AS uuid[]),
                CAST(:depth AS smallint[]))
         WITH ORDINALITY AS e(id, type, occurred_at, customer_id, conversation_id, stream_id,
                              position, inbox_id, data, rule_id, depth, ordinal)
    ORDER BY ordinal
""")

_READ = Query("""
    SELECT seq, id, type, occurred_at, customer_id, conversation_id, stream_id, position,
           inbox_id, data, rule_id, depth
    FROM events WHERE seq > :after ORDER BY seq LIMIT :limit
""")


async def append(session: WriteSession, events: Sequence[NewEvent]) -> None:
    """Record `events`, in this order, with the transaction. They are numbered after its commit.

    Append after the root customer's row is locked: then the log keeps each customer's order.
    """
    await run_together(session, appending(session, events))


def appending(session: WriteSession, events: Sequence[NewEvent]) -> list[Write]:
    """The same, to be run together with other writes of the transaction."""
    if not events:
        return []
    told = by_field(events)
    told["type"] = tuple([str(event.type) for event in events])
    told["data"] = tuple([orjson.dumps(event.data).decode() for event in events])
    columns: dict[str, object] = {"id": [new_id() for _ in events]}
    for name, values in told.items():
        columns |= column(name, values)
    wake_after_commit(session, Topic.PENDING)
    return [Write(_APPEND, columns)]


async def read(session: AnySession, *, after: int, limit: int) -> list[Event]:
    """Numbered events past `after`, in order."""
    rows = await _READ.rows(session, {"after": after, "limit": limit})
    # The columns stand in the order of the fields.
    return [Event(*row) for row in rows]


async def bounds(session: AnySession) -> tuple[int, int]:
    """The first and last kept `seq`; (1, 0) when the log is empty."""
    row = (
        await (await session.connection()).execute(
            text("SELECT coalesce(min(seq), 1) AS low, coalesce(max(seq), 0) AS high FROM events")
        )
    ).one()
    return row.low, row.high
