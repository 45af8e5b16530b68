"""Writing events and waiting for their numbers."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import text

from hub import clock
from hub.db import event_log
from hub.db.engine import Database, WriteSession
from hub.db.relay import Relay
from hub.events import Event, EventType, NewEvent
from hub.tasks import Background, background


class Log:
    """The event log as a test sees it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, session: WriteSession, count: int = 1, *, customer: UUID | None = None
    ) -> None:
        event = NewEvent(EventType.MESSAGE_CREATED, clock.now(), customer_id=customer)
        await event_log.append(session, [event] * count)

    async def write(self, count: int = 1) -> None:
        """`count` events in a transaction of their own."""
        async with self._database.transaction() as session:
            await self.add(session, count)

    async def read(self) -> list[Event]:
        async with self._database.reading() as session:
            return await event_log.read(session, after=0, limit=1_000_000)

    async def reaches(self, count: int, *, within: float = 20) -> list[Event]:
        """All events, once there are `count` of them."""
        async with asyncio.timeout(within):
            while len(events := await self.read()) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return events

    async def pending(self) -> int:
        async with self._database.reading() as session:
            return await session.scalar(text("SELECT count(*) FROM pending_events")) or 0


@pytest.fixture
def log(database: Database) -> Log:
    return Log(database)


@pytest.fixture
async def tasks(database: Database) -> AsyncIterator[Background]:  # noqa: ARG001
    """Tasks that end before `database` closes."""
    async with background() as owner:
        yield owner


@pytest.fixture
async def relay(database: Database, tasks: Background) -> Relay:
    """A relay at work."""
    running = Relay(database)
    tasks.start(running.run(), "relay")
    return running
