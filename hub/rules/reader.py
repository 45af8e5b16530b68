"""Running rules over the event log: each event once, each firing once, each failure on its own."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import select, text

from hub.clock import Clock
from hub.conversations.reach import Channels
from hub.customers.roots import lock_roots
from hub.db.engine import WriteSession
from hub.errors import HubError
from hub.events import Event, EventType
from hub.rendering import Notices
from hub.rules import context
from hub.rules.actions import Firing, act, explain
from hub.rules.context import Context
from hub.rules.evaluate import Outcome, Situation, evaluate
from hub.rules.fields import TRIGGERS
from hub.rules.spec import Compiled, compile_spec, parse
from hub.rules.tables import Rule

log = structlog.get_logger(__name__)

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
class Active:
    """An enabled rule, ready to run."""

    id: UUID
    version: int
    name: str
    compiled: Compiled


class RuleReader:
    """The handler of the durable reader `rules`: its effects commit with its place in the log."""

    NAME = "rules"

    def __init__(self, registry: Channels, notices: Notices, clock: Clock) -> None:
        self._registry = registry
        self._notices = notices
        self._clock = clock
        self._compiled: dict[tuple[UUID, int], Compiled | None] = {}

    async def __call__(self, session: WriteSession, events: Sequence[Event]) -> None:
        triggering = [event for event in events if event.type in TRIGGERS]
        if not triggering:
            return
        rules = await self._active(session)
        wanted = [event for event in triggering if rules.get(event.type)]
        if wanted:
            await self._run(session, rules, wanted)

    async def _run(
        self, session: WriteSession, rules: Mapping[str, list[Active]], events: Sequence[Event]
    ) -> None:
        contexts = await context.load(session, events)
        meant = [
            one
            for event in events
            if event.seq in contexts
            for rule in rules[event.type]
            if (one := self._consider(rule, event, contexts[event.seq])) is not None
        ]
        # All at once and sorted: one by one they would deadlock with what comes in meanwhile.
        await lock_roots(session, {firing.context.customer_id for _, firing, _ in meant})
        for rule, firing, outcome in meant:
            if outcome.outcome == "fire":
                await self._fire(session, rule, firing, outcome)
            else:
                await explain(session, firing, outcome)

    async def _active(self, session: WriteSession) -> Mapping[str, list[Active]]:
        """Enabled rules by the event they wait for, in the order of their names."""
        rows = await session.execute(
            select(Rule.id, Rule.version, Rule.name).where(Rule.enabled).order_by(Rule.name)
        )
        known = [(row.id, row.version, row.name) for row in rows]
        await self._compile(session, {(id_, version) for id_, version, _ in known})
        active: defaultdict[str, list[Active]] = defaultdict(list)
        for id_, version, name in known:
            if (compiled := self._compiled[id_, version]) is not None:
                active[compiled.trigger].append(Active(id_, version, name, compiled))
        return active

    async def _compile(self, session: WriteSession, wanted: set[tuple[UUID, int]]) -> None:
        """Compile what is new, forget what is gone."""
        self._compiled = {key: one for key, one in self._compiled.items() if key in wanted}
        missing = {id_ for id_, _ in wanted - self._compiled.keys()}
        if not missing:
            return
        for rule in await session.scalars(select(Rule).where(Rule.id.in_(missing))):
            self._compiled[rule.id, rule.version] = self._ready(rule)

    def _ready(self, rule: Rule) -> Compiled | None:
        try:
            spec = parse({**rule.spec, "name": rule.name, "enabled": rule.enabled})
            return compile_spec(spec, self._notices.names())
        except HubError as error:
            # Stored by a release that knew more, or a template is gone: the others still run.
            log.warning("rule.unusable", rule_id=str(rule.id), error=str(error))
            return None

    def _consider(
        self, rule: Active, event: Event, seen: Context
    ) -> tuple[Active, Firing, Outcome] | None:
        """What the rule makes of the event; None when it is not meant."""
        now = self._clock()
        # A later status takes over from an earlier one only where the event is about a status.
        current = seen.current or event.type != EventType.ORDER_STATUS_CHANGED
        situation = Situation(seen.facts, event.occurred_at, event.depth, current)
        outcome = evaluate(rule.compiled, situation, now)
        if outcome.outcome == "skipped":
            return None
        return rule, Firing(rule.id, rule.name, event, seen, now), outcome

    async def _fire(
        self, session: WriteSession, rule: Active, firing: Firing, outcome: Outcome
    ) -> None:
        row = {
            "rule": rule.id,
            "version": rule.version,
            "key": outcome.key,
            "seq": firing.event.seq,
            "customer": firing.context.customer_id,
            "now": firing.now,
        }
        firing_id = await session.scalar(_FIRE, row)
        if firing_id is None:
            return
        for action in rule.compiled.spec.actions:
            result = await act(session, firing, action, self._registry, self._notices)
            await session.execute(
                _RECORD,
                {
                    "id": firing_id,
                    "outcome": result.outcome,
                    "reason": result.reason,
                    "decision": result.decision_id,
                },
            )
