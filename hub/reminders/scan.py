"""A new or changed rule plans for what is there already; one that is off plans nothing more.

What cannot be planned for is put aside, where people see it, and holds up nothing else.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog

from hub.clock import Clock
from hub.db.engine import Database, WriteSession, savepoint
from hub.db.retry import is_connection_error, is_serialization_failure, retry_serialization
from hub.db.rows import Query
from hub.due import queue, returns
from hub.due.loop import Pace
from hub.due.queue import Claim, Plan
from hub.due.returns import Return
from hub.reminders import planning, subjects
from hub.rules.active import Active, ActiveRules

log = structlog.get_logger(__name__)

KIND = "reminder-scan"
"""Of due work; its key is the rule's id, its data how far the scan has come."""
BATCH = 500
PACES = {KIND: Pace(batch=1, hands=1, lease=timedelta(minutes=2))}

_FIRST = UUID(int=0)
_PLANNED = Query("""
    SELECT id FROM reminders WHERE rule_id = :rule AND status = 'planned' LIMIT :limit
""")

_OF_HOURS = Query("SELECT id FROM rules WHERE enabled AND spec->'trigger' ? 'only'")
_OF_DAYS = Query("SELECT id FROM rules WHERE enabled AND spec->'trigger' ? 'by'")


async def hours_changed(session: WriteSession, now: datetime) -> None:
    """The company works at other times: rules that keep to them plan anew."""
    rules = await _OF_HOURS.rows(session, {})
    await queue.plan(session, [Plan(KIND, str(row["id"]), now) for row in rules])


async def zone_changed(session: WriteSession, now: datetime) -> None:
    """Customers without a zone live in another one now: their days are counted anew."""
    rules = await _OF_DAYS.rows(session, {})
    await queue.plan(session, [Plan(KIND, str(row["id"]), now) for row in rules])


class Scans:
    """The due handler: a batch of objects a transaction, each of which notes its place."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._rules = ActiveRules()

    async def __call__(self, claims: Sequence[Claim]) -> None:
        for claim in claims:
            await retry_serialization(partial(self._one, claim))

    async def _one(self, claim: Claim) -> None:
        async with self._database.transaction() as session:
            # A rule that is changed meanwhile has planned its scan anew: that one counts.
            if await returns.hold(session, claim):
                await self._step(session, claim)

    async def _step(self, session: WriteSession, claim: Claim) -> None:
        rule = await self._rules.one(session, UUID(claim.key))
        if rule is None or planning.relative(rule) is None:
            left = await self._switched_off(session, UUID(claim.key))
        else:
            left = await self._plan(session, rule, UUID(str(claim.data.get("after", _FIRST))))
        if left is None:
            await queue.complete(session, [claim])
        else:
            data, now = {"after": str(left)}, self._clock()
            await returns.put_back(session, [Return(claim, now, data)], now)

    async def _plan(self, session: WriteSession, rule: Active, after: UUID) -> UUID | None:
        """The last object looked at, when there may be more."""
        when = planning.relative(rule)
        assert when is not None  # noqa: S101 - the caller has looked
        ids = await subjects.page(session, when.object_kind, after, BATCH)
        if ids:
            await self._replan(session, rule, when.object_kind, ids)
        return ids[-1] if len(ids) == BATCH else None

    async def _replan(
        self, session: WriteSession, rule: Active, kind: str, ids: Sequence[UUID]
    ) -> None:
        """By halves, where it fails: until what is wrong stands alone."""
        now = self._clock()
        try:
            async with savepoint(session):
                await planning.replan(session, [rule], kind, ids, now=now, catch_up=False)
        except Exception as error:
            if is_connection_error(error) or is_serialization_failure(error):
                raise
            if len(ids) == 1:
                facts = {"rule": str(rule.id), "object": str(ids[0])}
                log.exception("reminder.not_planned", **facts)
                await planning.put_aside(session, rule, kind, ids[0], now)
                return
            middle = len(ids) // 2
            for half in (ids[:middle], ids[middle:]):
                await self._replan(session, rule, kind, half)

    async def _switched_off(self, session: WriteSession, rule_id: UUID) -> UUID | None:
        rows = await _PLANNED.rows(session, {"rule": rule_id, "limit": BATCH})
        await planning.drop(session, [(row[0], "rule-off") for row in rows], self._clock())
        return _FIRST if len(rows) == BATCH else None
