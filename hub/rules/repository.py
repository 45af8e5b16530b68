"""Storing rules: keyed by name, every stored form kept as a version."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from hub import clock
from hub.db import event_log
from hub.db.engine import AnySession, WriteSession
from hub.errors import NotFound
from hub.events import EventType, NewEvent
from hub.rules import people
from hub.rules.spec import Spec, compile_spec
from hub.rules.tables import Rule, RuleFiring, RuleVersion
from hub.templates import store as templates


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


async def store(session: WriteSession, spec: Spec, *, now: datetime) -> tuple[Rule, bool]:
    """Create the rule, or change the one of that name; True when anything is different now.

    Raises Invalid when the rule cannot work (unknown field, template, event).
    """
    compile_spec(spec, await templates.names(session))
    await people.check(session, spec.actions)
    document = spec.model_dump(
        mode="json", exclude_defaults=True, by_alias=True, exclude={"name", "enabled"}
    )
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


async def firings(
    session: AnySession, rule_id: UUID, *, before: UUID | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """What the rule did, newest first."""
    query = select(RuleFiring).where(RuleFiring.rule_id == rule_id)
    if before is not None:
        query = query.where(RuleFiring.id < before)
    rows = await session.scalars(query.order_by(RuleFiring.id.desc()).limit(limit))
    return [
        {
            "id": str(firing.id),
            "rule_version": firing.rule_version,
            "key": firing.key,
            "outcome": firing.outcome,
            "reason": firing.reason,
            "customer_id": str(firing.customer_id) if firing.customer_id else None,
            "decision_id": str(firing.decision_id) if firing.decision_id else None,
            "at": clock.rfc3339(firing.at),
        }
        for firing in rows
    ]
