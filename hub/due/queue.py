"""Planning, claiming and completing due work.

A claim is a lease, not a lock: no transaction stays open while the work runs. Whoever's lease ran
out has been replaced, so `complete` says which claims still held (as do `hub.due.returns`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

import orjson

from hub.db.columns import column
from hub.db.engine import AnySession, WriteSession, wake_after_commit
from hub.db.rows import Query
from hub.db.signals import Topic
from hub.ids import new_id

POLL = 5.0
"""Seconds after which every loop looks although nobody rang: the net under lost wake-ups."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Work to be done at `due_at`; `key` is unique within `kind`."""

    kind: str
    key: str
    due_at: datetime
    data: Mapping[str, object] = field(default_factory=dict)


class Claim(NamedTuple):
    """Work in hand until `lease_until`.

    attempt: counts claims, from 1, but those given back untried (`returns.release`).
    """

    id: int
    kind: str
    key: str
    due_at: datetime
    lease: UUID
    lease_until: datetime
    attempt: int
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Taken:
    """What `take` found: work in hand, and when more becomes ready (None: nothing waits).

    Work whose lease somebody lets run out is ready at its end, which is not foretold.
    """

    claims: Sequence[Claim]
    next_ready: datetime | None


_PLAN = Query("""
    INSERT INTO due (kind, key, due_at, ready_at, data)
    SELECT kind, key, due_at, due_at, data::jsonb
    FROM unnest(CAST(:kinds AS text[]), CAST(:keys AS text[]),
                CAST(:moments AS timestamptz[]), CAST(:datas AS text[]))
         AS plan(kind, key, due_at, data)
    ORDER BY kind, key
    ON CONFLICT (kind, key) DO UPDATE
       SET due_at = excluded.due_at, ready_at = excluded.due_at, data = excluded.data,
           attempt = 0, lease = NULL, lease_until = NULL
""")

_HASTEN = Query("""
    INSERT INTO due (kind, key, due_at, ready_at)
    SELECT kind, key, min(due_at), min(due_at)
    FROM unnest(CAST(:kinds AS text[]), CAST(:keys AS text[]), CAST(:moments AS timestamptz[]))
         AS plan(kind, key, due_at)
    GROUP BY kind, key ORDER BY kind, key
    ON CONFLICT (kind, key) DO UPDATE
       SET ready_at = excluded.due_at
     WHERE due.ready_at > excluded.due_at
""")

# One walk along (kind, ready_at) for each kind: `kind = ANY` would sort everything that is ready.
# What is in hand stands at its beginning and is stepped over: it is little, whatever waits behind.
# Put so that planning with the values would gain nothing: that takes longer than an idle look.
_TAKE = """
    WITH asked AS (
        SELECT CAST(:kinds AS text[]) AS kinds, CAST(:now AS timestamptz) AS now
    ), kinds AS (SELECT unnest((SELECT kinds FROM asked)) AS kind),
    ready AS MATERIALIZED (
        SELECT one.id FROM kinds, LATERAL (
            SELECT id FROM due
            WHERE due.kind = kinds.kind AND ready_at <= (SELECT now FROM asked)
              AND (lease_until IS NULL OR lease_until <= (SELECT now FROM asked))
            ORDER BY ready_at LIMIT {limit:d}
            FOR UPDATE SKIP LOCKED
        ) AS one
    ), taken AS (
        UPDATE due SET lease = :lease, lease_until = :until, attempt = attempt + 1
        WHERE due.id = ANY (ARRAY(SELECT id FROM ready))
        RETURNING due.id, due.kind, due.key, due.due_at, due.attempt, due.data
    )
    SELECT id, kind, key, due_at, attempt, nullif(data, '{{}}') FROM taken
    UNION ALL
    SELECT NULL, NULL, NULL, min(ready_at), NULL, NULL FROM kinds, LATERAL (
        SELECT ready_at FROM due
        WHERE due.kind = kinds.kind AND ready_at > (SELECT now FROM asked)
        ORDER BY ready_at LIMIT 1
    ) AS later
"""


@cache
def _taking(limit: int) -> Query:
    """A statement for each limit: one per batch size of the kinds, a handful."""
    return Query(_TAKE.format(limit=limit))


_COMPLETE = Query("""
    DELETE FROM due
    USING unnest(CAST(:ids AS bigint[]), CAST(:lease AS uuid[])) AS done(id, lease)
    WHERE due.id = done.id AND due.lease = coalesce(done.lease, CAST(:lease_all AS uuid))
    RETURNING due.id
""")

_CANCEL = Query("""
    DELETE FROM due WHERE kind = :kind AND key = ANY (CAST(:keys AS text[])) RETURNING key
""")

_NEXT = Query("""
    SELECT min(greatest(ready_at, lease_until)) FROM due WHERE kind = ANY (CAST(:kinds AS text[]))
""")


async def plan(session: WriteSession, plans: Sequence[Plan]) -> None:
    """Plan, or plan anew: a second plan of a key replaces the first, even one being worked on."""
    if not plans:
        return
    latest = {(one.kind, one.key): one for one in plans}.values()
    await _PLAN.rows(
        session,
        {
            "kinds": [one.kind for one in latest],
            "keys": [one.key for one in latest],
            "moments": [one.due_at for one in latest],
            "datas": [orjson.dumps(one.data).decode() for one in latest],
        },
    )
    wake_after_commit(session, Topic.DUE)


async def hasten(session: WriteSession, plans: Sequence[Plan]) -> None:
    """See to it that work on each key starts at `due_at` or before; what is in hand stays in hand.

    Takes the row's lock either way, so whoever has the claim and locks the row afterwards
    (`returns.hold`) sees what this transaction wrote. A handler whose keys are hastened must
    therefore hold its claim, look for work once more, and only then `complete` it.
    """
    if not plans:
        return
    await _HASTEN.rows(
        session,
        {
            "kinds": [one.kind for one in plans],
            "keys": [one.key for one in plans],
            "moments": [one.due_at for one in plans],
        },
    )
    wake_after_commit(session, Topic.DUE)


async def take(
    session: WriteSession, kinds: Sequence[str], *, now: datetime, limit: int, lease: timedelta
) -> Taken:
    """Take up to `limit` ready pieces of each kind, the longest ready first, for `lease`.

    Commit before working. The claims are in the order of their deadlines.
    """
    token, until = new_id(), now + lease
    rows = await _taking(limit).rows(
        session, {"kinds": list(kinds), "now": now, "lease": token, "until": until}
    )
    claims, next_ready = [], None
    for id_, kind, key, due_at, attempt, data in rows:
        if id_ is None:
            next_ready = due_at
        else:
            claims.append(Claim(id_, kind, key, due_at, token, until, attempt, data or {}))
    return Taken(sorted(claims, key=attrgetter("due_at")), next_ready)


async def claim(
    session: WriteSession, kinds: Sequence[str], *, now: datetime, limit: int, lease: timedelta
) -> Sequence[Claim]:
    """`take` for whoever does not wait for more."""
    return (await take(session, kinds, now=now, limit=limit, lease=lease)).claims


async def complete(session: WriteSession, claims: Sequence[Claim]) -> set[int]:
    """Remove what is done; returns the ids whose lease still held."""
    leases = column("lease", [one.lease for one in claims])
    rows = await _COMPLETE.rows(session, {"ids": [one.id for one in claims], **leases})
    return {row[0] for row in rows}


async def cancel(session: WriteSession, kind: str, keys: Sequence[str]) -> set[str]:
    """Forget planned work, also when somebody has it in hand; returns the keys that were there."""
    rows = await _CANCEL.rows(session, {"kind": kind, "keys": list(keys)})
    return {row["key"] for row in rows}


async def next_ready(session: AnySession, kinds: Sequence[str]) -> datetime | None:
    """When the earliest work of `kinds` may be claimed. Reads all of it: not for loops."""
    [row] = await _NEXT.rows(session, {"kinds": list(kinds)})
    moment: datetime | None = row[0]
    return moment
