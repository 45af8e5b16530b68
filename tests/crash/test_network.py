"""The network between a node and its database fails in every way; nothing acknowledged is lost."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from hub.db.engine import Database
from hub.db.retry import is_connection_error
from hub.tasks import background
from tests.crash.farm import holders, taken_over
from tests.crash.follower import Follower
from tests.crash.line import open_line
from tests.crash.load import Load
from tests.crash.network import open_network
from tests.crash.promises import assert_kept
from tests.crash.readiness import Readiness
from tests.crash.world import Node, World, open_world

pytestmark = [pytest.mark.crash, pytest.mark.timeout(400)]
root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may make networks")


async def test_a_line_that_is_cut_slow_and_held_up(database_url: str, tmp_path: Path) -> None:
    async with (
        open_line(database_url) as (line, way),
        open_world(database_url, tmp_path, way=way) as world,
        background() as tasks,
    ):
        readiness, load = Readiness(world), Load(world)
        tasks.start(readiness.watch(), "readiness")
        async with load.running():
            await readiness.becomes(ready=True)
            line.cut()
            await readiness.becomes(ready=False)
            await asyncio.sleep(1)
            line.mend()
            await readiness.becomes(ready=True)
            line.delay = 0.03
            await load.progress(20)
            line.delay = 0
            line.hold()
            await readiness.becomes(ready=False)
            line.release()
            await readiness.becomes(ready=True)
            await load.progress(20)
        await assert_kept(world, load)


async def test_a_dead_connection_fails_its_statement_and_leaves_the_pool(
    database_url: str,
) -> None:
    quick = {"command_timeout": 3}
    async with (
        open_line(database_url) as (line, way),
        Database.open(way, pool_size=2, connect_args=quick) as database,
    ):
        assert await _ask(database) == 1
        line.half_open()
        with pytest.raises(Exception) as failed:  # noqa: PT011 - the driver's or the loop's
            await _ask(database)
        assert is_connection_error(failed.value)
        await _answers_again(database)


async def _answers_again(database: Database) -> None:
    """What was dead is found out one by one, as it is used."""
    async with asyncio.timeout(60):
        while True:
            try:
                assert await _ask(database) == 1
            except Exception as error:
                if not is_connection_error(error):
                    raise
            else:
                return


async def _ask(database: Database) -> int:
    async with database.transaction() as session:
        found: int = (await session.execute(text("SELECT 1"))).scalar_one()
        return found


@root
@pytest.mark.enable_socket
async def test_a_statement_into_the_void_does_not_wait_for_a_quarter_of_an_hour(
    database_url: str,
) -> None:
    async with (
        open_network(database_url) as (network, way),
        Database.open(way, pool_size=2) as database,
    ):
        assert await _ask(database) == 1
        await network.cut()
        with pytest.raises(Exception) as failed:  # noqa: PT011 - the driver's or the loop's
            await _ask(database)
        # Not the time limit of statements, which is a minute: the kernel gave up.
        assert not isinstance(failed.value, TimeoutError)
        assert is_connection_error(failed.value)
        await network.mend()
        await _answers_again(database)


@root
@pytest.mark.minutes
async def test_the_network_of_the_leading_node_is_gone(database_url: str, tmp_path: Path) -> None:
    seconds = 60
    async with (
        open_network(database_url) as (network, way),
        open_world(database_url, tmp_path, way=way) as world,
        _another(world, database_url, tmp_path) as second,
        background() as tasks,
    ):
        first, follower, load = world.node, Follower(world), Load(world)
        readiness = Readiness(world, first)
        tasks.start(follower.follow(), "live client")
        tasks.start(readiness.watch(), "readiness")
        async with load.running(within=200):
            await readiness.becomes(ready=True)
            held, begun = await holders(world), time.monotonic()
            await network.cut()
            # What a balancer does with a node that is not ready.
            await readiness.becomes(ready=False)
            world.turn_to(second)
            await taken_over(world, held)
            moved = time.monotonic() - begun
            await asyncio.sleep(max(0, seconds - moved))
            await network.mend()
            await readiness.becomes(ready=True)
            world.turn_to(first)
            await load.progress(20)
        await assert_kept(world, load)
        await follower.assert_no_gap()
    print(f"cut for {seconds} s, leases and leadership moved in {moved:.1f} s")  # noqa: T201


@asynccontextmanager
async def _another(world: World, database_url: str, folder: Path) -> AsyncIterator[Node]:
    """A node whose network is sound, and which leads nothing."""
    surroundings = {**world.node.surroundings, "HUB_DATABASE_URL": database_url}
    node = Node(surroundings, folder / "second.log")
    held = await holders(world)
    try:
        await node.start()
        assert await holders(world) == held
        yield node
    finally:
        await node.kill()
