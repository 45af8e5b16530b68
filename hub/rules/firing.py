"""Firing one rule for one occasion, in the caller's transaction: once a key, explained if not."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.deliveries import decisions
from hub.rules import context as contexts
from hub.rules import repository, skips
from hub.rules.actions import Acting, Tools, unsent
from hub.rules.active import Active
from hub.rules.context import Context
from hub.rules.evaluate import Outcome, Situation, evaluate
from hub.rules.running import Done, Run, run_all
from hub.rules.skips import Skip
from hub.rules.spec import Compiled
from hub.rules.triggers import Relative

# Who inserts the key fires; everybody else, now or later, does not. Of two at once, the first.
_FIRE = Query("""
    INSERT INTO rule_firings (rule_id, rule_version, key, event_seq, customer_id, object_kind,
                              object_id, outcome, at)
    SELECT rule, version, key, seq, customer, kind, object, 'fired', :now
    FROM unnest(CAST(:rules AS uuid[]), CAST(:versions AS int[]), CAST(:keys AS text[]),
                CAST(:seqs AS bigint[]), CAST(:customers AS uuid[]), CAST(:kinds AS text[]),
                CAST(:objects AS uuid[]))
         WITH ORDINALITY AS one(rule, version, key, seq, customer, kind, object, place)
    ORDER BY rule, key, place
    ON CONFLICT (rule_id, key) DO NOTHING RETURNING id, rule_id, key
""")


class Occasion(NamedTuple):
    """What sets the rule off.

    meant_for: when it should act: `late` counts from it.
    current: False when the object has moved on since: then it is not announced.
    seq: of the event; 0 when none did it. depth: how many rules deep the cause is.
    rule_id: the rule that caused it. A tuple, as all below: thousands are made at a time.
    """

    meant_for: datetime
    current: bool = True
    seq: int = 0
    depth: int = 0
    rule_id: UUID | None = None


class Fired(NamedTuple):
    """What became of it.

    outcome: fired, waiting, suppressed, no-route, failed (it acted); skipped (conditions),
    superseded, late, loop, repeated (the key has fired before), capped. decision_id: of what was
    sent last.
    """

    outcome: str
    reason: str = ""
    firing_id: UUID | None = None
    decision_id: UUID | None = None


class Asked(NamedTuple):
    """A rule that an occasion may set off, and what it sees then."""

    rule: Active
    context: Context
    occasion: Occasion

    @property
    def situation(self) -> Situation:
        at = self.occasion
        return Situation(self.context.facts, at.meant_for, at.depth, at.current)

    def acting(self, now: datetime) -> Acting:
        until = useful_until(self.rule.compiled, self.context, self.occasion.meant_for)
        rule, depth = self.rule, self.occasion.depth
        return Acting(rule.id, rule.name, depth, self.context, now, until)


async def fire_all(
    session: WriteSession, asked: Sequence[Asked], *, tools: Tools, now: datetime
) -> list[Fired]:
    """Ask each rule, and let it act when its conditions hold and its key has not fired yet.

    The customers' roots are locked by the caller (`lock_roots`), all of one transaction at once.
    Those of one customer act one after the other, all others together, with the statements of one.
    What does not fire is kept as the newest reason for this customer; what was meant for them
    but is late, superseded or a loop also leaves a decision. A failing action is undone and
    explained, and raises nothing.
    """
    fired: dict[int, Fired] = {}
    touched: set[UUID] = set()
    for places in rounds([one.context.customer_id for one in asked]):
        group = await _seen_anew(session, [asked[n] for n in places], touched, now)
        done = await _fire(session, group, tools, now)
        touched |= {
            one.context.customer_id for one, it in zip(group, done, strict=True) if it.firing_id
        }
        fired |= dict(zip(places, done, strict=True))
    return [fired[n] for n in range(len(asked))]


async def _seen_anew(
    session: WriteSession, asked: Sequence[Asked], touched: set[UUID], now: datetime
) -> list[Asked]:
    """What one firing has just done to a customer counts for the next one."""
    stale = [one.context.subject for one in asked if one.context.customer_id in touched]
    if not stale:
        return list(asked)
    fresh = iter(await contexts.load(session, stale, now))
    seen = [next(fresh) if one.context.customer_id in touched else None for one in asked]
    return [one._replace(context=it or one.context) for one, it in zip(asked, seen, strict=True)]


def rounds(customers: Sequence[UUID]) -> list[list[int]]:
    """The places of a list, so that in no round a customer comes twice: caps count what went."""
    met, found = Counter[UUID](), list[list[int]]()
    for place, customer in enumerate(customers):
        if met[customer] == len(found):
            found.append([])
        found[met[customer]].append(place)
        met[customer] += 1
    return found


async def _fire(
    session: WriteSession, asked: Sequence[Asked], tools: Tools, now: datetime
) -> list[Fired]:
    seen = [
        Asked(it.rule, it.context.with_facts(at_trigger(it.occasion)), it.occasion) for it in asked
    ]
    outcomes = await _uncapped(session, seen, [_asked(it, now) for it in seen], now)
    outcomes, firings = await _first(session, seen, outcomes, now)
    runs = [
        Run(firing_id, one.rule, one.acting(now))
        for one, firing_id in zip(seen, firings, strict=True)
        if firing_id is not None
    ]
    done = iter(await run_all(session, runs, tools) if runs else [])
    skipped = [(one, it) for one, it in zip(seen, outcomes, strict=True) if it.outcome != "fire"]
    await _skip(session, skipped, now)
    return [
        Fired(it.outcome, it.reason) if firing_id is None else _fired(firing_id, next(done))
        for it, firing_id in zip(outcomes, firings, strict=True)
    ]


def _asked(one: Asked, now: datetime) -> Outcome:
    itself = one.occasion.rule_id == one.rule.id
    return evaluate(one.rule.compiled, one.situation, now, itself=itself)


def _fired(firing_id: UUID, done: Done) -> Fired:
    return Fired(done.outcome, done.reason, firing_id, done.decision_id)


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


async def _uncapped(
    session: WriteSession, asked: Sequence[Asked], outcomes: Sequence[Outcome], now: datetime
) -> list[Outcome]:
    """The outcomes, without those that have fired often enough lately."""
    limited = [
        (one.rule, one.context.customer_id)
        for one, it in zip(asked, outcomes, strict=True)
        if it.outcome == "fire" and one.rule.compiled.per is not None
    ]
    full = await repository.capped(session, limited, now) if limited else set()
    return [
        Outcome("capped", it.key, f"more than {_limit(one.rule)}")
        if it.outcome == "fire" and (one.rule.id, one.context.customer_id) in full
        else it
        for one, it in zip(asked, outcomes, strict=True)
    ]


def _limit(rule: Active) -> str:
    limit = rule.compiled.spec.at_most
    return f"{limit.times} per {limit.per}" if limit else ""


async def _first(
    session: WriteSession, asked: Sequence[Asked], outcomes: Sequence[Outcome], now: datetime
) -> tuple[list[Outcome], list[UUID | None]]:
    """The outcomes, `repeated` where a key has fired before; the new firings' ids."""
    new = [(one, it.key) for one, it in zip(asked, outcomes, strict=True) if it.outcome == "fire"]
    made = await _insert(session, new, now) if new else {}
    left, firings = list[Outcome](), list[UUID | None]()
    for one, it in zip(asked, outcomes, strict=True):
        fires = it.outcome == "fire"
        # Taken out: who comes with the same key behind has been overtaken.
        firing_id = made.pop((one.rule.id, it.key), None) if fires else None
        firings.append(firing_id)
        left.append(Outcome("repeated", it.key) if fires and firing_id is None else it)
    return left, firings


async def _insert(
    session: WriteSession, new: Sequence[tuple[Asked, str]], now: datetime
) -> dict[tuple[UUID, str], UUID]:
    rows = await _FIRE.rows(
        session,
        {
            "rules": [one.rule.id for one, _ in new],
            "versions": [one.rule.version for one, _ in new],
            "keys": [key for _, key in new],
            "seqs": [one.occasion.seq for one, _ in new],
            "customers": [one.context.customer_id for one, _ in new],
            "kinds": [one.context.object_kind for one, _ in new],
            "objects": [one.context.object_id for one, _ in new],
            "now": now,
        },
    )
    return {(row["rule_id"], row["key"]): row["id"] for row in rows}


_DECISIONS = {"superseded": "superseded", "late": "suppressed", "loop": "suppressed"}


async def _skip(
    session: WriteSession, skipped: Sequence[tuple[Asked, Outcome]], now: datetime
) -> None:
    told = [
        unsent(
            one.acting(now),
            _DECISIONS[it.outcome],
            it.reason if it.outcome == "late" else it.outcome,
        )
        for one, it in skipped
        if it.outcome in _DECISIONS
    ]
    await decisions.keep_all(session, told, now)
    await skips.keep(session, [_as_skip(one, it) for one, it in skipped], now)


def _as_skip(one: Asked, it: Outcome) -> Skip:
    seen = one.context
    return Skip(
        one.rule.id,
        one.rule.version,
        seen.customer_id,
        seen.object_kind,
        seen.object_id,
        it.outcome,
        it.reason,
    )
