"""Why a rule did not fire for a customer: asked anew, each condition with the value it found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from hub.clock import rfc3339
from hub.customers.roots import roots_of
from hub.db.engine import AnySession
from hub.db.rows import Query
from hub.errors import NotFound
from hub.rules import conditions, repository, skips
from hub.rules import context as contexts
from hub.rules.active import Active
from hub.rules.context import Context, Subject
from hub.rules.evaluate import Situation, evaluate
from hub.rules.firing import Occasion, at_trigger
from hub.rules.spec import Compiled, compile_spec, parse
from hub.rules.tables import Rule, RuleFiring
from hub.rules.triggers import CUSTOM, OnEvent

_OBJECT = "SELECT o.id FROM {table} AS o JOIN customers AS c ON c.id = o.customer_id"
_OWN = " WHERE c.root_id = :root AND (CAST(:id AS uuid) IS NULL OR o.id = :id)"
_NEWEST = " ORDER BY o.updated_at DESC, o.id DESC LIMIT 1"
_QUERIES: Mapping[str, Query] = {
    "customer": Query("SELECT id FROM customers WHERE id = :root"),
    "order": Query(_OBJECT.format(table="orders") + _OWN + _NEWEST),
    "appointment": Query(_OBJECT.format(table="appointments") + _OWN + _NEWEST),
    "conversation": Query("""
        SELECT o.id FROM conversations AS o JOIN streams AS s ON s.id = o.opening_stream_id
        WHERE s.root_id = :root AND (CAST(:id AS uuid) IS NULL OR o.id = :id)
          AND o.inbox_id <> ALL (CAST(:hidden AS uuid[])) AND o.merged_into_id IS NULL
        ORDER BY o.updated_at DESC, o.id DESC LIMIT 1
    """),
    "message": Query("""
        SELECT o.id FROM streams AS s, LATERAL (
            SELECT e.id, e.position FROM entries AS e
            WHERE e.stream_id = s.id AND e.kind = 'message' AND e.deleted_at IS NULL
              AND (CAST(:id AS uuid) IS NULL OR e.id = :id)
              AND (NOT CAST(:received AS bool) OR e.direction = 'inbound' AND NOT e.automatic)
              AND (e.inbox_id IS NULL OR e.inbox_id <> ALL (CAST(:hidden AS uuid[])))
            ORDER BY e.sort_at DESC, e.position DESC LIMIT 1
        ) AS o
        WHERE s.root_id = :root ORDER BY o.position DESC LIMIT 1
    """),
    "event": Query("""
        SELECT o.id FROM custom_events AS o JOIN customers AS c ON c.id = o.customer_id
        WHERE c.root_id = :root AND (CAST(:id AS uuid) IS NULL OR o.id = :id) AND o.name = :name
        ORDER BY o.at DESC, o.id DESC LIMIT 1
    """),
}


@dataclass(frozen=True, slots=True)
class Question:
    """About the object with this id, else about the customer's newest of its kind.

    hidden: inboxes that whoever asks may not see.
    """

    rule_id: UUID
    customer_id: UUID
    object_id: UUID | None = None
    hidden: Sequence[UUID] = ()


async def ask(session: AnySession, question: Question, *, now: datetime) -> dict[str, Any]:
    """What the rule would do now for this customer, and what it last did. Changes nothing.

    would: fire, or off, nothing (no object of its kind), skipped, superseded, repeated, capped.
    Raises NotFound for an unknown rule, customer or object, Invalid for a rule that cannot run.
    """
    rule = await session.get(Rule, question.rule_id)
    if rule is None:
        raise NotFound("No such rule.")
    compiled = compile_spec(parse({**rule.spec, "name": rule.name}))
    root = (await roots_of(session, [question.customer_id]))[question.customer_id]
    seen = await _seen(session, compiled, replace(question, customer_id=root), now)
    verdict = await _verdict(session, rule, compiled, seen, now)
    skipped = await skips.listed(session, rule.id, root=root, limit=1)
    return {
        "rule": {"id": str(rule.id), "name": rule.name, "enabled": rule.enabled},
        "customer_id": str(root),
        "object": _object(seen),
        **verdict,
        "last_firing": await repository.last_firing(session, rule.id, root),
        "last_skip": next(iter(skipped), None),
    }


async def _seen(
    session: AnySession, compiled: Compiled, question: Question, now: datetime
) -> Context | None:
    kind, when = compiled.facts.object_kind, compiled.when
    name = when.name if isinstance(when, OnEvent) else ""
    rows = await _QUERIES[kind].rows(
        session,
        {
            "root": question.customer_id,
            "id": question.object_id,
            "hidden": list(question.hidden),
            "received": name == "message.received",
            "name": name.removeprefix(CUSTOM),
        },
    )
    if not rows:
        if question.object_id is not None:
            raise NotFound(f"The customer has no {kind} {question.object_id}.")
        return None
    [found] = await contexts.load(session, [Subject(kind, rows[0]["id"])], now)
    if found is None:
        return None
    return found.with_facts(at_trigger(Occasion(now)))


async def _verdict(
    session: AnySession, rule: Rule, compiled: Compiled, seen: Context | None, now: datetime
) -> dict[str, Any]:
    if seen is None:
        return {"would": "nothing", "reason": "", "key": None, "conditions": None}
    node = conditions.read(rule.spec.get("conditions"), compiled.facts.fields)
    outcome = evaluate(compiled, Situation(seen.facts, now, 0, current=True), now)
    would, reason = outcome.outcome, outcome.reason
    if would == "fire" and await _fired(session, rule.id, outcome.key):
        would, reason = "repeated", ""
    elif would == "fire" and await repository.capped(
        session, [(Active(rule.id, rule.version, rule.name, compiled), seen.customer_id)], now
    ):
        would, reason = "capped", ""
    return {
        "would": would if rule.enabled else "off",
        "reason": reason,
        "key": outcome.key,
        "conditions": shown(conditions.explain(node, seen.facts)),
    }


async def _fired(session: AnySession, rule_id: UUID, key: str) -> bool:
    query = select(RuleFiring.id).where(RuleFiring.rule_id == rule_id, RuleFiring.key == key)
    return await session.scalar(query) is not None


def _object(seen: Context | None) -> dict[str, str] | None:
    if seen is None or seen.object_id is None:
        return None
    return {"kind": seen.object_kind, "id": str(seen.object_id)}


def shown(value: Any) -> Any:  # noqa: ANN401 - JSON in the making
    """Facts as JSON: times in UTC, amounts as text, so that no digit is lost."""
    match value:
        case dict():
            return {name: shown(one) for name, one in value.items()}
        case list() | tuple():
            return [shown(one) for one in value]
        case datetime():
            return rfc3339(value)
        case Decimal():
            return format(value.normalize(), "f")
        case _:
            return value
