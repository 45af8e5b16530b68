"""PostgreSQL restarted under load: nothing acknowledged is lost, the hub recovers by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import psutil
import pytest
import structlog
from sqlalchemy import text

from hub.db.cluster import ClusterAddress, embedded_cluster
from hub.db.cluster.accounts import Command, account_of, run_as
from hub.db.cluster.errors import ClusterFailed
from hub.tasks import background
from tests.cluster import end_servers_below, open_folder
from tests.crash.load import Load
from tests.crash.promises import assert_kept
from tests.crash.readiness import Readiness
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


@pytest.mark.parametrize("mode", ["immediate", "fast"])
async def test_postgres_restarted(own_cluster: ClusterAddress, tmp_path: Path, mode: str) -> None:
    async with open_world(own_cluster.url, tmp_path) as world, background() as tasks:
        readiness = Readiness(world)
        tasks.start(readiness.watch(), "readiness")
        load = Load(world)
        async with load.running():
            await readiness.becomes(ready=True)
            started = await _started(world)
            await asyncio.sleep(1)
            await asyncio.to_thread(_restart, own_cluster, mode)
            await readiness.becomes(ready=True)
            await asyncio.sleep(1)
            # The test's own connections are gone too.
            await world.database.engine.dispose()
        assert await _started(world) > started, "it was not restarted"
        await assert_kept(world, load)


async def _started(world: World) -> datetime:
    async with world.database.reading() as session:
        found = await session.execute(text("SELECT pg_postmaster_start_time()"))
        moment: datetime = found.scalar_one()
        return moment


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
