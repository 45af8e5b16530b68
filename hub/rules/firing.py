"""Firing one rule for one occasion, in the caller's transaction: once a key, explained if not."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from hub.db.columns import column
from hub.db.engine import WriteSession
from hub.db.retry import Overtaken
from hub.db.rows import Query
from hub.deliveries import decisions
from hub.ids import new_id
from hub.rules import context as contexts
from hub.rules import repository, skips
from hub.rules.actions import Acting, Tools, unsent
from hub.rules.active import Active
from hub.rules.context import Context
from hub.rules.evaluate import Outcome, Situation, evaluate
from hub.rules.running import Done, Run, run_all, shown
from hub.rules.skips import Skip
from hub.rules.spec import Compiled
from hub.rules.triggers import Relative

# A key is kept with what came of it. Of two at once, the second begins anew, and finds it there.
_KEEP = Query("""
    INSERT INTO rule_firings (id, rule_id, rule_version, key, event_seq, customer_id, object_kind,
                              object_id, outcome, reason, decision_id, actions, continues_at, at)
    SELECT id, coalesce(rule, CAST(:rule_all AS uuid)),
           coalesce(version, CAST(:version_all AS int)), key,
           coalesce(seq, CAST(:seq_all AS bigint)), customer, coalesce(kind, :kind_all), object,
           coalesce(outcome, :outcome_all), coalesce(reason, :reason_all), decision,
           actions::jsonb, coalesce(continues, CAST(:continues_all AS timestamptz)), :now
    FROM unnest(CAST(:id AS uuid[]), CAST(:rule AS uuid[]), CAST(:version AS int[]),
                CAST(:key AS text[]), CAST(:seq AS bigint[]), CAST(:customer AS uuid[]),
                CAST(:kind AS text[]), CAST(:object AS uuid[]), CAST(:outcome AS text[]),
                CAST(:reason AS text[]), CAST(:decision AS uuid[]), CAST(:actions AS text[]),
                CAST(:continues AS timestamptz[]))
         AS one(id, rule, version, key, seq, customer, kind, object, outcome, reason, decision,
                actions, continues)
    ORDER BY 2, 4
    ON CONFLICT (rule_id, key) DO NOTHING RETURNING id
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


class Firing(NamedTuple):
    """A rule that acts, for a key that has not fired before."""

    id: UUID
    key: str
    asked: Asked


async def fire_all(
    session: WriteSession, asked: Sequence[Asked], *, tools: Tools, now: datetime
) -> list[Fired]:
    """Ask each rule, and let it act when its conditions hold and its key has not fired yet.

    The customers' roots are locked by the caller (`lock_roots`), all of one transaction at once.
    Those of one customer act one after the other, all others together, with the statements of one.
    What does not fire is kept as the newest reason for this customer; what was meant for them
    but is late, superseded or a loop also leaves a decision. A failing action is undone and
    explained, and raises nothing. Raises Overtaken when another transaction has fired a
    key meanwhile: the caller's begins anew.
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
    outcomes = await _unspent(session, seen, outcomes)
    firings = [
        Firing(new_id(), it.key, one)
        for one, it in zip(seen, outcomes, strict=True)
        if it.outcome == "fire"
    ]
    runs = [Run(one.id, one.asked.rule, one.asked.acting(now)) for one in firings]
    done = await run_all(session, runs, tools) if runs else []
    await _keep(session, firings, list(zip(runs, done, strict=True)), now)
    skipped = [(one, it) for one, it in zip(seen, outcomes, strict=True) if it.outcome != "fire"]
    await _skip(session, skipped, now)
    fired = iter(zip(firings, done, strict=True))
    return [
        _fired(*next(fired)) if it.outcome == "fire" else Fired(it.outcome, it.reason)
        for it in outcomes
    ]


def _asked(one: Asked, now: datetime) -> Outcome:
    itself = one.occasion.rule_id == one.rule.id
    return evaluate(one.rule.compiled, one.situation, now, itself=itself)


def _fired(firing: Firing, done: Done) -> Fired:
    return Fired(done.outcome, done.reason, firing.id, done.decision_id)


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


async def _unspent(
    session: WriteSession, asked: Sequence[Asked], outcomes: Sequence[Outcome]
) -> list[Outcome]:
    """The outcomes, `repeated` where a key has fired before, be it a line above."""
    keys = [
        (one.rule.id, it.key)
        for one, it in zip(asked, outcomes, strict=True)
        if it.outcome == "fire"
    ]
    spent = {*await repository.fired_before(session, keys)}
    left = list[Outcome]()
    for one, it in zip(asked, outcomes, strict=True):
        if it.outcome != "fire":
            left.append(it)
        elif (one.rule.id, it.key) in spent:
            left.append(Outcome("repeated", it.key))
        else:
            left.append(it)
            spent.add((one.rule.id, it.key))
    return left


async def _keep(
    session: WriteSession,
    firings: Sequence[Firing],
    ended: Sequence[tuple[Run, Done]],
    now: datetime,
) -> None:
    """What fired, with what came of it. Raises Overtaken when a key has fired meanwhile."""
    if not firings:
        return
    columns: dict[str, object] = {
        "id": [one.id for one in firings],
        "key": [one.key for one in firings],
        "customer": [one.asked.context.customer_id for one in firings],
        "object": [one.asked.context.object_id for one in firings],
        "decision": [done.decision_id for _, done in ended],
        "actions": [shown(run.results) for run, _ in ended],
        "now": now,
    }
    columns |= column("rule", [one.asked.rule.id for one in firings])
    columns |= column("version", [one.asked.rule.version for one in firings])
    columns |= column("seq", [one.asked.occasion.seq for one in firings])
    columns |= column("kind", [one.asked.context.object_kind for one in firings])
    columns |= column("outcome", [done.outcome for _, done in ended])
    columns |= column("reason", [done.reason for _, done in ended])
    columns |= column("continues", [run.until for run, _ in ended])
    if len(await _KEEP.rows(session, columns)) < len(firings):
        raise Overtaken("A rule has fired for the same key meanwhile.")


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
