"""Firing one rule for one occasion, in the caller's transaction: once a key, explained if not."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.rules import repository, skips
from hub.rules.actions import Acting, Tools, suppress
from hub.rules.active import Active
from hub.rules.context import Context
from hub.rules.evaluate import Outcome, Situation, evaluate
from hub.rules.running import Run, run
from hub.rules.skips import Skip
from hub.rules.spec import Compiled
from hub.rules.triggers import Relative

# Who inserts the key fires; everybody else, now or later, does not.
_FIRE = Query("""
    INSERT INTO rule_firings (rule_id, rule_version, key, event_seq, customer_id, object_kind,
                              object_id, outcome, at)
    VALUES (:rule, :version, :key, :seq, :customer, :kind, :object, 'fired', :now)
    ON CONFLICT (rule_id, key) DO NOTHING RETURNING id
""")


@dataclass(frozen=True, slots=True)
class Occasion:
    """What sets the rule off.

    meant_for: when it should act: `late` counts from it.
    current: False when the object has moved on since: then it is not announced.
    seq: of the event; 0 when none did it. depth: how many rules deep the cause is.
    rule_id: the rule that caused it.
    """

    meant_for: datetime
    current: bool = True
    seq: int = 0
    depth: int = 0
    rule_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Fired:
    """What became of it.

    outcome: fired, waiting, suppressed, no-route, failed (it acted); skipped (conditions),
    superseded, late, loop, repeated (the key has fired before), capped. decision_id: of what was
    sent last.
    """

    outcome: str
    reason: str = ""
    firing_id: UUID | None = None
    decision_id: UUID | None = None


async def fire(
    session: WriteSession,
    rule: Active,
    context: Context,
    occasion: Occasion,
    *,
    tools: Tools,
    now: datetime,
) -> Fired:
    """Ask the rule, and let it act when its conditions hold and its key has not fired yet.

    The customer's root is locked by the caller (`lock_roots`), all of one transaction at once.
    What does not fire is kept as the newest reason for this customer; what was meant for them
    but is late, superseded or a loop also leaves a decision. A failing action is undone and
    explained, and raises nothing.
    """
    context = replace(context, facts={**context.facts, **at_trigger(occasion)})
    itself = occasion.rule_id == rule.id
    situation = Situation(context.facts, occasion.meant_for, occasion.depth, occasion.current)
    outcome = evaluate(rule.compiled, situation, now, itself=itself)
    until = useful_until(rule.compiled, context, occasion.meant_for)
    acting = Acting(rule.id, rule.name, occasion.depth, context, now, until)
    if outcome.outcome == "fire" and await _capped(session, rule, context, now):
        outcome = Outcome("capped", outcome.key, f"more than {_limit(rule)}")
    if outcome.outcome == "fire":
        firing_id = await _first(session, rule, acting, (outcome.key, occasion.seq))
        if firing_id is not None:
            running = Run(firing_id, rule, acting)
            done = await run(session, running, tools)
            return Fired(done.outcome, done.reason, firing_id, done.decision_id)
        outcome = Outcome("repeated", outcome.key)
    await _skip(session, rule, acting, outcome)
    return Fired(outcome.outcome, outcome.reason)


def useful_until(rule: Compiled, seen: Context, meant_for: datetime) -> datetime | None:
    """After this its message is worth nothing: the late bound, and what it is sent before."""
    bounds = [meant_for + rule.late] if rule.late is not None else []
    when = rule.when
    if isinstance(when, Relative) and when.direction == "before":
        moment = seen.facts.get(f"{when.object_kind}.{when.field}")
        bounds += [moment] if isinstance(moment, datetime) else []
    return min(bounds, default=None)


def at_trigger(occasion: Occasion) -> dict[str, object]:
    return {"trigger.at": occasion.meant_for, "trigger.seq": occasion.seq}


async def _capped(session: WriteSession, rule: Active, seen: Context, now: datetime) -> bool:
    return await repository.capped(session, rule.id, rule.compiled, seen.customer_id, now)


def _limit(rule: Active) -> str:
    limit = rule.compiled.spec.at_most
    return f"{limit.times} per {limit.per}" if limit else ""


async def _first(
    session: WriteSession, rule: Active, acting: Acting, place: tuple[str, int]
) -> UUID | None:
    """The new firing's id; None when its key has fired before."""
    key, seq = place
    rows = await _FIRE.rows(
        session,
        {
            "rule": rule.id,
            "version": rule.version,
            "key": key,
            "seq": seq,
            "customer": acting.context.customer_id,
            "kind": acting.context.object_kind,
            "object": acting.context.object_id,
            "now": acting.now,
        },
    )
    return rows[0]["id"] if rows else None


_DECISIONS = {"superseded": "superseded", "late": "suppressed", "loop": "suppressed"}


async def _skip(session: WriteSession, rule: Active, acting: Acting, outcome: Outcome) -> None:
    if outcome.outcome in _DECISIONS:
        reason = outcome.reason if outcome.outcome == "late" else outcome.outcome
        await suppress(session, acting, _DECISIONS[outcome.outcome], reason)
    seen = acting.context
    skip = Skip(
        rule.id,
        rule.version,
        seen.customer_id,
        seen.object_kind,
        seen.object_id,
        outcome.outcome,
        outcome.reason,
    )
    await skips.keep(session, [skip], acting.now)
