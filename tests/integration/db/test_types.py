"""A new connection knows PostgreSQL's own types without asking, and asks about all others."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest

from hub.db.dedicated import connection
from hub.db.engine import Database, Driver

_STATEMENTS = "SELECT statement FROM pg_prepared_statements"
_ECHO = "SELECT $1::uuid[], $2::timestamptz[], $3::smallint[], $4::boolean[], $5::int4range[]"
_VALUES = (
    [uuid4(), None],
    [datetime(2026, 5, 3, 9, 0, tzinfo=UTC)],
    [1, -2],
    [True, None],
    [asyncpg.Range(1, 5)],
)


@asynccontextmanager
async def another(database: Database) -> AsyncIterator[Driver]:
    async with connection(database, "test", {}) as opened:
        yield opened


async def times_asked(one: Driver) -> int:
    return sum("typeinfo_tree" in row["statement"] for row in await one.fetch(_STATEMENTS))


async def test_what_one_connection_was_told_the_next_one_knows(database: Database) -> None:
    async with another(database) as first:
        assert [tuple(row) for row in await first.fetch(_ECHO, *_VALUES)] == [_VALUES]
    async with another(database) as second:
        assert [tuple(row) for row in await second.fetch(_ECHO, *_VALUES)] == [_VALUES]
        assert await times_asked(second) == 0


async def test_a_type_of_a_database_is_asked_about_on_every_connection(database: Database) -> None:
    """Its number may mean another one elsewhere, or after it was made anew."""
    for labels in (["calm", "cross"], ["glad"]):
        async with another(database) as one:
            named = ", ".join(f"'{label}'" for label in labels)
            await one.execute(f"DROP TYPE IF EXISTS mood; CREATE TYPE mood AS ENUM ({named})")
            assert await one.fetchval("SELECT $1::mood[]", labels) == labels
            assert await times_asked(one) == 1


async def test_a_wrong_element_is_refused_as_ever(database: Database) -> None:
    async with another(database) as one:
        with pytest.raises(asyncpg.DataError):
            await one.fetchval("SELECT $1::smallint[]", [2**20])
