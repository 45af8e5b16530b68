"""Planning work and watching it being done."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from hub.db.engine import Database
from hub.due.queue import Claim, Plan, complete, plan, take
from hub.tasks import Background, background

NOW = datetime(2026, 5, 3, 9, 0, tzinfo=UTC)
LEASE = timedelta(seconds=60)


class Work:
    """The `due` table as a test sees it; times are seconds from NOW."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def plan(self, *keys: str, kind: str = "call", at: float = 0, **data: object) -> None:
        due_at = NOW + timedelta(seconds=at)
        async with self._database.transaction() as session:
            await plan(session, [Plan(kind, key, due_at, data) for key in keys])

    async def take(
        self, *kinds: str, at: float = 0, limit: int = 10, lease: timedelta = LEASE
    ) -> Sequence[Claim]:
        now = NOW + timedelta(seconds=at)
        async with self._database.at_once() as session:
            taken = await take(session, kinds or ["call"], now=now, limit=limit, lease=lease)
        return taken.claims

    async def complete(self, *claims: Claim) -> set[str]:
        """The keys whose lease still held."""
        async with self._database.transaction() as session:
            done = await complete(session, claims)
        return {one.key for one in claims if one.id in done}

    async def left(self) -> set[str]:
        async with self._database.reading() as session:
            return set(await session.scalars(text("SELECT key FROM due")))


@pytest.fixture
def work(database: Database) -> Work:
    return Work(database)


@pytest.fixture
async def tasks(database: Database) -> AsyncIterator[Background]:  # noqa: ARG001
    """Tasks that end before `database` closes."""
    async with background() as owner:
        yield owner


def keys(claims: Sequence[Claim]) -> list[str]:
    return [one.key for one in claims]
