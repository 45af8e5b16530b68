"""The rules that are switched on, compiled once for each version."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from hub.db.engine import AnySession
from hub.errors import HubError
from hub.rules.spec import Compiled, compile_spec, parse
from hub.rules.tables import Rule, RuleVersion

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Active:
    """An enabled rule, ready to run."""

    id: UUID
    version: int
    name: str
    compiled: Compiled


class ActiveRules:
    """What is enabled, as of each call; what was compiled before is not compiled again."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[UUID, int], Compiled | None] = {}

    async def all(self, session: AnySession) -> Sequence[Active]:
        """In the order of their names. What can no longer run is logged and left out."""
        rows = await session.execute(
            select(Rule.id, Rule.version, Rule.name).where(Rule.enabled).order_by(Rule.name)
        )
        known = [(row.id, row.version, row.name) for row in rows]
        await self._compile(session, {(id_, version) for id_, version, _ in known})
        return [
            Active(id_, version, name, compiled)
            for id_, version, name in known
            if (compiled := self._compiled.get((id_, version))) is not None
        ]

    async def one(self, session: AnySession, rule_id: UUID) -> Active | None:
        """None when it is gone, or switched off."""
        return next((one for one in await self.all(session) if one.id == rule_id), None)

    async def of_versions(
        self, session: AnySession, wanted: Iterable[tuple[UUID, int]]
    ) -> dict[tuple[UUID, int], Active]:
        """Rules as they were when they fired, those that are still there and switched on."""
        now = {one.id: one for one in await self.all(session)}
        found: dict[tuple[UUID, int], Active] = {}
        for rule_id, version in sorted(set(wanted)):
            current = now.get(rule_id)
            if current is not None and current.version != version:
                current = await self._earlier(session, current, version)
            if current is not None:
                found[rule_id, version] = current
        return found

    async def _earlier(self, session: AnySession, now: Active, version: int) -> Active | None:
        spec = await session.scalar(
            select(RuleVersion.spec).where(
                RuleVersion.rule_id == now.id, RuleVersion.version == version
            )
        )
        compiled = self._ready(now.id, {**(spec or {}), "name": now.name})
        return Active(now.id, version, now.name, compiled) if compiled else None

    async def _compile(self, session: AnySession, wanted: set[tuple[UUID, int]]) -> None:
        """Compile what is new, forget what is gone."""
        self._compiled = {key: one for key, one in self._compiled.items() if key in wanted}
        missing = {id_ for id_, _ in wanted - self._compiled.keys()}
        if not missing:
            return
        for rule in await session.scalars(select(Rule).where(Rule.id.in_(missing))):
            document = {**rule.spec, "name": rule.name}
            self._compiled[rule.id, rule.version] = self._ready(rule.id, document)

    def _ready(self, rule_id: UUID, document: Mapping[str, Any]) -> Compiled | None:
        try:
            return compile_spec(parse(document))
        except HubError as error:
            # Stored by a release that knew more, or a template is gone: the others still run.
            log.warning("rule.unusable", rule_id=str(rule_id), error=str(error))
            return None
