"""Holding claims while a transaction decides about them, and giving them back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson

from hub.db.engine import WriteSession, wake_after_commit
from hub.db.rows import Query
from hub.db.signals import Topic
from hub.due.queue import POLL, Claim

TRIES = 5
"""So often is one tried that fails by itself, though the database is there."""

_HOLD = Query("""
    SELECT due.id FROM due
    JOIN unnest(CAST(:ids AS bigint[]), CAST(:leases AS uuid[])) AS mine(id, lease)
      ON mine.id = due.id AND mine.lease = due.lease
    ORDER BY due.kind, due.key
    FOR UPDATE OF due
""")

_PUT_BACK = Query("""
    UPDATE due
    SET ready_at = back.ready_at, data = back.data::jsonb, lease = NULL, lease_until = NULL
    FROM unnest(CAST(:ids AS bigint[]), CAST(:leases AS uuid[]), CAST(:moments AS timestamptz[]),
                CAST(:datas AS text[])) AS back(id, lease, ready_at, data)
    WHERE due.id = back.id AND due.lease = back.lease
    RETURNING due.id
""")

_RELEASE = Query("""
    UPDATE due
    SET ready_at = :ready_at, lease = NULL, lease_until = NULL, attempt = attempt - :uncounted
    FROM unnest(CAST(:ids AS bigint[]), CAST(:leases AS uuid[])) AS held(id, lease)
    WHERE due.id = held.id AND due.lease = held.lease
    RETURNING due.id
""")


@dataclass(frozen=True, slots=True)
class Return:
    """A claim given back until `ready_at`, with `data` for whoever claims it next."""

    claim: Claim
    ready_at: datetime
    data: Mapping[str, object] = field(default_factory=dict)


async def hold(session: WriteSession, one: Claim) -> bool:
    """Lock the claim's row until the transaction ends; False when the lease is lost."""
    return bool(await hold_all(session, [one]))


async def hold_all(session: WriteSession, claims: Sequence[Claim]) -> set[int]:
    """`hold` for many, locking in the order in which `queue.hasten` does; the ids still held."""
    return await _on_held(session, _HOLD, claims)


async def postpone(session: WriteSession, one: Claim, ready_at: datetime) -> bool:
    """Give one claim back until `ready_at`, its attempt counted; False when the lease is lost."""
    return bool(await _release(session, [one], ready_at, uncounted=0))


async def release(session: WriteSession, claims: Sequence[Claim], ready_at: datetime) -> set[int]:
    """Give claims back as they were before, to be taken from `ready_at` on; the ids still held.

    It was no attempt: an outage, or the end of a node, says nothing against the work, which is
    given up after so many attempts by whoever does it.
    """
    return await _release(session, claims, ready_at, uncounted=1)


async def _release(
    session: WriteSession, claims: Sequence[Claim], ready_at: datetime, *, uncounted: int
) -> set[int]:
    released = await _on_held(session, _RELEASE, claims, ready_at=ready_at, uncounted=uncounted)
    wake_after_commit(session, Topic.DUE)
    return released


async def put_back(session: WriteSession, returns: Sequence[Return], now: datetime) -> set[int]:
    """Give claims back, each until a time of its own and with new data; the ids still held."""
    if not returns:
        return set()
    held = await _on_held(
        session,
        _PUT_BACK,
        [one.claim for one in returns],
        moments=[one.ready_at for one in returns],
        datas=[orjson.dumps(one.data).decode() for one in returns],
    )
    # What rests for longer is found by itself, and most of it waits for a provider or an inbox.
    if any(one.ready_at < now + timedelta(seconds=POLL) for one in returns):
        wake_after_commit(session, Topic.DUE)
    return held


async def _on_held(
    session: WriteSession, statement: Query, claims: Sequence[Claim], **more: object
) -> set[int]:
    held = {"ids": [one.id for one in claims], "leases": [one.lease for one in claims]}
    return {row["id"] for row in await statement.rows(session, {**held, **more})}
