"""The PostgreSQL that the hub brings along: one per data directory, started when it is needed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from structlog.typing import FilteringBoundLogger

from hub.db.cluster.address import ClusterAddress
from hub.db.cluster.errors import (
    ClusterFailed,
    ClusterOutdated,
    DatabaseUnfit,
    HubAlreadyRunning,
)
from hub.db.cluster.fitness import check_database
from hub.db.cluster.locks import hub_lock
from hub.db.cluster.tenancy import Tenancy, TenancyAhead

__all__ = [
    "ClusterAddress",
    "ClusterFailed",
    "ClusterOutdated",
    "DatabaseUnfit",
    "HubAlreadyRunning",
    "Tenancy",
    "TenancyAhead",
    "check_database",
    "embedded_cluster",
    "hub_lock",
]

T = TypeVar("T")


@asynccontextmanager
async def embedded_cluster(
    data_dir: Path,
    *,
    log: FilteringBoundLogger,
    throw_away: bool = False,
    tenancy: Tenancy | None = None,
) -> AsyncIterator[ClusterAddress]:
    """Use the cluster of this data directory: made when there is none, started when it is down.

    Any number of processes may use it at once; the last to leave stops the server, in about ten
    seconds at most. A server that outlived its hub is adopted. Dies PostgreSQL meanwhile, it is
    started again at the same address. `throw_away` is for tests: quick, not safe from power cuts.
    `tenancy`: one that is being entered already (`TenancyAhead`).
    """
    tenancy = tenancy or Tenancy(data_dir, log, durable=not throw_away)
    try:
        yield await _to_the_end(tenancy.enter)
    finally:
        await _to_the_end(tenancy.leave)


async def _to_the_end(work: Callable[[], T]) -> T:
    """Run blocking work in a thread; a caller cancelled meanwhile still waits for its end.

    Otherwise a server could come up after its user has left.
    """
    future = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        while not future.done():
            try:
                await asyncio.wait([future])
            except asyncio.CancelledError:
                continue
        # Looked at, or asyncio complains; to one who goes away it means nothing any more.
        future.exception()
        raise
