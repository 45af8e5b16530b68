"""Firing one rule for one occasion, in the caller's transaction: once a key, explained if not."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from hub.conversations.reach import Channels
from hub.db.engine import WriteSession
from hub.rendering import Notices
from hub.rules.actions import Firing, act, explain
from hub.rules.active import Active
from hub.rules.context import Context
from hub.rules.evaluate import Situation, evaluate

# Who inserts the key fires; everybody else, now or later, does not.
_FIRE = text("""
    INSERT INTO rule_firings (rule_id, rule_version, key, event_seq, customer_id, outcome, at)
    VALUES (:rule, :version, :key, :seq, :customer, 'fired', :now)
    ON CONFLICT (rule_id, key) DO NOTHING RETURNING id
""")

_RECORD = text("""
    UPDATE rule_firings SET outcome = :outcome, reason = :reason, decision_id = :decision
    WHERE id = :id
""")


@dataclass(frozen=True, slots=True)
class Tools:
    """What actions work with."""

    registry: Channels
    notices: Notices


@dataclass(frozen=True, slots=True)
class Occasion:
    """What sets the rule off.

    meant_for: when it should act: `late` counts from it.
    current: False when the object has moved on since: then it is not announced.
    seq: of the event; 0 when none did it. depth: how many rules deep the cause is.
    """

    meant_for: datetime
    current: bool = True
    seq: int = 0
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Fired:
    """What became of it.

    outcome: fired, suppressed, no-route, failed (the actions ran); skipped (conditions),
    superseded, late, loop, repeated (the key has fired before). decision_id: of what was sent.
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
    What is late, superseded or a loop leaves a decision; unmet conditions and repeats do not.
    A failing action is undone and explained, and raises nothing.
    """
    situation = Situation(context.facts, occasion.meant_for, occasion.depth, occasion.current)
    outcome = evaluate(rule.compiled, situation, now)
    if outcome.outcome == "skipped":
        return Fired("skipped", outcome.reason)
    firing = Firing(rule.id, rule.name, occasion.depth, context, now)
    if outcome.outcome != "fire":
        await explain(session, firing, outcome)
        return Fired(outcome.outcome, outcome.reason)
    return await _fire(session, rule, firing, (outcome.key, occasion.seq), tools)


async def _fire(
    session: WriteSession, rule: Active, firing: Firing, place: tuple[str, int], tools: Tools
) -> Fired:
    key, seq = place
    row = {
        "rule": rule.id,
        "version": rule.version,
        "key": key,
        "seq": seq,
        "customer": firing.context.customer_id,
        "now": firing.now,
    }
    firing_id = await session.scalar(_FIRE, row)
    if firing_id is None:
        return Fired("repeated")
    done = Fired("fired", firing_id=firing_id)
    for action in rule.compiled.spec.actions:
        result = await act(session, firing, action, tools.registry, tools.notices)
        done = Fired(result.outcome, result.reason, firing_id, result.decision_id)
        await session.execute(
            _RECORD,
            {
                "id": firing_id,
                "outcome": result.outcome,
                "reason": result.reason,
                "decision": result.decision_id,
            },
        )
    return done
