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
from hub.db.retry import is_connection_error, retry_serialization
from hub.db.rows import Query
from hub.due import queue
from hub.due.loop import DueHandler
from hub.due.queue import Claim
from hub.due.returns import TRIES
from hub.rules import context as contexts
from hub.rules import settling
from hub.rules.actions import Acting, Result, Tools, suppress
from hub.rules.active import Active, ActiveRules
from hub.rules.context import Context, Subject
from hub.rules.firing import Occasion, at_trigger, fire, useful_until
from hub.rules.planning import GATHER, MOMENT, planned_for
from hub.rules.running import WAIT, Run, end, run

log = structlog.get_logger(__name__)

_FIRING = Query("""
    SELECT rule_id, rule_version, customer_id, object_kind, object_id, actions
    FROM rule_firings WHERE id = :id AND outcome = 'waiting'
""")


@dataclass(frozen=True, slots=True)
class Held:
    """What a claim of ours is about, as it is now; `seen` is None when that is gone."""

    seen: Context | None


Step = Callable[[WriteSession, Claim, datetime], Awaitable[None]]


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
            WAIT: partial(self._each, self._go_on),
            GATHER: partial(self._each, self._gathered),
            MOMENT: partial(self._each, self._moment),
        }

    async def _each(self, step: Step, claims: Sequence[Claim], /) -> None:
        """One after the other: what is wrong with one keeps no other waiting."""
        given_up = list[tuple[Claim, str]]()
        for one in claims:
            try:
                await retry_serialization(partial(self._once, step, one))
            except Exception as error:
                if is_connection_error(error):
                    raise
                facts = {"kind": one.kind, "key": one.key, "attempt": one.attempt}
                log.exception("rule.later_failed", **facts)
                if one.attempt >= TRIES:
                    given_up.append((one, type(error).__name__))
        for one, why in given_up:
            await retry_serialization(partial(self._once, partial(_give_up, why=why), one))

    async def _once(self, step: Step, claim: Claim) -> None:
        async with self._database.transaction() as session:
            await step(session, claim, self._clock())

    async def _take(
        self, session: WriteSession, claim: Claim, subject: Subject, now: datetime
    ) -> Held | None:
        """What is claimed, now done, with its customer locked; None when the claim is lost.

        Who has lost it leaves everything alone: another node is at it, or has done it.
        The customer first, as everywhere: whoever plans holds the customer already.
        """
        found = await _seen(session, subject, now)
        if found is not None:
            await lock_roots(session, [found.customer_id])
        if not await queue.complete(session, [claim]):
            return None
        return Held(await _seen(session, subject, now))

    # --- going on ---------------------------------------------------------------------------

    async def _go_on(self, session: WriteSession, claim: Claim, now: datetime) -> None:
        firing_id = UUID(claim.key)
        rows = await _FIRING.rows(session, {"id": firing_id})
        if not rows:
            await queue.complete(session, [claim])
            return
        row = rows[0]
        subject = _subject(row["object_kind"], row["object_id"], claim)
        held = await self._take(session, claim, subject, now)
        if held is None:
            return
        seen = held.seen
        await settling.expire(session, firing_id, now)
        rule = await self._rules.of_version(session, row["rule_id"], row["rule_version"])
        if rule is None or seen is None:
            await _STOP.rows(session, {"id": firing_id, "outcome": "ended", "reason": _gone(rule)})
            return
        occasion = _occasion(claim.data)
        seen = seen.with_facts(at_trigger(occasion))
        # Its time is now the end of the wait: who waits longer than `late` is not late for it.
        until = useful_until(rule.compiled, seen, claim.due_at)
        acting = Acting(rule.id, rule.name, occasion.depth, seen, now, until)
        results = [_result(done) for done in row["actions"]]
        answer = str(claim.data.get("answer", ""))
        if results and results[-1].action == "ask" and not results[-1].reason:
            results[-1] = replace(results[-1], reason=answer or "unanswered")
        one = Run(firing_id, rule, acting, results, place=int(str(claim.data["step"])))
        # Whoever was asked and has answered is not told that nobody wants to know any more.
        if not answer and not rule.compiled.test(seen.facts):
            await end(session, one, "conditions")
        elif until is not None and now > until:
            await suppress(session, acting, "suppressed", "late")
            await end(session, one, "late")
        else:
            await run(session, one, self._tools)

    # --- gathering, and times of conversations ----------------------------------------------

    async def _gathered(self, session: WriteSession, claim: Claim, now: datetime) -> None:
        subject = _subject(str(claim.data["kind"]), UUID(str(claim.data["id"])), claim)
        await self._fire(session, claim, subject, now)

    async def _moment(self, session: WriteSession, claim: Claim, now: datetime) -> None:
        _, _, conversation_id = claim.key.partition(":")
        await self._fire(session, claim, Subject("conversation", UUID(conversation_id)), now)

    async def _fire(
        self, session: WriteSession, claim: Claim, subject: Subject, now: datetime
    ) -> None:
        rule = await self._rules.one(session, UUID(claim.key.partition(":")[0]))
        held = await self._take(session, claim, subject, now)
        seen = held.seen if held else None
        if rule is None or seen is None:
            return
        if claim.kind == MOMENT and planned_for(rule, seen) != claim.due_at:
            return  # It moved; whoever moved it has planned anew.
        occasion = _occasion(claim.data, claim.due_at)
        await fire(session, rule, seen, occasion, tools=self._tools, now=now)


async def _give_up(session: WriteSession, claim: Claim, _: datetime, /, *, why: str) -> None:
    """It has failed again and again; a firing says why. Not the error's words: they may quote."""
    firing_id = UUID(claim.key) if claim.kind == WAIT else None
    rows = await _FIRING.rows(session, {"id": firing_id}) if firing_id else []
    await lock_roots(session, {row["customer_id"] for row in rows if row["customer_id"]})
    if await queue.complete(session, [claim]) and rows:
        await _STOP.rows(session, {"id": firing_id, "outcome": "failed", "reason": why})


async def _seen(session: WriteSession, subject: Subject, now: datetime) -> Context | None:
    [found] = await contexts.load(session, [subject], now)
    return found


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
