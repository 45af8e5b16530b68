"""Reading and writing timers, many conversations at once; their due rows follow them."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from hub.clock import rfc3339
from hub.conversations.rating import LOW
from hub.db import event_log
from hub.db.engine import WriteSession
from hub.db.rows import Query, Source
from hub.due import queue
from hub.due.queue import Plan
from hub.events import EventType, NewEvent
from hub.hours import store as hours
from hub.hours.store import Calendars
from hub.timers.decide import KINDS, Facts, Policy, Timer, Way, folded

TIMER = "reply-timer"
"""Due kind of a timer's next warning or breach, keyed by conversation and kind."""

_POLICIES = Query("SELECT * FROM timer_policies ORDER BY position, id")
_FACTS = Query(f"""
    SELECT c.id, s.root_id, c.inbox_id, c.team_id, c.status, c.priority, c.waiting_since,
           c.first_replied_at IS NOT NULL AS replied,
           CASE WHEN c.score <= {LOW} THEN c.scored_at END AS rated_low_at
    FROM conversations AS c JOIN streams AS s ON s.id = c.opening_stream_id
    WHERE c.id = ANY (CAST(:ids AS uuid[]))
""")  # noqa: S608 - a constant is put in
_TIMERS = Query("""
    SELECT * FROM conversation_timers
    WHERE conversation_id = ANY (CAST(:ids AS uuid[])) ORDER BY kind
""")
_FORGET = Query("""
    DELETE FROM conversation_timers AS t
    USING unnest(CAST(:ids AS uuid[]), CAST(:kinds AS text[])) AS gone(id, kind)
    WHERE t.conversation_id = gone.id AND t.kind = gone.kind
""")
_COLUMNS = (
    "policy_id", "started_at", "running_since", "spent", "due_at", "warn_at", "warned_at",
    "breached_at",
)  # fmt: skip
_KEEP = Query(f"""
    INSERT INTO conversation_timers (conversation_id, kind, {", ".join(_COLUMNS)})
    SELECT * FROM unnest(
        CAST(:ids AS uuid[]), CAST(:kinds AS text[]), CAST(:policy_id AS uuid[]),
        CAST(:started_at AS timestamptz[]), CAST(:running_since AS timestamptz[]),
        CAST(:spent AS integer[]), CAST(:due_at AS timestamptz[]),
        CAST(:warn_at AS timestamptz[]), CAST(:warned_at AS timestamptz[]),
        CAST(:breached_at AS timestamptz[]))
    ON CONFLICT (conversation_id, kind)
    DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS)}
""")  # noqa: S608 - only constants are put in
ANY_PROMISE = Query("""
    SELECT WHERE EXISTS (SELECT FROM timer_policies) OR EXISTS (SELECT FROM conversation_timers)
""")
"""Finds nothing while no promise is made and none is left from before."""
_SHOW = Query("""
    UPDATE conversations AS c SET due_at = soonest.due_at
    FROM (SELECT k.id, min(t.due_at) AS due_at FROM unnest(CAST(:ids AS uuid[])) AS k(id)
          LEFT JOIN conversation_timers AS t ON t.conversation_id = k.id GROUP BY k.id) AS soonest,
         streams AS s
    WHERE c.id = soonest.id AND s.id = c.opening_stream_id
      AND c.due_at IS DISTINCT FROM soonest.due_at
    RETURNING c.id, s.root_id, c.inbox_id, c.due_at
""")


@dataclass(frozen=True, slots=True)
class Promises:
    """What the company has promised, and when it is there."""

    policies: Sequence[Policy]
    calendars: Calendars


@dataclass(frozen=True, slots=True)
class Watched:
    """A conversation with the timers it has."""

    id: UUID
    root_id: UUID
    facts: Facts
    timers: tuple[Timer, ...]

    def from_now(self, promises: Promises, way: Way) -> tuple[Timer, ...]:
        """The timers it should have."""
        calendar = promises.calendars.of(self.facts.inbox_id, self.facts.team_id)
        return folded(self.facts, self.timers, promises.policies, calendar, way)


async def promises(source: Source) -> Promises:
    policies = [_policy(row) for row in await _POLICIES.rows(source, {})]
    return Promises(policies, await hours.load(source) if policies else Calendars())


def _policy(row: asyncpg.Record) -> Policy:
    return Policy(
        row["id"],
        frozenset(row["inboxes"]),
        frozenset(row["teams"]),
        row["priority"],
        {kind: timedelta(minutes=row[kind]) for kind in KINDS if row[kind] is not None},
        row["warn_percent"] / 100,
    )


async def any_promise(source: Source) -> bool:
    """Whether anything is promised, or any conversation has a timer."""
    return bool(await ANY_PROMISE.rows(source, {}))


async def watched(source: Source, ids: Collection[UUID]) -> list[Watched]:
    """Those of the conversations that there are, in the order of their ids."""
    known: dict[UUID, list[Timer]] = {}
    for row in await _TIMERS.rows(source, {"ids": list(ids)}):
        known.setdefault(row["conversation_id"], []).append(_timer(row))
    return [
        Watched(row["id"], row["root_id"], _facts(row), tuple(known.get(row["id"], ())))
        for row in sorted(await _FACTS.rows(source, {"ids": list(ids)}), key=lambda row: row["id"])
    ]


def _facts(row: asyncpg.Record) -> Facts:
    return Facts(
        status=row["status"],
        inbox_id=row["inbox_id"],
        team_id=row["team_id"],
        priority=row["priority"],
        waiting_since=row["waiting_since"],
        replied=row["replied"],
        rated_low_at=row["rated_low_at"],
    )


def _timer(row: asyncpg.Record) -> Timer:
    facts = {name: row[name] for name in _COLUMNS}
    return Timer(kind=row["kind"], **{**facts, "spent": timedelta(seconds=row["spent"])})


async def keep(
    session: WriteSession,
    changed: Mapping[UUID, tuple[Sequence[Timer], Sequence[Timer]]],
    now: datetime,
) -> None:
    """Write {conversation: (timers before, timers after)}; the customers are locked."""
    gone, new = [], []
    for id_, (before, after) in changed.items():
        left = {one.kind for one in after}
        gone += [(id_, one.kind) for one in before if one.kind not in left]
        new += [(id_, one) for one in after if one not in before]
    if gone:
        ended = {"ids": [id_ for id_, _ in gone], "kinds": [kind for _, kind in gone]}
        await _FORGET.rows(session, ended)
    if new:
        await _KEEP.rows(session, _rows(new))
    shown = await _SHOW.rows(session, {"ids": list(changed)})
    await event_log.append(session, [_due_changed(row, now) for row in shown])
    await _plan(session, gone, new)


def _due_changed(row: asyncpg.Record, now: datetime) -> NewEvent:
    due_at = row["due_at"]
    return NewEvent(
        EventType.CONVERSATION_DUE_CHANGED,
        now,
        customer_id=row["root_id"],
        conversation_id=row["id"],
        inbox_id=row["inbox_id"],
        data={"due_at": rfc3339(due_at) if due_at else None},
    )


def _rows(new: Sequence[tuple[UUID, Timer]]) -> dict[str, object]:
    columns = {name: [getattr(one, name) for _, one in new] for name in _COLUMNS}
    # Rounded up: what was told after that much time must not lie ahead again.
    spent = [math.ceil(one.spent.total_seconds()) for _, one in new]
    named = {"ids": [id_ for id_, _ in new], "kinds": [one.kind for _, one in new]}
    return {**named, **columns, "spent": spent}


async def _plan(
    session: WriteSession,
    gone: Iterable[tuple[UUID, str]],
    new: Sequence[tuple[UUID, Timer]],
) -> None:
    still = [key(id_, one.kind) for id_, one in new if one.next_at is None]
    if ended := [*still, *(key(id_, kind) for id_, kind in gone)]:
        await queue.cancel(session, TIMER, ended)
    await queue.plan(
        session,
        [
            Plan(TIMER, key(id_, one.kind), one.next_at)
            for id_, one in new
            if one.next_at is not None
        ],
    )


def key(conversation_id: UUID, kind: str) -> str:
    """How the timer's due row is called."""
    return f"{conversation_id}:{kind}"
