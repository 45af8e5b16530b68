"""A durable reader handles every event once, whatever fails and whoever else reads."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import chain
from typing import Literal

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from hub.db import reader
from hub.db.engine import Database, WriteSession
from hub.db.reader import follow, record_skip
from hub.db.signals import Topic
from hub.events import Event
from hub.tasks import background
from tests.integration.log.conftest import Log
from tests.nodes import until

pytestmark = pytest.mark.usefixtures("relay", "effects")


@pytest.fixture
async def effects(database: Database) -> None:
    """Where handlers leave their mark: no key, so doing it twice shows."""
    async with database.transaction() as session:
        await session.execute(text("CREATE TABLE effects (seq bigint, node text)"))


async def marks(database: Database) -> list[int]:
    async with database.reading() as session:
        return list(await session.scalars(text("SELECT seq FROM effects ORDER BY seq")))


async def marks_reach(database: Database, count: int, *, within: float = 20) -> list[int]:
    async with asyncio.timeout(within):
        while len(found := await marks(database)) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return found


class Marking:
    """A handler that leaves a mark for each event, after `before` had its say."""

    def __init__(
        self, node: str = "", before: Callable[[Sequence[Event]], Awaitable[None]] | None = None
    ) -> None:
        self._node, self._before = node, before
        self.batches: list[list[int]] = []

    async def __call__(self, session: WriteSession, events: Sequence[Event]) -> None:
        self.batches.append([event.seq for event in events])
        for event in events:
            await session.execute(
                text("INSERT INTO effects VALUES (:seq, :node)"),
                {"seq": event.seq, "node": self._node},
            )
        if self._before:
            await self._before(events)


@asynccontextmanager
async def following(
    database: Database,
    handle: reader.Handler,
    *,
    batch: int = 100,
    start: Literal["beginning", "end"] = "beginning",
    on_skip: reader.OnSkip = record_skip,
    yields: bool = False,
) -> AsyncIterator[None]:
    following_ = follow(
        database, "marks", handle, batch=batch, start=start, on_skip=on_skip, yields=yields
    )
    async with background() as tasks:
        tasks.start(following_, "reader")
        yield


async def test_it_follows_the_log_in_order(database: Database, log: Log) -> None:
    await log.write(3)
    handle = Marking()
    async with following(database, handle, batch=2):
        await marks_reach(database, 3)
        await log.write(2)
        assert await marks_reach(database, 5) == [1, 2, 3, 4, 5]
    assert list(chain.from_iterable(handle.batches)) == [1, 2, 3, 4, 5]
    assert max(map(len, handle.batches)) <= 2


@pytest.mark.parametrize(("yields", "first"), [(False, 2 * reader.MORE), (True, 2)])
async def test_beside_a_crowd_it_takes_more_at_a_time_unless_it_yields(
    database: Database, log: Log, *, yields: bool, first: int
) -> None:
    await log.write(30)
    await log.reaches(30)
    handle = Marking()
    database.crowd.noticed()
    async with following(database, handle, batch=2, yields=yields):
        await marks_reach(database, first)
    assert len(handle.batches[0]) == first


async def test_it_goes_on_where_it_stopped(database: Database, log: Log) -> None:
    await log.write(2)
    async with following(database, Marking()):
        await marks_reach(database, 2)
    await log.write(2)
    async with following(database, Marking(), start="end"):
        assert await marks_reach(database, 4) == [1, 2, 3, 4]


async def test_a_new_reader_may_begin_at_the_end(database: Database, log: Log) -> None:
    await log.write(3)
    await log.reaches(3)
    async with following(database, Marking(), start="end"):
        await asyncio.sleep(0.2)
        await log.write(1)
        assert await marks_reach(database, 1) == [4]


async def test_a_handler_that_fails_once_leaves_no_half_work(database: Database, log: Log) -> None:
    failures = iter([ValueError("first")])

    async def fail_once(_: Sequence[Event]) -> None:
        for error in failures:
            raise error

    await log.write(4)
    await log.reaches(4)
    async with following(database, Marking(before=fail_once)):
        assert await marks_reach(database, 4) == [1, 2, 3, 4]


def fails_on(seq: int, error: Exception) -> Callable[[Sequence[Event]], Awaitable[None]]:
    async def check(events: Sequence[Event]) -> None:
        if any(event.seq == seq for event in events):
            raise error

    return check


async def test_a_poisonous_event_is_skipped_loudly(
    database: Database, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "FIRST_PAUSE", 0.001)
    await log.write(5)
    await log.reaches(5)
    handle = Marking(before=fails_on(3, ValueError("poison")))
    with capture_logs() as lines:
        async with following(database, handle):
            assert await marks_reach(database, 4) == [1, 2, 4, 5]
    assert handle.batches.count([3]) == reader.ATTEMPTS
    assert [one["seq"] for one in lines if one["event"] == "reader.event_skipped"] == [3]
    async with database.reading() as session:
        rows = await session.execute(text("SELECT reader, seq, error FROM skipped_events"))
    assert [tuple(row) for row in rows] == [("marks", 3, "ValueError('poison')")]


async def test_a_hook_that_fails_does_not_stop_the_reader_either(
    database: Database, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "FIRST_PAUSE", 0.001)

    async def broken(session: WriteSession, *_: object) -> None:
        await session.execute(text("SELECT 1 / 0"))

    await log.write(2)
    await log.reaches(2)
    with capture_logs() as lines:
        async with following(
            database, Marking(before=fails_on(1, ValueError("poison"))), on_skip=broken
        ):
            assert await marks_reach(database, 1) == [2]
    assert "reader.skip_not_recorded" in {one["event"] for one in lines}


async def cut_transactions(database: Database) -> None:
    """End the server side of every transaction that waits for its client: the handlers'."""
    async with database.reading() as session:
        await session.execute(
            text("""SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND state = 'idle in transaction'""")
        )


async def test_a_lost_database_is_never_the_events_fault(
    database: Database, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "ATTEMPTS", 1)
    cuts = iter(range(3))

    marking = Marking()

    async def cut_off(session: WriteSession, events: Sequence[Event]) -> None:
        if next(cuts, None) is not None:
            await cut_transactions(database)
        await marking(session, events)

    await log.write(3)
    await log.reaches(3)
    async with following(database, cut_off):
        assert await marks_reach(database, 3) == [1, 2, 3]
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM skipped_events")) == 0
    assert next(cuts, None) is None, "the connection was cut as often as planned"


async def test_two_nodes_share_one_reader(database: Database, database_url: str, log: Log) -> None:
    inside = 0

    async def alone(_: Sequence[Event]) -> None:
        nonlocal inside
        inside += 1
        assert inside == 1, "two nodes at once"
        await asyncio.sleep(0.003)
        inside -= 1

    async with Database.open(database_url) as other:
        one, two = Marking("one", alone), Marking("two", alone)
        async with following(database, one, batch=3), following(other, two, batch=3):
            for _ in range(30):
                await log.write(3)
                other.signals.ring(Topic.EVENTS)
            assert await marks_reach(database, 90) == list(range(1, 91))


async def test_when_a_node_goes_the_other_goes_on(
    database: Database, database_url: str, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "POLL", 0.2)
    stuck = asyncio.Event()

    async def hang(_: Sequence[Event]) -> None:
        stuck.set()
        await asyncio.sleep(60)

    await log.write(2)
    async with Database.open(database_url) as other, following(other, Marking(before=hang)):
        await stuck.wait()
        async with following(database, Marking()):
            await asyncio.sleep(0.3)
            assert await marks(database) == []
            await cut_transactions(database)
            assert await marks_reach(database, 2) == [1, 2]


async def test_slow_readers_do_not_wait_for_each_other(database: Database, log: Log) -> None:
    gate = asyncio.Event()

    async def wait(_: Sequence[Event]) -> None:
        await gate.wait()

    await log.write(1)
    slow, quick = Marking("slow", wait), Marking("quick")
    async with background() as tasks:
        tasks.start(follow(database, "slow", slow), "slow")
        tasks.start(follow(database, "quick", quick), "quick")
        await until(lambda: slow.batches)
        await marks_reach(database, 1)
        gate.set()
        await marks_reach(database, 2)
