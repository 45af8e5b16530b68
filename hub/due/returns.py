"""Holding and giving back many claims at once, each until a time of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from sqlalchemy import text

from hub.db.engine import WriteSession, wake_after_commit
from hub.db.signals import Topic
from hub.due.queue import Claim

_HOLD = text("""
    SELECT due.id FROM due
    JOIN unnest(CAST(:ids AS bigint[]), CAST(:leases AS uuid[])) AS mine(id, lease)
      ON mine.id = due.id AND mine.lease = due.lease
    ORDER BY due.kind, due.key
    FOR UPDATE OF due
""")

_PUT_BACK = text("""
    UPDATE due SET ready_at = back.ready_at, data = back.data::jsonb, lease = NULL
    FROM unnest(CAST(:ids AS bigint[]), CAST(:leases AS uuid[]), CAST(:moments AS timestamptz[]),
                CAST(:datas AS text[])) AS back(id, lease, ready_at, data)
    WHERE due.id = back.id AND due.lease = back.lease
    RETURNING due.id
""")


@dataclass(frozen=True, slots=True)
class Return:
    """A claim given back until `ready_at`, with `data` for whoever claims it next."""

    claim: Claim
    ready_at: datetime
    data: Mapping[str, object] = field(default_factory=dict)


async def hold_all(session: WriteSession, claims: Sequence[Claim]) -> set[int]:
    """`queue.hold` for many, locking in the order in which `hasten` does; the ids still held."""
    rows = await (await session.connection()).execute(
        _HOLD, {"ids": [one.id for one in claims], "leases": [one.lease for one in claims]}
    )
    return {row.id for row in rows}


async def put_back(session: WriteSession, returns: Sequence[Return]) -> set[int]:
    """Give work back; returns the ids whose lease still held."""
    if not returns:
        return set()
    rows = await (await session.connection()).execute(
        _PUT_BACK,
        {
            "ids": [one.claim.id for one in returns],
            "leases": [one.claim.lease for one in returns],
            "moments": [one.ready_at for one in returns],
            "datas": [orjson.dumps(one.data).decode() for one in returns],
        },
    )
    wake_after_commit(session, Topic.DUE)
    return {row.id for row in rows}
