"""PostgreSQL restarted under load: nothing acknowledged is lost, the hub recovers by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import psutil
import pytest
import structlog

from hub.db.cluster import ClusterAddress, embedded_cluster
from hub.db.cluster.accounts import Command, account_of, run_as
from hub.db.cluster.errors import ClusterFailed
from hub.tasks import background
from tests.cluster import end_servers_below, open_folder
from tests.crash.load import Load
from tests.crash.promises import assert_kept
from tests.crash.world import World, open_world

pytestmark = [pytest.mark.crash, pytest.mark.timeout(180)]


@pytest.fixture
async def own_cluster() -> AsyncIterator[ClusterAddress]:
    """A server that nobody else uses."""
    with open_folder() as folder:
        async with embedded_cluster(
            folder, log=structlog.get_logger(), throw_away=True
        ) as address:
            yield address
        end_servers_below(folder)


class Readiness:
    """What `/readyz` answers, each answer noted once until it changes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.seen: list[bool] = []

    async def watch(self) -> None:
        while True:
            ready = await self._ask()
            if self.seen[-1:] != [ready]:
                self.seen.append(ready)
            await asyncio.sleep(0.02)

    async def _ask(self) -> bool:
        url = f"{self._world.node.url}/readyz"
        timeout = aiohttp.ClientTimeout(total=10)
        async with self._world.http.get(url, timeout=timeout) as answer:
            return bool((await answer.json())["ready"])

    async def becomes(self, ready: bool) -> None:
        async with asyncio.timeout(60):
            while self.seen[-1:] != [ready]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


@pytest.mark.parametrize("mode", ["immediate", "fast"])
async def test_postgres_restarted(own_cluster: ClusterAddress, tmp_path: Path, mode: str) -> None:
    async with open_world(own_cluster.url, tmp_path) as world, background() as tasks:
        readiness = Readiness(world)
        tasks.start(readiness.watch(), "readiness")
        load = Load(world)
        async with load.running():
            await readiness.becomes(True)
            await asyncio.sleep(1)
            await asyncio.to_thread(_restart, own_cluster, mode)
            await readiness.becomes(True)
            await asyncio.sleep(1)
            # The test's own connections are gone too.
            await world.database.engine.dispose()
        assert readiness.seen == [True, False, True]
        await assert_kept(world, load)


def _restart(cluster: ClusterAddress, mode: str) -> None:
    assert cluster.pid is not None
    data = Path(psutil.Process(cluster.pid).cwd())
    # The server would keep our pipe open: so it gets a file to talk to.
    told: Command = ["-m", mode, "-w", "-s", "-l", data.parent / "log" / "restart.log"]
    command: Command = [cluster.bin_dir / "pg_ctl", "restart", "-D", data, *told]
    # The cluster's keeper may be quicker to start it again: that too is a restart, and then
    # `pg_ctl` waits in vain for a server of its own. The load shows whether one is there.
    with suppress(ClusterFailed):
        run_as(account_of(data.stat().st_uid), command, timeout=20)
