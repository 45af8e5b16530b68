"""Input that may kill the process that reads it: counted before, so that it cannot do so for ever.

A row is written before the parsing and removed after it. A row that is still there when the same
input comes again is a death. A deploy that kills a process just then counts as well: the worst
that comes of it is an input in quarantine, from where it can be replayed.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import structlog
from sqlalchemy import text

from hub.conversations.inbound import quarantine
from hub.conversations.inbound.intake import Intake
from hub.conversations.inbound.quarantine import Rejected
from hub.conversations.ledger import Entrance
from hub.db.engine import WriteSession
from hub.ports import SinkUnavailable

log = structlog.get_logger(__name__)

DEATHS = 2
"""Processes that may die of one input."""

_START = text("""
    INSERT INTO risky_inputs AS r (inbox_id, external_id, starts, started_at)
    VALUES (:inbox, :name, 1, :now)
    ON CONFLICT (inbox_id, external_id) DO UPDATE
    SET starts = r.starts + (NOT r.poison)::integer, started_at = excluded.started_at
    RETURNING starts, poison
""")
_POISON = text("""
    UPDATE risky_inputs SET poison = true WHERE inbox_id = :inbox AND external_id = :name
""")
_FORGET = text("DELETE FROM risky_inputs WHERE inbox_id = :inbox AND external_id = :name")


class RiskyInputs:
    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._trying: set[Entrance] = set()

    @asynccontextmanager
    async def attempt(self, inbox_id: UUID, name: str, raw: bytes) -> AsyncIterator[bool]:
        """True when the input may be tried; False when it is in quarantine, unparsed."""
        entrance = (inbox_id, name)
        if entrance in self._trying:
            # This process is at it already and alive: no sign of a death.
            yield True
            return
        self._trying.add(entrance)
        try:
            may = await self._intake.guarded(lambda: self._start(entrance, raw))
            try:
                yield may
            finally:
                if may:
                    await self._finish(entrance)
        finally:
            self._trying.discard(entrance)

    async def _start(self, entrance: Entrance, raw: bytes) -> bool:
        now = self._intake.clock()
        async with self._intake.database.transaction() as session:
            connection = await session.connection()
            row = (await connection.execute(_START, {**_where(entrance), "now": now})).one()
            if row.starts <= DEATHS:
                return True
            await connection.execute(_POISON, _where(entrance))
            await quarantine.put(session, _deadly(entrance, raw), now)
            return False

    async def _finish(self, entrance: Entrance) -> None:
        try:
            await self._intake.guarded(lambda: self._remove(entrance))
        except SinkUnavailable:
            # It stays and counts as one death; reading it well the next time removes it.
            log.warning("risky.not_removed", inbox_id=str(entrance[0]))

    async def _remove(self, entrance: Entrance) -> None:
        async with self._intake.database.transaction() as session:
            await forget(session, entrance)


async def forget(session: WriteSession, entrance: Entrance) -> None:
    """The input did no harm, or is to be tried again after all."""
    await (await session.connection()).execute(_FORGET, _where(entrance))


def _where(entrance: Entrance) -> dict[str, object]:
    return {"inbox": entrance[0], "name": entrance[1]}


def _deadly(entrance: Entrance, raw: bytes) -> Rejected:
    return Rejected(
        inbox_id=entrance[0],
        name=entrance[1],
        raw=raw,
        error=f"{DEATHS} processes died while they read this input; it was not read again.",
    )
