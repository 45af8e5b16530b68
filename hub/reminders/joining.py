"""Which reminders of one customer go as one message, when their rule says `join`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.due import queue
from hub.reminders import planning
from hub.reminders.matters import Due, End, Matter, due_of
from hub.reminders.subjects import Subject
from hub.rules.actions import Tools
from hub.rules.active import Active
from hub.rules.context import Context
from hub.rules.evaluate import Outcome, Situation, evaluate
from hub.rules.firing import Asked, Fired, Occasion, at_trigger, fire_all
from hub.rules.joining import JOINED, Joined, keep_joined
from hub.rules.repository import Fires, fired_before

MOST = 20
"""Objects that one message names; what is due beside them goes with the next one."""
SENT = frozenset({"fired", "waiting"})

_ALONG = Query("""
    SELECT r.id, r.rule_id, r.object_kind, r.object_id, r.moment, r.due_at,
           r.decision_id
    FROM unnest(CAST(:rules AS uuid[]), CAST(:roots AS uuid[]), CAST(:until AS timestamptz[]))
         AS first(rule, root, until)
    JOIN customers AS c ON c.root_id = first.root
    CROSS JOIN LATERAL (
        SELECT id FROM orders WHERE customer_id = c.id UNION ALL
        SELECT id FROM appointments WHERE customer_id = c.id) AS o
    JOIN reminders AS r ON r.object_id = o.id AND r.rule_id = first.rule
                       AND r.status = 'planned' AND r.due_at <= first.until
    WHERE r.id <> ALL (CAST(:due AS uuid[]))
    ORDER BY r.due_at, r.id
""")


async def along(
    session: WriteSession,
    due: Sequence[Due],
    found: Mapping[UUID, Subject],
    rules: Mapping[UUID, Active],
) -> list[Due]:
    """What may go along with these though its own time has not come. Their roots are locked."""
    until: dict[tuple[UUID, UUID], datetime] = {}
    for one in due:
        rule, subject = rules.get(one.rule_id), found.get(one.object_id)
        if rule is not None and subject is not None and rule.compiled.join is not None:
            last = one.planned.due_at + rule.compiled.join
            pair = (rule.id, subject.root_id)
            until[pair] = max(until.get(pair, last), last)
    if not until:
        return []
    rows = await _ALONG.rows(
        session,
        {
            "rules": [rule for rule, _ in until],
            "roots": [root for _, root in until],
            "until": [*until.values()],
            "due": [one.id for one in due],
        },
    )
    return [due_of(row, waits=True) for row in rows]


Group = Sequence[Matter]
"""What one message names: the first is the one that fires."""


async def fire_joined(
    session: WriteSession, matters: Sequence[Matter], *, tools: Tools, now: datetime
) -> list[End]:
    """Fire them, those together that go together; what waits ends only when it has gone along.

    Where the first sends nothing, the next one is the first: each is told why by itself.
    """
    ends, left = list[End](), list(matters)
    outcomes = {one.due.id: _outcome(one, now) for one in left if _joins(one)}
    spent = await _spent(session, left, outcomes)

    def fires(one: Matter) -> bool:
        it = outcomes.get(one.due.id)
        return it is not None and it.outcome == "fire" and (one.rule.id, it.key) not in spent

    while left:
        going = groups(left, fires)
        fired = await fire_all(session, [_asked(*one) for one in going], tools=tools, now=now)
        left, named = [], list[tuple[Matter, Joined]]()
        for (first, *others), it in zip(going, fired, strict=True):
            ends.append(_ended(first.due.id, it))
            if it.outcome not in SENT or it.firing_id is None:
                left += others
                continue
            for one in others:
                key = outcomes[one.due.id].key
                named.append((one, Joined(it.firing_id, it.decision_id, one.due.object_id, key)))
        ends += await _named(session, named)
    return ends


async def _spent(
    session: WriteSession, matters: Sequence[Matter], outcomes: Mapping[UUID, Outcome]
) -> frozenset[Fires]:
    """Keys that have fired before: nobody is told of those again."""
    asked = [(one.rule.id, outcomes[one.due.id].key) for one in matters if one.due.id in outcomes]
    return await fired_before(session, asked)


async def _named(session: WriteSession, named: Sequence[tuple[Matter, Joined]]) -> list[End]:
    if not named:
        return []
    decisions = await keep_joined(session, [it for _, it in named])
    waited = [str(one.due.id) for one, _ in named if one.due.waits]
    await queue.cancel(session, planning.KIND, waited)
    return [
        End(one.due.id, "sent", JOINED, decision)
        for (one, _), decision in zip(named, decisions, strict=True)
    ]


def groups(matters: Sequence[Matter], fires: Callable[[Matter], bool]) -> list[Group]:
    """By rule and customer, what is due within the rule's `join` of the first; in their order.

    What does not fire goes by itself, to be told why; what waits joins, or goes on waiting.
    """
    found: list[list[Matter]] = []
    opened: dict[tuple[UUID, UUID], list[Matter]] = {}
    for one in sorted(matters, key=lambda one: (one.due.planned.due_at, one.due.id)):
        pair = (one.rule.id, one.subject.root_id)
        join = one.rule.compiled.join if fires(one) else None
        first = opened.get(pair)
        if join is not None and first is not None and _within(first, one, join):
            first.append(one)
        elif not one.due.waits:
            found.append([one])
            if join is not None:
                opened[pair] = found[-1]
    return [tuple(group) for group in found]


def _within(group: Group, one: Matter, join: timedelta) -> bool:
    apart = one.due.planned.due_at - group[0].due.planned.due_at
    return len(group) < MOST and apart <= join


def _asked(first: Matter, *others: Matter) -> Asked:
    seen = naming(first.seen, [one.seen for one in others])
    return Asked(first.rule, seen, Occasion(first.due.planned.due_at))


def naming(seen: Context, others: Sequence[Context]) -> Context:
    """What the first one's rule sees: its object knows the others that the message names."""
    if not others:
        return seen
    kind = seen.object_kind
    named = {"others": [one.values[kind] for one in others]}
    values = {**seen.values, kind: {**seen.values[kind], **named}}
    # `told` too: what is read anew, after another firing, knows them still.
    return seen._replace(values=values, told={**seen.told, **named})


def _joins(one: Matter) -> bool:
    return one.rule.compiled.join is not None


def _outcome(one: Matter, now: datetime) -> Outcome:
    occasion = Occasion(one.due.planned.due_at)
    facts = one.seen.facts.beside(at_trigger(occasion))
    situation = Situation(facts, occasion.meant_for, occasion.depth, occasion.current)
    return evaluate(one.rule.compiled, situation, now)


def _ended(id_: UUID, fired: Fired) -> End:
    if fired.outcome in SENT:
        return End(id_, "sent", "", fired.decision_id)
    reason = fired.reason if fired.outcome in {"suppressed", "no-route"} else fired.outcome
    return End(id_, "dropped", reason or fired.outcome, fired.decision_id)
