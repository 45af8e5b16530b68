"""Readers are moved past what means nothing to them, and woken for the rest."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from hub.db.engine import Database, WriteSession
from hub.db.passing import Look, Passing, Probe
from hub.db.reader import follow
from hub.db.rows import Query
from hub.events import Event
from hub.tasks import background
from tests.integration.log.conftest import Log
from tests.nodes import until

pytestmark = pytest.mark.usefixtures("relay")

NOTHING = Query("SELECT WHERE false")
SOMETHING = Query("SELECT WHERE CAST(:number AS integer) = 7")
BROKEN = Query("SELECT 1 / CAST(:zero AS integer)")


class Reading:
    """A reader behind a `Passing`, and which events it was handed."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.handed: list[int] = []
        self.held = asyncio.Event()
        self.held.set()
        self.busy = asyncio.Event()
        self.failing = 0

    async def __call__(self, _: WriteSession, events: Sequence[Event]) -> None:
        self.busy.set()
        await self.held.wait()
        if self.failing:
            self.failing -= 1
            raise ValueError(events)
        self.handed += [event.seq for event in events]

    async def place(self) -> int:
        async with self.database.reading() as session:
            query = text("SELECT seq FROM event_readers WHERE name = 'marks'")
            return await session.scalar(query) or 0

    async def stands_at(self, seq: int) -> None:
        async with asyncio.timeout(10):
            while await self.place() != seq:  # noqa: ASYNC110 - it is moved by the server
                await asyncio.sleep(0.01)

    @asynccontextmanager
    async def behind(self, look: Look) -> AsyncIterator[None]:
        passing = Passing(self.database, {"marks": look})
        async with background() as tasks:
            wake = passing.wake("marks")
            tasks.start(follow(self.database, "marks", self, linger=0, wake=wake), "reader")
            tasks.start(passing.run(), "passing")
            yield


@pytest.fixture
def reading(database: Database) -> Reading:
    return Reading(database)


def only(*seqs: int) -> Look:
    return lambda events: any(event.seq in seqs for event in events)


async def test_what_means_nothing_is_passed_without_a_look(reading: Reading, log: Log) -> None:
    async with reading.behind(only()):
        await log.write(1)
        await reading.stands_at(1)
        # From here on nobody wakes it, and it does not poll for seconds.
        reading.handed.clear()
        await log.write(3)
        await reading.stands_at(4)
    assert reading.handed == []


async def test_what_means_something_is_handed_over_and_nothing_twice(
    reading: Reading, log: Log
) -> None:
    async with reading.behind(only(3, 6)):
        await log.write(1)
        await reading.stands_at(1)
        reading.handed.clear()
        for count in range(2, 8):
            await log.write(1)
            await reading.stands_at(count)
    assert reading.handed == [3, 6]


@pytest.mark.parametrize(
    ("probe", "handed"),
    [
        (Probe(NOTHING, {}), False),
        (Probe(SOMETHING, {"number": 7}), True),
        (Probe(SOMETHING, {"number": 8}), False),
        (Probe(BROKEN, {"zero": 0}), True),
    ],
)
async def test_the_database_is_asked(
    reading: Reading, log: Log, probe: Probe, handed: bool
) -> None:
    async with reading.behind(lambda _: probe):
        await log.write(1)
        await reading.stands_at(1)
        reading.handed.clear()
        await log.write(1)
        await reading.stands_at(2)
    assert reading.handed == ([2] if handed else [])


async def test_a_look_that_fails_leaves_the_event_to_the_reader(
    reading: Reading, log: Log
) -> None:
    def look(events: Sequence[Event]) -> bool:
        raise KeyError(events[0].seq)

    async with reading.behind(look):
        await log.write(2)
        await until(lambda: reading.handed[-1:] == [2])


async def test_who_is_at_work_is_not_moved(reading: Reading, log: Log) -> None:
    async with reading.behind(only(1)):
        reading.held.clear()
        await log.write(1)
        await asyncio.wait_for(reading.busy.wait(), 10)
        await log.write(2)
        async with reading.database.reading() as session:
            numbered = text("SELECT count(*) FROM events")
            async with asyncio.timeout(10):
                while await session.scalar(numbered) < 3:  # noqa: ASYNC110 - by the relay
                    await asyncio.sleep(0.01)
        assert await reading.place() == 0
        reading.held.set()
        await reading.stands_at(3)
    assert reading.handed[0] == 1
    assert sorted(set(reading.handed)) == reading.handed


async def test_who_stands_further_back_is_not_moved(reading: Reading, log: Log) -> None:
    async with reading.behind(only(1)):
        reading.failing = 2
        await log.write(1)
        # It rests for most of a second, and holds nothing; what comes means nothing to it.
        await until(lambda: reading.failing == 0)
        await log.write(1)
        await reading.stands_at(2)
    assert reading.handed[:1] == [1]
