"""A copy of the hub, read back on an empty server: does it hold what the hub held?

Taken while all goes on, it is of a moment that nobody else sees. So the database is looked at
before and after: whatever stood still meanwhile has to be in the copy as it is, and nothing may be
in it that was neither there before nor after, but for rows that changed twice meanwhile; none of
those that never change.
"""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog

from hub import clock
from hub.db.cluster import embedded_cluster
from hub.db.engine import Database, Driver, driver_of
from tests.installation import Hub, environment, hub_command

Rows = Mapping[str, frozenset[str]]
"""By table, a hash of each row."""

LASTING = frozenset({"events", "blobs", "audit"})
"""Tables of which no row ever changes."""

_TABLES = """
    SELECT tablename FROM pg_tables WHERE schemaname = 'public'
      AND tablename <> ALL (ARRAY['live_signals', 'leases']) ORDER BY tablename
"""


@dataclass(frozen=True, slots=True)
class Copy:
    """rows: how many it has. moved: how many states of rows came or went while it was made.
    wrong: how many rows are missing, or are like nothing that was there. How long it took to make
    and to read back, and its bytes."""

    rows: int
    moved: int
    wrong: int
    made: timedelta
    read: timedelta
    size: int


def differences(before: Rows, after: Rows, copy: Rows) -> tuple[int, int]:
    """How many rows moved meanwhile, and how many of the copy are wrong or missing."""
    moved = wrong = 0
    for table in before.keys() | after.keys() | copy.keys():
        then, now = before.get(table, frozenset()), after.get(table, frozenset())
        there = copy.get(table, frozenset())
        moved += len(then ^ now)
        wrong += len((then & now) - there)
        if table in LASTING or then == now:
            wrong += len(there - then - now)
    return moved, wrong


async def rows_of(database: Database) -> Rows:
    """All that is stored, at one moment."""
    async with database.reading() as session:
        driver = driver_of(session)
        async with driver.transaction(isolation="repeatable_read", readonly=True):
            tables = [name for (name,) in await driver.fetch(_TABLES)]
            return {name: await _hashes(driver, name) for name in tables}


async def _hashes(driver: Driver, table: str) -> frozenset[str]:
    found = await driver.fetch(f'SELECT md5(t::text) FROM "{table}" AS t')  # noqa: S608 - ours
    return frozenset(one for (one,) in found)


async def copied(hub: Hub, database: Database, folder: Path) -> Copy:
    """`hub backup` beside the hub, `hub restore` on a server made for it; compared."""
    file = folder / "hub.backup"
    before, began = await rows_of(database), clock.now()
    await hub.command("backup", str(file))
    made, after = clock.now() - began, await rows_of(database)
    async with AsyncExitStack() as stack:
        running = embedded_cluster(folder / "cluster", log=structlog.get_logger())
        url = (await stack.enter_async_context(running)).url
        began = clock.now()
        await hub_command(environment(url, folder / "data"), "restore", str(file))
        read = clock.now() - began
        there = await stack.enter_async_context(Database.open(url, pool_size=1))
        kept = await rows_of(there)
    moved, wrong = differences(before, after, kept)
    rows = sum(len(one) for one in kept.values())
    return Copy(rows, moved, wrong, made, read, file.stat().st_size)
