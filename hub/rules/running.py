"""A firing at work: step by step, waiting where the rule says so, keeping what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import orjson

from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.due import queue
from hub.due.queue import Plan
from hub.rules import asking
from hub.rules import context as contexts
from hub.rules.actions import Acting, Result, Tools, act
from hub.rules.active import Active
from hub.rules.sending import Sending, send_all
from hub.rules.steps import Action, Asking, Do, Jump, Unless, Wait

WAIT = "rule-wait"
"""Due kind of a firing that waits, keyed by its id."""

_RECORD = Query("""
    UPDATE rule_firings
    SET outcome = told.outcome, reason = told.reason, decision_id = told.decision,
        actions = told.actions::jsonb, continues_at = told.continues_at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:outcomes AS text[]), CAST(:reasons AS text[]),
                CAST(:decisions AS uuid[]), CAST(:actions AS text[]),
                CAST(:continues AS timestamptz[]))
         AS told(id, outcome, reason, decision, actions, continues_at)
    WHERE rule_firings.id = told.id
""")

_WORST = ("failed", "no-route", "suppressed", "fired")
_QUIET = frozenset({"send", "note"})
"""Actions after which the customer and the conversation are as they were."""


@dataclass(slots=True)
class Run:
    """A firing under way. results: what its actions came to, those before a wait included.

    place: of the next step. until: when it goes on after a wait.
    """

    firing_id: UUID
    rule: Active
    acting: Acting
    results: list[Result] = field(default_factory=list)
    place: int = 0
    until: datetime | None = None
    stale: bool = False


class Done(NamedTuple):
    """The worst of what came of it; waiting: there is more to do later."""

    outcome: str
    reason: str = ""
    decision_id: UUID | None = None


async def run_all(session: WriteSession, runs: Sequence[Run], tools: Tools) -> list[Done]:
    """Go on until the end, or the next wait, which is planned; each is of another customer.

    They go in step: what they send is sent together. The caller keeps what came of them.
    """
    working = list(runs)
    while working:
        acted = [(one, it) for one in working if (it := await _next(session, one)) is not None]
        going = [
            (one, deed, sending)
            for one, deed in acted
            if (sending := _sending(one, deed, tools)) is not None
        ]
        if going:
            results = await send_all(session, [sending for _, _, sending in going], tools)
            for (one, deed, sending), result in zip(going, results, strict=True):
                await _sent(session, one, deed, sending, result)
        for one, deed in acted:
            if isinstance(deed, Action) and deed.send is None:
                one.results.append(await act(session, one.acting, deed))
                one.stale = one.stale or deed.name not in _QUIET
        working = [one for one, _ in acted if one.until is None]
    await queue.plan(session, [_wait(one, one.until) for one in runs if one.until])
    return [_done(one) for one in runs]


def _sending(one: Run, deed: Action | Asking, tools: Tools) -> Sending | None:
    if isinstance(deed, Asking):
        return asking.question(one.acting, deed, tools)
    return Sending(one.acting, deed.send) if deed.send is not None else None


async def _sent(
    session: WriteSession, one: Run, deed: Action | Asking, sending: Sending, result: Result
) -> None:
    if isinstance(deed, Asking):
        result = result._replace(action="ask")
        one.place = deed.otherwise
        if result.outcome == "fired":
            one.until = await asking.keep(session, sending, deed, one.firing_id, result)
    one.results.append(result)


async def _next(session: WriteSession, one: Run) -> Action | Asking | None:
    """What it does next; None at its end, or where it waits."""
    steps = one.rule.compiled.steps
    while one.place < len(steps):
        step = steps[one.place]
        one.place += 1
        match step:
            case Do(action):
                return action
            case Asking():
                return step
            case Unless(test, target):
                await _refresh(session, one)
                one.place = one.place if test(one.acting.context.facts) else target
            case Jump(target):
                one.place = target
            case Wait(span):
                one.until = one.acting.now + span
                return None
    return None


def _done(one: Run) -> Done:
    done = summary(one.results)
    return done if one.until is None else done._replace(outcome="waiting", reason="")


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
    done = summary(one.results)._replace(outcome="ended", reason=reason)
    await record(session, [one], [done])


async def _refresh(session: WriteSession, one: Run) -> None:
    """What the rule itself has just changed counts when it looks again."""
    if not one.stale:
        return
    seen = one.acting.context
    [fresh] = await contexts.load(session, [seen.subject], one.acting.now)
    if fresh is not None:
        kept = {name: seen.facts[name] for name in ("trigger.at", "trigger.seq")}
        one.acting = one.acting._replace(context=fresh.with_facts(kept))
    one.stale = False


def _wait(one: Run, until: datetime) -> Plan:
    acting = one.acting
    data = {
        "step": one.place,
        "depth": acting.depth,
        "at": acting.context.facts["trigger.at"],
        "seq": acting.context.facts["trigger.seq"],
        "told": acting.context.told,
    }
    return Plan(WAIT, str(one.firing_id), until, data)


async def record(session: WriteSession, runs: Sequence[Run], done: Sequence[Done]) -> None:
    """Keep what came of firings that went on after a wait."""
    await _RECORD.rows(
        session,
        {
            "ids": [one.firing_id for one in runs],
            "outcomes": [one.outcome for one in done],
            "reasons": [one.reason for one in done],
            "decisions": [one.decision_id for one in done],
            "actions": [shown(one.results) for one in runs],
            "continues": [one.until for one in runs],
        },
    )


def shown(results: Sequence[Result]) -> str:
    """`rule_firings.actions` of a firing."""
    done = [
        {
            "action": result.action,
            "outcome": result.outcome,
            "reason": result.reason,
            "decision_id": str(result.decision_id) if result.decision_id else None,
        }
        for result in results
    ]
    return orjson.dumps(done).decode()
