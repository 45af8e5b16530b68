"""A lease is held by one, renewed while its body runs, and passes on when its holder is gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from hub.db import leases
from hub.db.engine import Database
from hub.db.leases import LeaseKeeper, LeaseLost
from hub.tasks import Background
from tests.integration.log.test_relay import NODE
from tests.nodes import StartNode, until


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same proportions, in less time."""
    for name in ("TTL", "RENEW_EVERY", "LOOK_EVERY", "MARGIN"):
        monkeypatch.setattr(leases, name, getattr(leases, name) / 10)


@asynccontextmanager
async def keeper_on(url: str) -> AsyncIterator[LeaseKeeper]:
    """The keeper of a second node, here in the same process."""
    async with Database.open(url) as database, LeaseKeeper.open(database) as keeper:
        yield keeper


async def holders(database: Database) -> list[str]:
    async with database.reading() as session:
        return list(await session.scalars(text("SELECT holder FROM leases ORDER BY name")))


class Guarded:
    """A body that runs until cancelled, and how often it runs at once."""

    def __init__(self) -> None:
        self.inside = self.most = self.runs = 0

    async def run(self, keeper: LeaseKeeper, name: str = "inbox") -> None:
        async with keeper.lease(name):
            self.inside += 1
            self.runs += 1
            self.most = max(self.most, self.inside)
            try:
                await asyncio.sleep(60)
            finally:
                self.inside -= 1


@pytest.mark.usefixtures("fast")
async def test_the_second_waits_for_the_first(
    database: Database, database_url: str, tasks: Background
) -> None:
    guarded = Guarded()
    async with LeaseKeeper.open(database) as one, keeper_on(database_url) as two:
        first = tasks.spawn(guarded.run(one), "first")
        await until(lambda: guarded.inside == 1)
        tasks.start(guarded.run(two), "second")
        await asyncio.sleep(leases.TTL * 1.5)
        assert (guarded.runs, guarded.most) == (1, 1), "renewed beyond its time"
        first.cancel()
        await until(lambda: guarded.runs == 2, within=leases.LOOK_EVERY * 5)
        assert guarded.most == 1


@pytest.mark.usefixtures("fast")
async def test_two_tasks_of_one_node_take_turns(database: Database, tasks: Background) -> None:
    guarded = Guarded()
    async with LeaseKeeper.open(database) as keeper:
        first = tasks.spawn(guarded.run(keeper), "first")
        await until(lambda: guarded.inside == 1)
        second = tasks.spawn(guarded.run(keeper), "second")
        await asyncio.sleep(leases.LOOK_EVERY * 2)
        assert guarded.runs == 1
        first.cancel()
        await until(lambda: guarded.runs == 2)
        second.cancel()
        await until(lambda: guarded.inside == 0)
    assert guarded.most == 1
    assert await holders(database) == []


async def test_of_many_that_ask_at_once_one_is_given_it(database: Database) -> None:
    """An expired lease: all see that it is free, the row's lock decides."""
    keepers = [LeaseKeeper(database) for _ in range(8)]
    for _ in range(10):
        async with database.transaction() as session:
            await session.execute(
                text("""INSERT INTO leases VALUES ('a', 'dead', now() - interval '1 second')
                        ON CONFLICT (name) DO UPDATE
                        SET holder = excluded.holder, until = excluded.until""")
            )
        given = await asyncio.gather(
            *(keeper._execute(leases._ACQUIRE, ["a"]) for keeper in keepers)
        )
        assert sorted(map(len, given)) == [0] * 7 + [1]


@pytest.mark.usefixtures("fast")
async def test_other_leases_are_not_in_the_way(database: Database, tasks: Background) -> None:
    guarded = Guarded()
    async with LeaseKeeper.open(database) as keeper:
        for name in ("a", "b", "c"):
            tasks.start(guarded.run(keeper, name), name)
        await until(lambda: guarded.inside == 3)


async def test_it_is_released_at_the_end(database: Database) -> None:
    async with LeaseKeeper.open(database) as keeper:
        async with keeper.lease("a"):
            assert len(await holders(database)) == 1
        assert await holders(database) == []
        with pytest.raises(TimeoutError, match="of its own"):
            async with keeper.lease("a"):
                raise TimeoutError("of its own")
        assert await holders(database) == []


@pytest.mark.usefixtures("fast")
async def test_who_loses_the_lease_is_stopped(database: Database) -> None:
    async with LeaseKeeper.open(database) as keeper:
        with pytest.raises(LeaseLost):  # noqa: PT012 - the block is what is stopped
            async with asyncio.timeout(20), keeper.lease("a"):
                async with database.transaction() as session:
                    await session.execute(text("UPDATE leases SET holder = 'somebody else'"))
                await asyncio.sleep(60)
    assert await holders(database) == ["somebody else"]


@pytest.mark.usefixtures("fast")
async def test_who_cannot_renew_stops_before_another_may_begin(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with LeaseKeeper.open(database) as keeper:
        loop = asyncio.get_running_loop()
        with pytest.raises(LeaseLost):  # noqa: PT012 - the block is what is stopped
            async with asyncio.timeout(20), keeper.lease("a"):
                begun = loop.time()
                # The database is out of reach from now on: nothing listens on this port.
                monkeypatch.setattr(keeper, "_database", Unreachable())
                await asyncio.sleep(60)
        assert loop.time() - begun < leases.TTL
    async with database.reading() as session:
        assert await session.scalar(text("SELECT until > now() FROM leases"))


class Unreachable:
    """A database nobody answers for."""

    def at_once(self) -> None:
        raise ConnectionRefusedError


@pytest.mark.usefixtures("fast")
async def test_a_waiter_that_gives_up_leaves_nothing_behind(
    database: Database, database_url: str, tasks: Background
) -> None:
    guarded = Guarded()
    async with LeaseKeeper.open(database) as one, keeper_on(database_url) as two:
        first = tasks.spawn(guarded.run(one), "first")
        await until(lambda: guarded.inside == 1)
        waiting = tasks.spawn(guarded.run(two), "waiting")
        await asyncio.sleep(leases.LOOK_EVERY * 2)
        waiting.cancel()
        first.cancel()
        await asyncio.sleep(leases.LOOK_EVERY * 3)
    assert guarded.runs == 1
    assert await holders(database) == []


@pytest.mark.crash
@pytest.mark.parametrize("fate", ["killed", "frozen"])
async def test_another_node_takes_over_within_ten_seconds(
    database_url: str, start_node: StartNode, fate: str
) -> None:
    first = await start_node(NODE, database_url, "lease", "inbox")
    await first.says("held")
    second = await start_node(NODE, database_url, "lease", "inbox")
    await asyncio.sleep(1)
    if fate == "killed":
        await first.kill()
    else:
        first.freeze()
    await second.says("held", within=20)
    if fate == "frozen":
        first.thaw()
        await first.says("lost", within=20)
