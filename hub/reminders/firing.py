"""Firing what is due: asked again whether it holds, fired in the transaction of its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from hub.clock import Clock
from hub.customers.roots import lock_roots
from hub.db.engine import Database, WriteSession
from hub.db.rows import Query
from hub.due import queue, returns
from hub.due.loop import Pace
from hub.due.queue import Claim
from hub.reminders import planning, subjects, timing
from hub.reminders.planning import KIND
from hub.reminders.subjects import Subject
from hub.reminders.timing import History, Planned
from hub.rules import context
from hub.rules.actions import Tools
from hub.rules.active import Active, ActiveRules
from hub.rules.context import Context
from hub.rules.context import Subject as About
from hub.rules.firing import Fired, Occasion, fire
from hub.rules.schedule import zone_of

log = structlog.get_logger(__name__)

PACES = {KIND: Pace(batch=50, hands=2, lease=timedelta(minutes=2))}
_SENT = {"fired", "waiting"}

_PLANNED = Query("""
    SELECT id, rule_id, object_kind, object_id, moment, due_at FROM reminders
    WHERE id = ANY (CAST(:ids AS uuid[])) AND status = 'planned'
    ORDER BY due_at, id
""")
_END = Query("""
    UPDATE reminders
    SET status = told.status, reason = told.reason, decision_id = told.decision, ended_at = :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:reasons AS text[]),
                CAST(:decisions AS uuid[])) AS told(id, status, reason, decision)
    WHERE reminders.id = told.id
""")


@dataclass(frozen=True, slots=True)
class Due:
    """A planned reminder whose time has come."""

    id: UUID
    rule_id: UUID
    kind: str
    object_id: UUID
    planned: Planned


@dataclass(frozen=True, slots=True)
class End:
    """What became of it. status: sent, dropped."""

    id: UUID
    status: str
    reason: str = ""
    decision_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Matter:
    """A due reminder with all that decides about it, as it is now."""

    due: Due
    rule: Active
    subject: Subject
    seen: Context


class Reminders:
    """The due handler of reminders; any number of nodes may run one."""

    def __init__(self, database: Database, clock: Clock, tools: Tools) -> None:
        self._database = database
        self._clock = clock
        self._tools = tools
        self._rules = ActiveRules()

    async def __call__(self, claims: Sequence[Claim]) -> None:
        try:
            await self._fire_all(claims)
        except Exception as error:
            if len(claims) == 1:
                raise
            # Whatever is wrong with one is no reason to keep the others waiting.
            log.warning("reminders.one_by_one", error=repr(error), claims=len(claims))
            for claim in claims:
                await self._alone(claim)

    async def _alone(self, claim: Claim) -> None:
        try:
            await self._fire_all([claim])
        except Exception as error:
            log.exception("reminder.failed", reminder=claim.key, error=repr(error))

    async def _fire_all(self, claims: Sequence[Claim]) -> None:
        """One transaction: the rows that are still planned, fired and completed."""
        async with self._database.transaction() as session:
            due = await self._due(session, claims)
            found = await self._subjects(session, due)
            await lock_roots(session, {one.root_id for one in found.values()})
            held = await returns.hold_all(session, claims)
            mine = {UUID(one.key) for one in claims if one.id in held}
            # Read again under the locks: it may have been moved, answered or fired meanwhile.
            due = [one for one in await self._due(session, claims) if one.id in mine]
            found = await self._subjects(session, due)
            ends = await self._ends(session, due, found)
            await _record(session, ends, self._clock())
            await queue.complete(session, [one for one in claims if one.id in held])

    async def _due(self, session: WriteSession, claims: Sequence[Claim]) -> list[Due]:
        rows = await _PLANNED.rows(session, {"ids": [UUID(one.key) for one in claims]})
        return [
            Due(
                row["id"],
                row["rule_id"],
                row["object_kind"],
                row["object_id"],
                Planned(row["moment"], row["due_at"]),
            )
            for row in rows
        ]

    async def _subjects(self, session: WriteSession, due: Sequence[Due]) -> Mapping[UUID, Subject]:
        found: dict[UUID, Subject] = {}
        for kind in sorted({one.kind for one in due}):
            ids = [one.object_id for one in due if one.kind == kind]
            found |= await subjects.load(session, kind, ids)
        return found

    async def _ends(
        self, session: WriteSession, due: Sequence[Due], found: Mapping[UUID, Subject]
    ) -> list[End]:
        now = self._clock()
        rules = {one.id: one for one in await self._rules.all(session)}
        about = [About(one.kind, one.object_id) for one in due]
        seen = await context.load(session, about, now)
        ends = []
        for one, context_ in zip(due, seen, strict=True):
            rule, subject = rules.get(one.rule_id), found.get(one.object_id)
            if rule is None:
                ends.append(End(one.id, "dropped", "rule-off"))
            elif subject is None or context_ is None:
                ends.append(End(one.id, "dropped", "cancelled"))
            else:
                matter = Matter(one, rule, subject, context_)
                ends.append(await self._end(session, matter, now))
        return ends

    async def _end(self, session: WriteSession, matter: Matter, now: datetime) -> End:
        due, rule, subject, seen = matter.due, matter.rule, matter.subject, matter.seen
        why = _outdated(due, rule, subject, str(seen.customer["time_zone"]))
        if why:
            return End(due.id, "dropped", why)
        when = planning.relative(rule)
        if when and timing.is_late(planning.timing_of(rule, when), due.planned, now):
            decision = await planning.explain_late(session, rule, due.kind, subject, now)
            return End(due.id, "dropped", "late", decision)
        occasion = Occasion(due.planned.due_at)
        return _ended(
            due.id, await fire(session, rule, seen, occasion, tools=self._tools, now=now)
        )


def _outdated(due: Due, rule: Active, subject: Subject, zone: str) -> str:
    """Why what was planned is no longer what it should be; empty when it still is."""
    when = planning.relative(rule)
    if when is None or when.object_kind != due.kind:
        return "rule-off"
    step = timing.step(
        planning.timing_of(rule, when),
        subjects.standing(due.kind, subject, when),
        zone_of(zone),
        History(planned=due.planned),
        due.planned.due_at,
    )
    return step.drop


def _ended(id_: UUID, fired: Fired) -> End:
    if fired.outcome in _SENT:
        return End(id_, "sent", "", fired.decision_id)
    reason = fired.reason if fired.outcome in {"suppressed", "no-route"} else fired.outcome
    return End(id_, "dropped", reason or fired.outcome, fired.decision_id)


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
