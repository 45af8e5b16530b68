"""Reading rows at the driver's own speed, for the few queries that every click repeats.

A session costs half a millisecond before its first row: twice what a page takes that PostgreSQL
has at hand. Here a statement goes straight to the driver, on a connection of the same pool.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, cast

import asyncpg
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.util import greenlet_spawn

from hub.db.engine import AnySession, Database, Driver, driver_of

Source: TypeAlias = "Driver | AnySession"
"""Where rows are read: a connection lent by `lent`, or a session's, in its transaction."""

_DIALECT = dialect()  # type: ignore[no-untyped-call]


class Query:
    """A statement with `:named` values; its rows are the driver's, read by place or by name."""

    def __init__(self, sql: str) -> None:
        self.clause = text(sql)
        compiled = self.clause.compile(dialect=_DIALECT)
        self._sql = compiled.string
        self._names: Sequence[str] = compiled.positiontup or ()

    async def rows(self, source: Source, values: Mapping[str, Any]) -> list[asyncpg.Record]:
        """Values that the statement does not name are passed over."""
        driver = driver_of(source) if isinstance(source, AsyncSession) else source
        return await driver.fetch(self._sql, *[values[name] for name in self._names])


@asynccontextmanager
async def lent(database: Database) -> AsyncIterator[Driver]:
    """A connection for single reads, each of which sees what is committed when it starts."""
    borrowed = await greenlet_spawn(database.engine.sync_engine.pool.connect)
    try:
        yield cast("Driver", borrowed.driver_connection)
    finally:
        await greenlet_spawn(borrowed.close)
