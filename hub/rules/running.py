"""A firing at work: step by step, waiting where the rule says so, keeping what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import orjson

from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.due import queue
from hub.due.queue import Plan
from hub.rules import context as contexts
from hub.rules.actions import Acting, Result, Tools, act
from hub.rules.active import Active
from hub.rules.steps import Do, Jump, Unless, Wait

WAIT = "rule-wait"
"""Due kind of a firing that waits, keyed by its id."""

_RECORD = Query("""
    UPDATE rule_firings
    SET outcome = :outcome, reason = :reason, decision_id = :decision,
        actions = CAST(:actions AS jsonb), continues_at = :continues_at
    WHERE id = :id
""")

_WORST = ("failed", "no-route", "suppressed", "fired")
_QUIET = frozenset({"send", "note"})
"""Actions after which the customer and the conversation are as they were."""


@dataclass(slots=True)
class Run:
    """A firing under way. results: what its actions came to, those before a wait included."""

    firing_id: UUID
    rule: Active
    acting: Acting
    results: list[Result] = field(default_factory=list)
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """The worst of what came of it; waiting: there is more to do later."""

    outcome: str
    reason: str = ""
    decision_id: UUID | None = None


async def run(session: WriteSession, one: Run, tools: Tools, start: int = 0) -> Done:
    """Go on from step `start` until the end, or the next wait, which is planned."""
    steps, place = one.rule.compiled.steps, start
    while place < len(steps):
        step = steps[place]
        place += 1
        match step:
            case Do(action):
                one.results.append(await act(session, one.acting, action, tools))
                one.stale = one.stale or action.name not in _QUIET
            case Unless(test, target):
                await _refresh(session, one)
                place = place if test(one.acting.context.facts) else target
            case Jump(target):
                place = target
            case Wait(span):
                return await _wait(session, one, place, span)
    done = summary(one.results)
    await _record(session, one, done, None)
    return done


def summary(results: Sequence[Result]) -> Done:
    """The worst outcome with its reason; the decision of what was sent last."""
    sent = [one.decision_id for one in results if one.decision_id is not None]
    decision = sent[-1] if sent else None
    for outcome in _WORST:
        for one in results:
            if one.outcome == outcome:
                return Done(outcome, one.reason, decision)
    return Done("fired")


async def end(session: WriteSession, one: Run, reason: str) -> None:
    """It does not go on after its wait."""
    done = replace(summary(one.results), outcome="ended", reason=reason)
    await _record(session, one, done, None)


async def _refresh(session: WriteSession, one: Run) -> None:
    """What the rule itself has just changed counts when it looks again."""
    if not one.stale:
        return
    seen = one.acting.context
    [fresh] = await contexts.load(session, [seen.subject], one.acting.now)
    if fresh is not None:
        kept = {name: seen.facts[name] for name in ("trigger.at", "trigger.seq")}
        one.acting = replace(one.acting, context=replace(fresh, facts={**fresh.facts, **kept}))
    one.stale = False


async def _wait(session: WriteSession, one: Run, place: int, span: timedelta) -> Done:
    acting = one.acting
    until = acting.now + span
    data = {
        "step": place,
        "depth": acting.depth,
        "at": acting.context.facts["trigger.at"],
        "seq": acting.context.facts["trigger.seq"],
        "told": acting.context.told,
    }
    await queue.plan(session, [Plan(WAIT, str(one.firing_id), until, data)])
    done = replace(summary(one.results), outcome="waiting", reason="")
    await _record(session, one, done, until)
    return done


async def _record(session: WriteSession, one: Run, done: Done, continues_at: object) -> None:
    shown = [
        {
            "action": result.action,
            "outcome": result.outcome,
            "reason": result.reason,
            "decision_id": str(result.decision_id) if result.decision_id else None,
        }
        for result in one.results
    ]
    await _RECORD.rows(
        session,
        {
            "id": one.firing_id,
            "outcome": done.outcome,
            "reason": done.reason,
            "decision": done.decision_id,
            "actions": orjson.dumps(shown).decode(),
            "continues_at": continues_at,
        },
    )
