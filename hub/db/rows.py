"""Reading rows at the driver's own speed, for the few queries that every click repeats.

A session costs half a millisecond before its first row: twice what a page takes that PostgreSQL
has at hand. Here a statement goes straight to the driver, on a connection of the same pool.
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, TypeAlias, cast

import asyncpg
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.compiler import SQLCompiler

from hub.db.engine import AnySession, Database, Driver, driver_of

Source: TypeAlias = "Driver | AnySession"
"""Where rows are read: a connection lent by `lent`, or a session's, in its transaction."""

_DIALECT = dialect()  # type: ignore[no-untyped-call]


class Query:
    """A statement with `:named` values; its rows are the driver's, read by place or by name."""

    def __init__(self, sql: str) -> None:
        self.clause = text(sql)

    @cached_property
    def _compiled(self) -> SQLCompiler:
        # At the first use: hundreds of them would slow down every start.
        return self.clause.compile(dialect=_DIALECT)

    @cached_property
    def sql(self) -> str:
        """With the driver's `$1` in place of names."""
        return self._compiled.string

    @cached_property
    def names(self) -> Sequence[str]:
        """Whose value each `$1` is."""
        return self._compiled.positiontup or ()

    async def rows(self, source: Source, values: Mapping[str, Any]) -> list[asyncpg.Record]:
        """Values that the statement does not name are passed over."""
        driver = driver_of(source) if isinstance(source, AsyncSession) else source
        return await driver.fetch(self.sql, *[values[name] for name in self.names])


class Write(NamedTuple):
    """A statement that changes rows, ready to be run."""

    query: Query
    values: Mapping[str, Any]


async def run_together(session: AnySession, writes: Sequence[Write]) -> None:
    """Run writes in one round trip. They must not touch, or look at, the same rows."""
    if not writes:
        return
    statement = _joined(tuple([one.query for one in writes]))
    values = [one.values[name] for one in writes for name in one.query.names]
    await driver_of(session).fetch(statement, *values)


@lru_cache(maxsize=100)
def _joined(queries: tuple[Query, ...]) -> str:
    """`WITH part1 AS (...), part2 AS (...) ...`, the values numbered throughout."""
    parts: list[str] = []
    taken = 0
    for query in queries:
        parts.append(numbered_from(query, taken))
        taken += len(query.names)
    *first, last = parts
    named = ", ".join(f"part{n} AS ({sql})" for n, sql in enumerate(first, 1))
    return f"WITH {named} {last}" if named else last


def numbered_from(query: Query, taken: int) -> str:
    """Its SQL behind `taken` other values of the same statement."""
    return re.sub(r"\$(\d+)", lambda place: f"${int(place[1]) + taken}", query.sql)


@asynccontextmanager
async def lent(database: Database) -> AsyncIterator[Driver]:
    """A connection for single reads, each of which sees what is committed when it starts."""
    async with database.borrowed() as borrowed:
        yield cast("Driver", borrowed.driver_connection)
