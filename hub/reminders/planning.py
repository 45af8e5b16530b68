"""Planning reminders of objects: what is planned follows what each object is now."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from hub.clock import zone_of
from hub.customers.roots import lock_roots
from hub.db.engine import AnySession, WriteSession
from hub.db.rows import Query
from hub.deliveries import decisions
from hub.deliveries.decisions import NewDecision
from hub.deliveries.route import Choice
from hub.due import queue
from hub.due.queue import Plan
from hub.hours import store as hours
from hub.hours.calendar import ALWAYS, Calendar
from hub.ids import new_id
from hub.mappings import NOTHING
from hub.reminders import outdated, subjects, timing
from hub.reminders.subjects import Subject
from hub.reminders.timing import History, Planned, Step, Timing
from hub.rules import context
from hub.rules.active import Active
from hub.rules.loaders import Values
from hub.rules.triggers import Relative

KIND = "reminder"
"""Of due work; its key is the reminder's id."""

_KNOWN = Query("""
    SELECT id, rule_id, object_id, moment, due_at, status, reason FROM reminders
    WHERE object_id = ANY (CAST(:objects AS uuid[])) AND rule_id = ANY (CAST(:rules AS uuid[]))
""")
_DROP = Query("""
    UPDATE reminders SET status = 'dropped', reason = told.reason, ended_at = :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:reasons AS text[])) AS told(id, reason)
    WHERE reminders.id = told.id AND status = 'planned'
""")
_BIND = Query("""
    UPDATE reminders SET object_revision = now_at.revision, rule_version = now_at.version
    FROM unnest(CAST(:ids AS uuid[]), CAST(:revisions AS int[]), CAST(:versions AS int[]))
         AS now_at(id, revision, version)
    WHERE reminders.id = now_at.id
      AND (object_revision, rule_version) IS DISTINCT FROM (now_at.revision, now_at.version)
""")
_ADD = Query("""
    INSERT INTO reminders (id, rule_id, rule_version, object_kind, object_id, object_revision,
                           moment, due_at, status, reason, decision_id, planned_at, ended_at)
    SELECT id, rule, version, :kind, object, revision, moment, due_at,
           CASE WHEN decision IS NULL THEN 'planned' ELSE 'dropped' END,
           CASE WHEN decision IS NULL THEN '' ELSE 'late' END, decision, :now,
           CASE WHEN decision IS NULL THEN NULL ELSE CAST(:now AS timestamptz) END
    FROM unnest(CAST(:ids AS uuid[]), CAST(:rules AS uuid[]), CAST(:versions AS int[]),
                CAST(:objects AS uuid[]), CAST(:revisions AS int[]),
                CAST(:moments AS timestamptz[]), CAST(:due AS timestamptz[]),
                CAST(:decisions AS uuid[]))
         AS one(id, rule, version, object, revision, moment, due_at, decision)
""")
# What was planned for it before stays: it is asked again whether it holds when it is due.
_PUT_ASIDE = Query("""
    INSERT INTO reminders (id, rule_id, rule_version, object_kind, object_id, object_revision,
                           moment, due_at, status, reason, planned_at, ended_at)
    VALUES (:id, :rule, :version, :kind, :object, 0, :now, :now, 'dropped', 'failed', :now, :now)
""")


@dataclass(frozen=True, slots=True)
class Known:
    """What is kept of one rule's reminders of one object.

    id: of the planned one. sent: the ids of those that were, by their moments.
    """

    id: UUID | None = None
    history: History = field(default_factory=History)
    sent: Mapping[datetime, UUID] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Move:
    """A step that one rule's reminder of one object takes."""

    rule: Active
    subject: Subject
    known: Known
    step: Step


def relative(rule: Active) -> Relative | None:
    """What the rule counts from, when it is bound to orders or appointments."""
    when = rule.compiled.when
    if isinstance(when, Relative) and when.object_kind in subjects.KINDS:
        return when
    return None


def timing_of(rule: Active, when: Relative, hours: Calendar = ALWAYS) -> Timing:
    return Timing(when.direction, when.by, rule.compiled.late, when.only, hours)


async def hours_of(session: AnySession, rules: Iterable[Active]) -> Calendar:
    """The company's hours, where one of the rules asks for them."""
    asked = any((when := relative(one)) is not None and when.only for one in rules)
    return (await hours.load(session)).default if asked else ALWAYS


async def replan(
    session: WriteSession,
    rules: Sequence[Active],
    kind: str,
    ids: Collection[UUID],
    *,
    now: datetime,
    catch_up: bool = True,
) -> None:
    """Make what is planned for these objects by these rules what it should be.

    Locks the roots of their customers. catch_up: also what should have been sent a moment ago;
    without it a rule that is new for old objects begins with what is still to come.
    """
    bound = [
        (rule, when) for rule in rules if (when := relative(rule)) and when.object_kind == kind
    ]
    if not bound or not ids:
        return
    found = await subjects.load(session, kind, ids)
    await lock_roots(session, {one.root_id for one in found.values()})
    found = await subjects.load(session, kind, ids)
    people = await context.customers(session, {one.root_id for one in found.values()})
    rows = await _KNOWN.rows(
        session, {"rules": [rule.id for rule, _ in bound], "objects": list(found)}
    )
    known = _known(rows)
    if stale := _stale(bound, found, known):
        changed = await outdated.take_back(session, stale, now)
        await queue.plan(session, [Plan(KIND, str(id_), at) for id_, at in changed.anew.items()])
        known = _known(rows, changed.standing)
    calendar = await hours_of(session, [rule for rule, _ in bound])
    timings = [(rule, when, timing_of(rule, when, calendar)) for rule, when in bound]
    moves = [
        Move(rule, one, kept, _step(span, when, one, kept, people[one.root_id], now))
        for one in found.values()
        for rule, when, span in timings
        for kept in (known.get((rule.id, one.id), Known()),)
    ]
    await _write(session, kind, moves, now, catch_up=catch_up)


def _stale(
    bound: Sequence[tuple[Active, Relative]],
    found: Mapping[UUID, Subject],
    known: Mapping[tuple[UUID, UUID], Known],
) -> list[tuple[UUID, str]]:
    """Reminders that were sent for what is no more, each with why."""
    stale = list[tuple[UUID, str]]()
    for rule, when in bound:
        for one in found.values():
            if (kept := known.get((rule.id, one.id))) is None or not kept.sent:
                continue
            standing = subjects.standing(when.object_kind, one, when)
            why = "cancelled" if standing.over else "moved" if standing.moment else "no-time"
            still = None if standing.over else standing.moment
            stale += [(id_, why) for moment, id_ in kept.sent.items() if moment != still]
    return stale


def _step(
    span: Timing, when: Relative, one: Subject, known: Known, customer: Values, now: datetime
) -> Step:
    return timing.step(
        span,
        subjects.standing(when.object_kind, one, when),
        zone_of(str(customer["time_zone"])),
        known.history,
        now,
    )


def _known(
    rows: Iterable[Record], changed: Mapping[UUID, tuple[str, str]] = NOTHING
) -> Mapping[tuple[UUID, UUID], Known]:
    """By rule and object. changed: how those stand that do not as they were read."""
    found: defaultdict[tuple[UUID, UUID], Known] = defaultdict(Known)
    for row in rows:
        key, one = (row["rule_id"], row["object_id"]), Planned(row["moment"], row["due_at"])
        known = found[key]
        status, reason = changed.get(row["id"], (row["status"], row["reason"]))
        if status == "planned":
            history = replace(known.history, planned=one)
            found[key] = replace(known, id=row["id"], history=history)
            continue
        sent = {one.moment: row["id"]} if status == "sent" else {}
        history = _ended(known.history, status, reason, one)
        found[key] = replace(known, history=history, sent={**known.sent, **sent})
    return found


def _ended(history: History, status: str, reason: str, one: Planned) -> History:
    if status == "sent":
        return replace(history, sent=(*history.sent, one.moment))
    if reason in REOPENED:
        return history
    return replace(history, refused=(*history.refused, one))


REOPENED = frozenset({"moved", "cancelled", "no-time", "rule-off"})
"""Reasons that may be undone: moved back, booked again, set again, switched on again."""


async def _write(
    session: WriteSession, kind: str, moves: Sequence[Move], now: datetime, *, catch_up: bool
) -> None:
    await drop(session, [(one.known.id, one.step.drop) for one in moves if one.step.drop], now)
    kept = [one for one in moves if one.known.id and not one.step.drop]
    await _BIND.rows(
        session,
        {
            "ids": [one.known.id for one in kept],
            "revisions": [one.subject.revision for one in kept],
            "versions": [one.rule.version for one in kept],
        },
    )
    new = [one for one in moves if _worth(one, now, catch_up=catch_up)]
    if new:
        await _add(session, kind, new, now)


def _worth(one: Move, now: datetime, *, catch_up: bool) -> bool:
    """What takes the place of a plan is never left out: else nothing would come of either."""
    plan = one.step.plan
    return plan is not None and (catch_up or one.known.id is not None or plan.due_at >= now)


async def drop(
    session: WriteSession, reminders: Sequence[tuple[UUID | None, str]], now: datetime
) -> None:
    """Drop planned reminders, each for its reason; their due work goes with them."""
    if not reminders:
        return
    ids = [one for one, _ in reminders]
    await _DROP.rows(session, {"ids": ids, "reasons": [why for _, why in reminders], "now": now})
    await queue.cancel(session, KIND, [str(one) for one in ids])


async def _add(session: WriteSession, kind: str, moves: Sequence[Move], now: datetime) -> None:
    ids = [new_id() for _ in moves]
    plans = [one.step.plan for one in moves if one.step.plan]
    late = [too_late(one.rule, kind, one.subject) for one in moves if one.step.too_late]
    kept = iter(await decisions.keep_all(session, late, now))
    await _ADD.rows(
        session,
        {
            "kind": kind,
            "now": now,
            "ids": ids,
            "rules": [one.rule.id for one in moves],
            "versions": [one.rule.version for one in moves],
            "objects": [one.subject.id for one in moves],
            "revisions": [one.subject.revision for one in moves],
            "moments": [one.moment for one in plans],
            "due": [one.due_at for one in plans],
            "decisions": [next(kept) if one.step.too_late else None for one in moves],
        },
    )
    await queue.plan(
        session,
        [
            Plan(KIND, str(id_), plan.due_at)
            for id_, move, plan in zip(ids, moves, plans, strict=True)
            if not move.step.too_late
        ],
    )


async def put_aside(
    session: WriteSession, rule: Active, kind: str, object_id: UUID, now: datetime
) -> None:
    """Nothing can be planned for this object; `hub.conversations.problems` shows it."""
    named = {"id": new_id(), "rule": rule.id, "version": rule.version, "kind": kind}
    await _PUT_ASIDE.rows(session, {**named, "object": object_id, "now": now})


def too_late(rule: Active, kind: str, one: Subject) -> NewDecision:
    """Says why nothing is sent: it was too late when it could have been."""
    return unsent(rule.id, kind, one, "late")


def unsent(rule_id: UUID, kind: str, one: Subject, reason: str) -> NewDecision:
    """Says why nothing is sent."""
    return NewDecision(
        customer_id=one.root_id,
        outcome="suppressed",
        reason=reason,
        purpose="reminder",
        choice=Choice(None, ()),
        by_kind="rule",
        by_id=rule_id,
        rule_id=rule_id,
        object_kind=kind,
        object_id=one.id,
    )
