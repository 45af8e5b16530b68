"""Storing rules: keyed by name, every stored form kept as a version."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from hub import clock
from hub.customers.tables import Customer
from hub.db import event_log
from hub.db.engine import AnySession, WriteSession
from hub.db.rows import Query
from hub.errors import NotFound
from hub.events import EventType, NewEvent
from hub.rules import meaning, named
from hub.rules.active import Active
from hub.rules.spec import Spec, compile_spec
from hub.rules.tables import Rule, RuleFiring, RuleVersion
from hub.templates import store as templates

_MOST_VERSIONS = 200

# Of the customer as they are now: what the merged in records have had counts; what was taken back
# before it left (`hub.rules.recall`) was not had.
_COUNT = Query("""
    SELECT asked.rule, asked.customer, count(*) AS fired
    FROM unnest(CAST(:rules AS uuid[]), CAST(:customers AS uuid[]),
                CAST(:since AS timestamptz[])) AS asked(rule, customer, since)
    JOIN customers AS c ON c.root_id = asked.customer
    JOIN rule_firings AS f ON f.customer_id = c.id AND f.rule_id = asked.rule
                          AND f.at > asked.since AND f.reason <> 'joined'
                          AND (f.outcome, f.reason) <> ('ended', 'superseded')
    GROUP BY asked.rule, asked.customer
""")
Fires = tuple[UUID, str]
"""A rule's id, and a key of it."""

_SPENT = Query("""
    SELECT f.rule_id, f.key FROM rule_firings AS f
    JOIN unnest(CAST(:rules AS uuid[]), CAST(:keys AS text[])) AS one(rule, key)
      ON f.rule_id = one.rule AND f.key = one.key
""")


def view(rule: Rule) -> dict[str, Any]:
    """The JSON shape of a rule: its spec, with where it is stored."""
    return {
        "id": str(rule.id),
        "version": rule.version,
        "created_at": clock.rfc3339(rule.created_at),
        "updated_at": clock.rfc3339(rule.updated_at),
        **rule.spec,
        "name": rule.name,
        "enabled": rule.enabled,
    }


async def store(
    session: WriteSession, spec: Spec, *, channels: Collection[str], now: datetime
) -> tuple[Rule, bool]:
    """Create the rule, or change the one of that name; True when anything is different now.

    channels: the installed ones. Raises Invalid when the rule cannot work (unknown field,
    template, event, channel).
    """
    await check(session, spec, channels)
    document = as_stored(spec)
    created = await session.scalar(
        insert(Rule)
        .values(
            name=spec.name, enabled=spec.enabled, spec=document, created_at=now, updated_at=now
        )
        .on_conflict_do_nothing(index_elements=["name"])
        .returning(Rule)
    )
    if created is None:
        return await _change(session, spec, document, now)
    await _keep(session, created, now)
    await _tell(session, created, now)
    return created, True


async def check(session: AnySession, spec: Spec, channels: Collection[str]) -> None:
    """Raises Invalid when the rule cannot work, naming the place in it."""
    compile_spec(spec, await templates.names(session))
    meaning.check(spec)
    await named.check(session, spec.actions, channels)


def as_stored(spec: Spec) -> dict[str, Any]:
    """The rule as it is written, without what it leaves to the default."""
    return spec.model_dump(
        mode="json", exclude_defaults=True, by_alias=True, exclude={"name", "enabled"}
    )


async def _change(
    session: WriteSession, spec: Spec, document: dict[str, Any], now: datetime
) -> tuple[Rule, bool]:
    rule = await session.scalar(select(Rule).where(Rule.name == spec.name).with_for_update())
    if rule is None:
        raise NotFound(f"The rule `{spec.name}` was removed just now.", remedy="Try again.")
    if rule.spec == document and rule.enabled == spec.enabled:
        return rule, False
    if rule.spec != document:
        rule.version += 1
    rule.spec, rule.enabled, rule.updated_at = document, spec.enabled, now
    await session.flush()
    await _keep(session, rule, now)
    await _tell(session, rule, now)
    return rule, True


async def _tell(session: WriteSession, rule: Rule, now: datetime, *, enabled: bool = True) -> None:
    facts = {
        "rule_id": str(rule.id),
        "version": rule.version,
        "enabled": rule.enabled and enabled,
    }
    await event_log.append(session, [NewEvent(EventType.RULE_CHANGED, now, data=facts)])


async def _keep(session: WriteSession, rule: Rule, now: datetime) -> None:
    await session.execute(
        insert(RuleVersion)
        .values(rule_id=rule.id, version=rule.version, spec=rule.spec, at=now)
        .on_conflict_do_nothing()
    )


async def get(session: AnySession, rule_id: UUID) -> dict[str, Any]:
    rule = await session.get(Rule, rule_id)
    if rule is None:
        raise NotFound("No such rule.")
    return view(rule)


async def list_rules(
    session: AnySession, *, after: str = "", limit: int = 100
) -> list[dict[str, Any]]:
    """By name; `after` is the last name seen."""
    rows = await session.scalars(
        select(Rule).where(Rule.name > after).order_by(Rule.name).limit(limit)
    )
    return [view(rule) for rule in rows]


async def documents(session: AnySession, names: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Rules as they are written, by name: all, or those named. Raises NotFound for an unknown."""
    rows = (await session.scalars(select(Rule).order_by(Rule.name))).all()
    known = {rule.name: {"name": rule.name, "enabled": rule.enabled, **rule.spec} for rule in rows}
    for name in names:
        if name not in known:
            raise NotFound(f"There is no rule `{name}`.")
    return [known[name] for name in names or known]


async def versions(session: AnySession, rule_id: UUID) -> list[dict[str, Any]]:
    """Every form the rule was stored in, newest first."""
    rows = await session.scalars(
        select(RuleVersion)
        .where(RuleVersion.rule_id == rule_id)
        .order_by(RuleVersion.version.desc())
        .limit(_MOST_VERSIONS)
    )
    return [
        {"version": row.version, "at": clock.rfc3339(row.at), "spec": row.spec} for row in rows
    ]


async def switch(session: WriteSession, rule_id: UUID, *, enabled: bool, now: datetime) -> Rule:
    """Switch it on or off; its version stays. Raises NotFound."""
    rule = await session.get(Rule, rule_id, with_for_update=True)
    if rule is None:
        raise NotFound("No such rule.")
    if rule.enabled != enabled:
        rule.enabled, rule.updated_at = enabled, now
        await session.flush()
        await _tell(session, rule, now)
    return rule


async def delete(session: WriteSession, rule_id: UUID, *, now: datetime) -> str:
    """Forget the rule with its versions and firings; its name. What it sent stays explained."""
    rule = await session.get(Rule, rule_id, with_for_update=True)
    if rule is None:
        raise NotFound("No such rule.")
    name = rule.name
    await _tell(session, rule, now, enabled=False)
    await session.delete(rule)
    await session.flush()
    return name


# --- what rules did ---------------------------------------------------------------------------


async def capped(
    session: AnySession, asked: Sequence[tuple[Active, UUID]], now: datetime
) -> set[tuple[UUID, UUID]]:
    """The rules (by id) that have fired for their customers as often as they may."""
    limits = {
        (rule.id, customer): (limit.times, now - per)
        for rule, customer in asked
        if (limit := rule.compiled.spec.at_most) and (per := rule.compiled.per)
    }
    values = {
        "rules": [rule for rule, _ in limits],
        "customers": [customer for _, customer in limits],
        "since": [since for _, since in limits.values()],
    }
    return {
        (row["rule"], row["customer"])
        for row in await _COUNT.rows(session, values)
        if row["fired"] >= limits[row["rule"], row["customer"]][0]
    }


async def fired_before(session: AnySession, asked: Sequence[Fires]) -> frozenset[Fires]:
    """Those keys of rules that have fired."""
    if not asked:
        return frozenset()
    named = {"rules": [rule for rule, _ in asked], "keys": [key for _, key in asked]}
    return frozenset((row["rule_id"], row["key"]) for row in await _SPENT.rows(session, named))


async def last_firing(
    session: AnySession, rule_id: UUID, customer_id: UUID
) -> dict[str, Any] | None:
    """The newest for this root; what was done for records merged into it counts."""
    row = await session.scalar(
        select(RuleFiring)
        .join(Customer, Customer.id == RuleFiring.customer_id)
        .where(RuleFiring.rule_id == rule_id, Customer.root_id == customer_id)
        .order_by(RuleFiring.at.desc())
        .limit(1)
    )
    return _firing(row) if row is not None else None


async def firings(
    session: AnySession, rule_id: UUID, *, before: UUID | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """What the rule did, newest first."""
    query = select(RuleFiring).where(RuleFiring.rule_id == rule_id)
    if before is not None:
        query = query.where(RuleFiring.id < before)
    rows = await session.scalars(query.order_by(RuleFiring.id.desc()).limit(limit))
    return [_firing(firing) for firing in rows]


def _firing(firing: RuleFiring) -> dict[str, Any]:
    return {
        "id": str(firing.id),
        "rule_version": firing.rule_version,
        "key": firing.key,
        "outcome": firing.outcome,
        "reason": firing.reason,
        "customer_id": str(firing.customer_id) if firing.customer_id else None,
        "object": _about(firing.object_kind, firing.object_id),
        "decision_id": str(firing.decision_id) if firing.decision_id else None,
        "actions": firing.actions,
        "continues_at": clock.rfc3339(firing.continues_at) if firing.continues_at else None,
        "at": clock.rfc3339(firing.at),
    }


def _about(kind: str, id_: UUID | None) -> dict[str, str] | None:
    return {"kind": kind, "id": str(id_)} if id_ is not None else None
