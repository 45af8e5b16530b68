"""What a rule does later: going on after a wait, gathering, a time of a conversation.

All of it is due work: planned with the transaction that caused it, done once, also after a crash.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import structlog

from hub.clock import Clock
from hub.customers.roots import lock_roots
from hub.db.engine import Database, WriteSession
from hub.db.retry import retry_serialization
from hub.db.rows import Query
from hub.due import queue, returns
from hub.due.halves import in_halves
from hub.due.loop import DueHandler
from hub.due.queue import Claim
from hub.due.returns import TRIES
from hub.rules import context as contexts
from hub.rules import settling
from hub.rules.actions import Acting, Result, Tools, suppress
from hub.rules.active import Active, ActiveRules
from hub.rules.context import Context, Subject
from hub.rules.firing import Asked, Occasion, at_trigger, fire_all, rounds, useful_until
from hub.rules.planning import GATHER, MOMENT, planned_for
from hub.rules.running import WAIT, Run, end, record, run_all

log = structlog.get_logger(__name__)

_FIRINGS = Query("""
    SELECT id, rule_id, rule_version, customer_id, object_kind, object_id, actions
    FROM rule_firings WHERE id = ANY (CAST(:ids AS uuid[])) AND outcome = 'waiting'
""")


@dataclass(frozen=True, slots=True)
class Held:
    """A claim of ours, done with this transaction, and what it is about as it is now.

    `seen` is None when that is gone.
    """

    claim: Claim
    seen: Context | None


Step = Callable[[WriteSession, Sequence[Claim], datetime], Awaitable[None]]


class LaterRules:
    """The due handlers of rules that do not act at once."""

    def __init__(self, database: Database, tools: Tools, clock: Clock) -> None:
        self._database = database
        self._tools = tools
        self._clock = clock
        self._rules = ActiveRules()

    @property
    def handlers(self) -> Mapping[str, DueHandler]:
        """What the due loop calls, by kind."""
        return {
            WAIT: partial(self._all, self._go_on),
            GATHER: partial(self._all, self._gathered),
            MOMENT: partial(self._all, self._moments),
        }

    async def _all(self, step: Step, claims: Sequence[Claim], /) -> None:
        await in_halves(partial(self._once, step), claims, self._failed)

    async def _once(self, step: Step, claims: Sequence[Claim]) -> None:
        async with self._database.transaction() as session:
            await step(session, claims, self._clock())

    async def _failed(self, claim: Claim, error: Exception) -> None:
        facts = {"kind": claim.kind, "key": claim.key, "attempt": claim.attempt}
        log.error("rule.later_failed", exc_info=error, **facts)
        if claim.attempt >= TRIES:
            why = type(error).__name__
            await retry_serialization(partial(self._once, partial(_give_up, why=why), [claim]))

    async def _take(
        self, session: WriteSession, about: Sequence[tuple[Claim, Subject]], now: datetime
    ) -> list[Held]:
        """Those whose claim is not lost, now done, with their customers locked.

        Who has lost it leaves everything alone: another node is at it, or has done it.
        The customers first, as everywhere: whoever plans holds the customer already.
        """
        found = await contexts.load(session, [subject for _, subject in about], now)
        await lock_roots(session, {one.customer_id for one in found if one is not None})
        held = await returns.hold_all(session, [claim for claim, _ in about])
        mine = [(claim, subject) for claim, subject in about if claim.id in held]
        await queue.complete(session, [claim for claim, _ in mine])
        seen = await contexts.load(session, [subject for _, subject in mine], now)
        return [Held(claim, it) for (claim, _), it in zip(mine, seen, strict=True)]

    # --- going on ---------------------------------------------------------------------------

    async def _go_on(self, session: WriteSession, claims: Sequence[Claim], now: datetime) -> None:
        rows = await _FIRINGS.rows(session, {"ids": [UUID(one.key) for one in claims]})
        firings = {str(row["id"]): row for row in rows}
        await queue.complete(session, [one for one in claims if one.key not in firings])
        held = await self._take(
            session,
            [
                (one, _subject(row["object_kind"], row["object_id"], one))
                for one in claims
                if (row := firings.get(one.key)) is not None
            ],
            now,
        )
        await settling.expire(session, [UUID(one.claim.key) for one in held], now)
        versions = {(row["rule_id"], row["rule_version"]) for row in rows}
        rules = await self._rules.of_versions(session, versions)
        going = list[_Going]()
        for one in held:
            row = firings[one.claim.key]
            rule = rules.get((row["rule_id"], row["rule_version"]))
            if rule is None or one.seen is None:
                gone = {"outcome": "ended", "reason": _gone(rule)}
                await _STOP.rows(session, {"id": row["id"], **gone})
            else:
                going.append(_Going(one.claim, rule, one.seen, row["actions"]))
        # Two of one customer one after the other: what one has done counts for the next.
        for number, places in enumerate(rounds([one.seen.customer_id for one in going])):
            group = [going[n] for n in places]
            await self._run(session, await _anew(session, group, now) if number else group, now)

    async def _run(self, session: WriteSession, going: Sequence["_Going"], now: datetime) -> None:
        runs = list[Run]()
        for one in going:
            run = one.run(now)
            until = run.acting.useful_until
            # Whoever was asked and has answered is not told that nobody wants to know any more.
            if not one.answer and not one.rule.compiled.test(run.acting.context.facts):
                await end(session, run, "conditions")
            elif until is not None and now > until:
                await suppress(session, run.acting, "suppressed", "late")
                await end(session, run, "late")
            else:
                runs.append(run)
        if runs:
            await record(session, runs, await run_all(session, runs, self._tools))

    # --- gathering, and times of conversations ----------------------------------------------

    async def _gathered(
        self, session: WriteSession, claims: Sequence[Claim], now: datetime
    ) -> None:
        about = [
            (one, _subject(str(one.data["kind"]), UUID(str(one.data["id"])), one))
            for one in claims
        ]
        await self._fire(session, about, now)

    async def _moments(
        self, session: WriteSession, claims: Sequence[Claim], now: datetime
    ) -> None:
        about = [(one, Subject("conversation", UUID(one.key.partition(":")[2]))) for one in claims]
        await self._fire(session, about, now)

    async def _fire(
        self, session: WriteSession, about: Sequence[tuple[Claim, Subject]], now: datetime
    ) -> None:
        rules = {str(one.id): one for one in await self._rules.all(session)}
        asked = list[Asked]()
        for one in await self._take(session, about, now):
            rule = rules.get(one.claim.key.partition(":")[0])
            if rule is None or one.seen is None:
                continue
            if one.claim.kind == MOMENT and planned_for(rule, one.seen) != one.claim.due_at:
                continue  # It moved; whoever moved it has planned anew.
            asked.append(Asked(rule, one.seen, _occasion(one.claim.data, one.claim.due_at)))
        await fire_all(session, asked, tools=self._tools, now=now)


@dataclass(frozen=True, slots=True)
class _Going:
    """A firing that goes on after its wait. actions: what it has done so far, as it is kept."""

    claim: Claim
    rule: Active
    seen: Context
    actions: Sequence[Mapping[str, Any]]

    @property
    def answer(self) -> str:
        return str(self.claim.data.get("answer", ""))

    def run(self, now: datetime) -> Run:
        occasion = _occasion(self.claim.data)
        seen = self.seen.with_facts(at_trigger(occasion))
        # Its time is now the end of the wait: who waits longer than `late` is not late for it.
        until = useful_until(self.rule.compiled, seen, self.claim.due_at)
        acting = Acting(self.rule.id, self.rule.name, occasion.depth, seen, now, until)
        results = [_result(done) for done in self.actions]
        if results and results[-1].action == "ask" and not results[-1].reason:
            results[-1] = results[-1]._replace(reason=self.answer or "unanswered")
        place = int(str(self.claim.data["step"]))
        return Run(UUID(self.claim.key), self.rule, acting, results, place=place)


async def _anew(session: WriteSession, going: Sequence[_Going], now: datetime) -> list[_Going]:
    fresh = await contexts.load(session, [one.seen.subject for one in going], now)
    return [replace(one, seen=it or one.seen) for one, it in zip(going, fresh, strict=True)]


async def _give_up(
    session: WriteSession, claims: Sequence[Claim], _: datetime, /, *, why: str
) -> None:
    """It has failed again and again; a firing says why. Not the error's words: they may quote."""
    waits = [UUID(one.key) for one in claims if one.kind == WAIT]
    rows = await _FIRINGS.rows(session, {"ids": waits}) if waits else []
    await lock_roots(session, {row["customer_id"] for row in rows if row["customer_id"]})
    if await queue.complete(session, claims):
        for row in rows:
            await _STOP.rows(session, {"id": row["id"], "outcome": "failed", "reason": why})


def _subject(kind: str, id_: UUID, claim: Claim) -> Subject:
    told = claim.data.get("told")
    return Subject(kind, id_, told if isinstance(told, dict) else {})


def _gone(rule: Active | None) -> str:
    return "rule-gone" if rule is None else "object-gone"


_STOP = Query("""
    UPDATE rule_firings SET outcome = :outcome, reason = :reason, continues_at = NULL
    WHERE id = :id AND outcome = 'waiting'
""")


def _occasion(data: Mapping[str, object], due_at: datetime | None = None) -> Occasion:
    meant_for = due_at or datetime.fromisoformat(str(data["at"]))
    return Occasion(
        meant_for, seq=int(str(data.get("seq", 0))), depth=int(str(data.get("depth", 0)))
    )


def _result(done: Mapping[str, Any]) -> Result:
    decision = UUID(done["decision_id"]) if done["decision_id"] else None
    return Result(done["action"], done["outcome"], done["reason"], decision)
