"""A new or changed rule plans for what is there already; one that is off plans nothing more."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

from hub.clock import Clock
from hub.db.engine import Database, WriteSession
from hub.db.retry import retry_serialization
from hub.db.rows import Query
from hub.due import queue, returns
from hub.due.loop import Pace
from hub.due.queue import Claim
from hub.due.returns import Return
from hub.reminders import planning, subjects
from hub.rules.active import Active, ActiveRules

KIND = "reminder-scan"
"""Of due work; its key is the rule's id, its data how far the scan has come."""
BATCH = 500
PACES = {KIND: Pace(batch=1, hands=1, lease=timedelta(minutes=2))}

_FIRST = UUID(int=0)
_PLANNED = Query("""
    SELECT id FROM reminders WHERE rule_id = :rule AND status = 'planned' LIMIT :limit
""")


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
            data = {"after": str(left)}
            await returns.put_back(session, [Return(claim, self._clock(), data)])

    async def _plan(self, session: WriteSession, rule: Active, after: UUID) -> UUID | None:
        """The last object looked at, when there may be more."""
        when = planning.relative(rule)
        assert when is not None  # noqa: S101 - the caller has looked
        ids = await subjects.page(session, when.object_kind, after, BATCH)
        await planning.replan(
            session, [rule], when.object_kind, ids, now=self._clock(), catch_up=False
        )
        return ids[-1] if len(ids) == BATCH else None

    async def _switched_off(self, session: WriteSession, rule_id: UUID) -> UUID | None:
        rows = await _PLANNED.rows(session, {"rule": rule_id, "limit": BATCH})
        await planning.drop(session, [(row[0], "rule-off") for row in rows], self._clock())
        return _FIRST if len(rows) == BATCH else None
