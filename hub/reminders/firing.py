"""Firing what is due: asked again whether it holds, fired in the transaction of its end."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog

from hub.clock import Clock
from hub.customers.roots import lock_roots
from hub.db.engine import Database, WriteSession
from hub.db.retry import retry_serialization
from hub.db.rows import Query
from hub.deliveries import decisions
from hub.due import queue, returns
from hub.due.halves import in_halves
from hub.due.loop import Pace
from hub.due.queue import Claim
from hub.reminders import joining, planning, subjects
from hub.reminders.joining import fire_joined
from hub.reminders.matters import Due, End, Matter, due_of, is_late, spans_of, why_stale
from hub.reminders.planning import KIND
from hub.reminders.subjects import Read, Subject
from hub.rules import context
from hub.rules.actions import Tools
from hub.rules.active import ActiveRules
from hub.rules.context import Subject as About

log = structlog.get_logger(__name__)

PACES = {KIND: Pace(batch=500, hands=2, lease=timedelta(minutes=2), presses=True)}

_PLANNED = Query("""
    SELECT id, rule_id, object_kind, object_id, moment, due_at, decision_id FROM reminders
    WHERE id = ANY (CAST(CAST(:keys AS text[]) AS uuid[])) AND status = 'planned'
    ORDER BY due_at, id
""")
_WHOSE = Query("""
    SELECT CASE object_kind
               WHEN 'order' THEN (SELECT customer_id FROM orders WHERE id = object_id)
               WHEN 'appointment' THEN (SELECT customer_id FROM appointments WHERE id = object_id)
           END
    FROM reminders
    WHERE id = ANY (CAST(CAST(:keys AS text[]) AS uuid[])) AND status = 'planned'
""")
_END = Query("""
    UPDATE reminders
    SET status = told.status, reason = told.reason, decision_id = told.decision, ended_at = :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:reasons AS text[]),
                CAST(:decisions AS uuid[])) AS told(id, status, reason, decision)
    WHERE reminders.id = told.id
""")


class Reminders:
    """The due handler of reminders; any number of nodes may run one."""

    def __init__(self, database: Database, clock: Clock, tools: Tools) -> None:
        self._database = database
        self._clock = clock
        self._tools = tools
        self._rules = ActiveRules()

    async def __call__(self, claims: Sequence[Claim]) -> None:
        await in_halves(self._fire_all, claims, self._failed)

    async def _failed(self, claim: Claim, error: Exception) -> None:
        facts = {"reminder": claim.key, "attempt": claim.attempt}
        log.error("reminder.failed", exc_info=error, **facts)
        if claim.attempt >= returns.TRIES:
            await retry_serialization(partial(self._give_up, claim, error))

    async def _fire_all(self, claims: Sequence[Claim]) -> None:
        """One transaction: the rows that are still planned, fired and completed."""
        async with self._database.transaction() as session:
            locked = await self._lock(session, claims)
            held = await returns.hold_all(session, claims)
            mine = [one for one in claims if one.id in held]
            # Read under the locks: before, it may have been moved, answered or fired any moment.
            due = await self._due(session, mine)
            found = await self._objects(session, due)
            # Whose customer has changed since is somebody else's, whom nobody holds: once more.
            roots = set(locked.values())
            astray = [one for one in due if not _holds(roots, found.subjects.get(one.object_id))]
            if astray:
                keys = {str(one.id) for one in astray}
                again = [one for one in mine if one.key in keys]
                mine = [one for one in mine if one.key not in keys]
                due = [one for one in due if one not in astray]
                await returns.release(session, again, self._clock())
            await _record(session, await self._ends(session, due, found), self._clock())
            await queue.complete(session, mine)

    async def _give_up(self, claim: Claim, error: Exception) -> None:
        """It has failed again and again; a decision says so, and the reminder ends."""
        now = self._clock()
        async with self._database.transaction() as session:
            await self._lock(session, [claim])
            if not await returns.hold(session, claim):
                return
            due = await self._due(session, [claim])
            found = await self._objects(session, due)
            for one in due:
                subject, decision = found.subjects.get(one.object_id), None
                if subject is not None:
                    # Not the error's words: they may quote the customer's.
                    why = f"failed: {type(error).__name__}"
                    told = planning.unsent(one.rule_id, one.kind, subject, why)
                    decision = await decisions.keep(session, told, now)
                await _record(session, [End(one.id, "dropped", "failed", decision)], now)
            await queue.complete(session, [claim])

    async def _due(self, session: WriteSession, claims: Sequence[Claim]) -> list[Due]:
        rows = await _PLANNED.rows(session, {"keys": [one.key for one in claims]})
        return [due_of(row) for row in rows]

    async def _lock(self, session: WriteSession, claims: Sequence[Claim]) -> Mapping[UUID, UUID]:
        """Hold the customers whom these are about, as `lock_roots` says."""
        rows = await _WHOSE.rows(session, {"keys": [one.key for one in claims]})
        return await lock_roots(session, {record for (record,) in rows if record is not None})

    async def _objects(self, session: WriteSession, due: Sequence[Due]) -> Read:
        found = Read({}, {})
        for kind in sorted({one.kind for one in due}):
            ids = [one.object_id for one in due if one.kind == kind]
            found = found.beside(await subjects.read(session, kind, ids))
        return found

    async def _ends(self, session: WriteSession, due: Sequence[Due], found: Read) -> list[End]:
        now = self._clock()
        rules = {one.id: one for one in await self._rules.all(session)}
        along = await joining.along(session, due, found.subjects, rules)
        due = [*due, *along]
        found = found.beside(await self._objects(session, along))
        about = [About(one.kind, one.object_id) for one in due]
        seen = await context.around(session, about, found.loaded, now)
        ends, matters = list[End](), list[Matter]()
        for one, context_ in zip(due, seen, strict=True):
            rule, subject = rules.get(one.rule_id), found.subjects.get(one.object_id)
            if rule is None:
                ends.append(End(one.id, "dropped", "rule-off"))
            elif subject is None or context_ is None:
                ends.append(End(one.id, "dropped", "cancelled"))
            else:
                matters.append(Matter(one, rule, subject, context_))
        return ends + await self._decided(session, matters, now)

    async def _decided(
        self, session: WriteSession, matters: Sequence[Matter], now: datetime
    ) -> list[End]:
        """What has its object and its rule: outdated, too late, or fired."""
        hours = await planning.hours_of(session, [one.rule for one in matters])
        spans = spans_of(matters, hours)
        ends, late, asked = list[End](), list[Matter](), list[Matter]()
        for one in matters:
            span = spans.get(one.rule.id)
            if why := why_stale(one, span):
                # What is not due yet is planned anew by whoever reads what has changed.
                ends += [] if one.due.waits else [End(one.due.id, "dropped", why)]
            else:
                (late if span and is_late(one, span, now) else asked).append(one)
        told = [planning.too_late(one.rule, one.due.kind, one.subject) for one in late]
        kept = await decisions.keep_all(session, told, now)
        ends += [
            End(one.due.id, "dropped", "late", decision)
            for one, decision in zip(late, kept, strict=True)
        ]
        return ends + await fire_joined(session, asked, tools=self._tools, now=now)


def _holds(roots: Collection[UUID], subject: Subject | None) -> bool:
    return subject is None or subject.root_id in roots


async def _record(session: WriteSession, ends: Sequence[End], now: datetime) -> None:
    await _END.rows(
        session,
        {
            "ids": [one.id for one in ends],
            "statuses": [one.status for one in ends],
            "reasons": [one.reason for one in ends],
            "decisions": [one.decision_id for one in ends],
            "now": now,
        },
    )
