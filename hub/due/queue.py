"""Planning, claiming and completing due work.

A claim is a lease, not a lock: no transaction stays open while the work runs. Whoever's lease ran out
has been replaced, so `complete` and `postpone` say whether the claim still held.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import orjson
from sqlalchemy import text

from hub.db.engine import AnySession, WriteSession, wake_after_commit
from hub.db.signals import Topic
from hub.ids import new_id


@dataclass(frozen=True, slots=True)
class Plan:
    """Work to be done at `due_at`; `key` is unique within `kind`."""

    kind: str
    key: str
    due_at: datetime
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """Work in hand until `lease_until`. `attempt` counts claims, from 1."""

    id: int
    kind: str
    key: str
    due_at: datetime
    lease: UUID
    lease_until: datetime
    attempt: int
    data: Mapping[str, object]


_PLAN = text("""
    INSERT INTO due (kind, key, due_at, ready_at, data)
    SELECT kind, key, due_at, due_at, data::jsonb
    FROM unnest(CAST(:kinds AS text[]), CAST(:keys AS text[]),
                CAST(:moments AS timestamptz[]), CAST(:datas AS text[]))
         AS plan(kind, key, due_at, data)
    ORDER BY kind, key
    ON CONFLICT (kind, key) DO UPDATE
       SET due_at = excluded.due_at, data = excluded.data, attempt = 0, lease = NULL,
           ready_at = excluded.due_at
""")

_HASTEN = text("""
    INSERT INTO due (kind, key, due_at, ready_at)
    SELECT kind, key, due_at, due_at
    FROM unnest(CAST(:kinds AS text[]), CAST(:keys AS text[]), CAST(:moments AS timestamptz[]))
         AS plan(kind, key, due_at)
    ORDER BY kind, key
    ON CONFLICT (kind, key) DO UPDATE
       SET ready_at = least(due.ready_at, excluded.due_at)
     WHERE due.lease IS NULL AND due.ready_at > excluded.due_at
""")

_CLAIM = text("""
    WITH ready AS MATERIALIZED (
        SELECT id FROM due
        WHERE kind = ANY (CAST(:kinds AS text[])) AND ready_at <= :now
        ORDER BY ready_at LIMIT :limit
        FOR UPDATE SKIP LOCKED
    )
    UPDATE due SET lease = :lease, ready_at = :until, attempt = attempt + 1
    FROM ready WHERE due.id = ready.id
    RETURNING due.id, due.kind, due.key, due.due_at, due.attempt, due.data
""")

_COMPLETE = text("""
    DELETE FROM due USING unnest(CAST(:ids AS bigint[]), CAST(:leases AS uuid[])) AS done(id, lease)
    WHERE due.id = done.id AND due.lease = done.lease
    RETURNING due.id
""")

_POSTPONE = text("""
    UPDATE due SET ready_at = :ready_at, lease = NULL
    WHERE id = :id AND lease = :lease RETURNING id
""")

_HOLD_ALL = text("""
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

_CANCEL = text(
    "DELETE FROM due WHERE kind = :kind AND key = ANY (CAST(:keys AS text[])) RETURNING key"
)

_NEXT = text("SELECT min(ready_at) FROM due WHERE kind = :kind")


async def plan(session: WriteSession, plans: Sequence[Plan]) -> None:
    """Plan, or plan anew: a second plan of the same key replaces the first, even one being worked on."""
    if not plans:
        return
    await (await session.connection()).execute(
        _PLAN,
        {
            "kinds": [one.kind for one in plans],
            "keys": [one.key for one in plans],
            "moments": [one.due_at for one in plans],
            "datas": [orjson.dumps(one.data).decode() for one in plans],
        },
    )
    wake_after_commit(session, Topic.DUE)


async def hasten(session: WriteSession, plans: Sequence[Plan]) -> None:
    """See to it that work on each key starts at `due_at` or before; what is in hand stays in hand.

    Takes the row's lock either way, so whoever holds the claim and locks the row afterwards
    (`hold`) sees what this transaction wrote.
    """
    if not plans:
        return
    await (await session.connection()).execute(
        _HASTEN,
        {
            "kinds": [one.kind for one in plans],
            "keys": [one.key for one in plans],
            "moments": [one.due_at for one in plans],
        },
    )
    wake_after_commit(session, Topic.DUE)


async def claim(
    session: WriteSession, kinds: Sequence[str], *, now: datetime, limit: int, lease: timedelta
) -> list[Claim]:
    """Take up to `limit` ready pieces of work, earliest first, for `lease`. Commit before working."""
    token, until = new_id(), now + lease
    rows = await (await session.connection()).execute(
        _CLAIM,
        {"kinds": list(kinds), "now": now, "limit": limit, "lease": token, "until": until},
    )
    claims = [
        Claim(row.id, row.kind, row.key, row.due_at, token, until, row.attempt, row.data)
        for row in rows
    ]
    return sorted(claims, key=lambda one: one.due_at)


async def complete(session: WriteSession, claims: Sequence[Claim]) -> set[int]:
    """Remove what is done; returns the ids whose lease still held."""
    rows = await (await session.connection()).execute(
        _COMPLETE,
        {"ids": [one.id for one in claims], "leases": [one.lease for one in claims]},
    )
    return {row.id for row in rows}


async def hold(session: WriteSession, one: Claim) -> bool:
    """Lock the claim's row until the transaction ends; False when the lease is lost."""
    rows = await (await session.connection()).execute(
        text("SELECT 1 FROM due WHERE id = :id AND lease = :lease FOR UPDATE"),
        {"id": one.id, "lease": one.lease},
    )
    return rows.first() is not None


async def postpone(session: WriteSession, one: Claim, ready_at: datetime) -> bool:
    """Give the work back until `ready_at`; False when the lease is lost."""
    rows = await (await session.connection()).execute(
        _POSTPONE, {"id": one.id, "lease": one.lease, "ready_at": ready_at}
    )
    wake_after_commit(session, Topic.DUE)
    return rows.first() is not None


async def hold_all(session: WriteSession, claims: Sequence[Claim]) -> set[int]:
    """`hold` for many, in the order in which `hasten` locks; returns the ids whose lease holds."""
    rows = await (await session.connection()).execute(
        _HOLD_ALL,
        {"ids": [one.id for one in claims], "leases": [one.lease for one in claims]},
    )
    return {row.id for row in rows}


@dataclass(frozen=True, slots=True)
class Return:
    """A claim given back until `ready_at`, with `data` for whoever claims it next."""

    claim: Claim
    ready_at: datetime
    data: Mapping[str, object] = field(default_factory=dict)


async def put_back(session: WriteSession, returns: Sequence[Return]) -> set[int]:
    """`postpone` for many; returns the ids whose lease still held."""
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


async def cancel(session: WriteSession, kind: str, keys: Sequence[str]) -> set[str]:
    """Forget planned work, also when somebody has it in hand; returns the keys that were there."""
    rows = await (await session.connection()).execute(_CANCEL, {"kind": kind, "keys": list(keys)})
    return {row.key for row in rows}


async def next_ready(session: AnySession, kinds: Sequence[str]) -> datetime | None:
    """When the earliest work of `kinds` becomes ready (or its lease runs out)."""
    connection = await session.connection()
    moments = [(await connection.execute(_NEXT, {"kind": kind})).scalar() for kind in kinds]
    return min((moment for moment in moments if moment is not None), default=None)
