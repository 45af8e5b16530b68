"""Target 6: due work against raw SKIP LOCKED, and what an idle look costs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta

from sqlalchemy import text

from hub import clock
from hub.db.engine import Database
from hub.db.rows import Query
from hub.due.loop import DueLoop
from hub.due.queue import Claim, complete, take
from hub.tasks import background
from tests.bench import floors
from tests.bench.floors import Raw
from tests.bench.measure import Row, Size, in_turn, milliseconds, percentile, rate, row

_FILL = text("""
    INSERT INTO due (kind, key, due_at, ready_at)
    SELECT 'noop', gen_random_uuid()::text, now(), now() FROM generate_series(1, :count)
""")
_WAITING = text("""
    INSERT INTO due (kind, key, due_at, ready_at)
    SELECT 'waiting', n::text, at, at
    FROM (SELECT n, now() + make_interval(days => 1, secs => n) AS at
          FROM generate_series(1, :count) AS n) AS later
""")
_ONE = Query("SELECT 1")


async def measure(database: Database, size: Size) -> AsyncIterator[Row]:
    async with floors.raw(database) as connection:
        yield await _throughput(database, connection, size)
        yield await _idle(database, connection, size)


async def _throughput(database: Database, connection: Raw, size: Size) -> Row:
    count = size.pick(5_000, 50_000)
    await floors.make_due(connection)

    async def ours() -> float:
        async with database.transaction() as session:
            await session.execute(_FILL, {"count": count})
        return await rate(count, _drain(database, count))

    async def floor() -> float:
        await floors.fill_due(connection, count)
        return await rate(count, floors.drain_due(connection, 100))

    taken = await in_turn(size.rounds, {"ours": ours, "floor": floor})
    what = "due work: claim, no-op, complete; against raw SKIP LOCKED by 100"
    return row("6", what, "jobs/s", taken["ours"], taken["floor"], ">= 0.6")


async def _drain(database: Database, count: int) -> None:
    done, ended = 0, asyncio.Event()

    async def noop(claims: Sequence[Claim]) -> None:
        nonlocal done
        async with database.transaction() as session:
            completed = await complete(session, claims)
        done += len(completed)
        if done == count:
            ended.set()

    async with background() as tasks:
        tasks.start(DueLoop(database, clock.now, {"noop": noop}).run(), "due")
        await ended.wait()


async def _idle(database: Database, connection: Raw, size: Size) -> Row:
    count = size.pick(250_000, 1_000_000)
    async with database.transaction() as session:
        await session.execute(_WAITING, {"count": count})
    await connection.execute("VACUUM ANALYZE due")

    async def look() -> None:
        async with database.at_once() as session:
            taken = await take(
                session, ["waiting"], now=clock.now(), limit=100, lease=timedelta(minutes=1)
            )
        assert taken.next_ready is not None
        assert not taken.claims

    async def select_one() -> None:
        async with database.at_once() as session:
            await _ONE.rows(session, {})

    async def median(call: Callable[[], Awaitable[None]]) -> float:
        return percentile(await milliseconds(300, call), 0.5)

    taken = await in_turn(
        size.rounds, {"ours": lambda: median(look), "floor": lambda: median(select_one)}
    )
    what = f"idle look with {count:,} waiting; against `select 1` through the same pool"
    return row("6", what, "ms", taken["ours"], taken["floor"], "<= 2")
