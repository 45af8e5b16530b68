"""Where a channel stands with its provider, committed together with what it brought."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import orjson

from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.ports import Checkpoint

_PUT = Query("""
    INSERT INTO channel_state (inbox_id, key, value, updated_at)
    SELECT inbox, key, value::jsonb, :now
    FROM unnest(CAST(:inboxes AS uuid[]), CAST(:keys AS text[]), CAST(:values AS text[]))
         AS k(inbox, key, value)
    ORDER BY inbox, key
    ON CONFLICT (inbox_id, key) DO UPDATE
    SET value = excluded.value, updated_at = excluded.updated_at
""")


async def put(
    session: WriteSession, checkpoints: Iterable[tuple[UUID, Checkpoint | None]], now: datetime
) -> None:
    """Keep the last checkpoint of each (inbox, key), in the order given."""
    last = {
        (inbox_id, one.key): orjson.dumps(one.value).decode()
        for inbox_id, one in checkpoints
        if one is not None
    }
    if last:
        await _PUT.rows(
            session,
            {
                "inboxes": [inbox_id for inbox_id, _ in last],
                "keys": [key for _, key in last],
                "values": list(last.values()),
                "now": now,
            },
        )
