"""PostgreSQL restarted under load: nothing acknowledged is lost, the hub recovers by itself."""

import asyncio
import signal
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import psutil
import pytest
import structlog
from sqlalchemy import text

from hub.db.cluster import ClusterAddress, embedded_cluster
from hub.db.retry import is_connection_error
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


@pytest.mark.parametrize("end", [signal.SIGQUIT, signal.SIGINT], ids=["immediate", "fast"])
async def test_postgres_restarted(
    own_cluster: ClusterAddress, tmp_path: Path, end: signal.Signals
) -> None:
    """It is shut down in PostgreSQL's own ways; the cluster's keeper starts it again."""
    async with open_world(own_cluster.url, tmp_path) as world, background() as tasks:
        readiness = Readiness(world)
        tasks.start(readiness.watch(), "readiness")
        load = Load(world)
        async with load.running():
            await readiness.becomes(ready=True)
            started = await _started(world)
            await asyncio.sleep(1)
            assert own_cluster.pid is not None
            psutil.Process(own_cluster.pid).send_signal(end)
            await _started_since(world, started)
            await readiness.becomes(ready=True)
            await asyncio.sleep(1)
        await assert_kept(world, load)


async def _started_since(world: World, before: datetime) -> None:
    """Wait until another server answers; the test's own connections went with the one before."""
    async with asyncio.timeout(60):
        while True:
            try:
                if await _started(world) > before:
                    return
            except Exception as error:
                if not is_connection_error(error):
                    raise
            await world.database.engine.dispose()
            await asyncio.sleep(0.1)


async def _started(world: World) -> datetime:
    async with world.database.reading() as session:
        found = await session.execute(text("SELECT pg_postmaster_start_time()"))
        moment: datetime = found.scalar_one()
        return moment
