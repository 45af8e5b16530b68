"""Databases for tests: one migrated template a process, a fresh copy for every test that asks."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

import asyncpg
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from hub.db import migrate
from hub.db.cluster import ClusterAddress
from hub.db.engine import Database
from tests.logged import overheard, repeated

_numbers = itertools.count(1)
_LOCALE = """
    ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'
    LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'
"""


@pytest.fixture(scope="session")
def server_url(cluster: ClusterAddress) -> str:
    """A PostgreSQL server tests may make databases on."""
    return cluster.url


_WRITTEN = """
    (SELECT text FROM entries LIMIT 2000)
    UNION ALL (SELECT data->>'subject' FROM entries WHERE data ? 'subject' LIMIT 2000)
    UNION ALL (SELECT unnest(ARRAY[value, raw]) FROM contact_points LIMIT 2000)
    UNION ALL (SELECT name FROM customers LIMIT 2000)
    UNION ALL (SELECT name FROM files LIMIT 2000)
    UNION ALL (SELECT unnest(ARRAY[email, name, alert_to]) FROM operators)
"""


@asynccontextmanager
async def _connected(
    url: str, name: str = "postgres"
) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    parts = make_url(url)
    connection = await asyncpg.connect(
        host=str(parts.query.get("host") or parts.host),
        port=parts.port or 5432,
        user=parts.username,
        password=parts.password,
        database=name,
    )
    try:
        yield connection
    finally:
        await connection.close()


async def _execute(url: str, *statements: str) -> None:
    async with _connected(url) as connection:
        for statement in statements:
            await connection.execute(statement)


async def _written(server: str, name: str) -> list[str]:
    """What people wrote there, and who they are; nothing of a database that a test has broken."""
    with suppress(asyncpg.PostgresError, OSError):
        async with _connected(server, name) as connection:
            return [row[0] or "" for row in await connection.fetch(_WRITTEN)]
    return []


def _named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


async def drop_database(server: str, name: str) -> None:
    """Drop a database and whoever is in it.

    An autovacuum worker is a superuser's process: ours may not end it, but it ends by itself.
    """
    for _ in range(100):
        try:
            return await _execute(server, f"DROP DATABASE {name} WITH (FORCE)")
        except asyncpg.InsufficientPrivilegeError:
            await asyncio.sleep(0.1)
    raise TimeoutError(f"{name} is in use by a process that does not end")


async def _make_template(server: str, name: str) -> None:
    await _execute(
        server,
        f"DROP DATABASE IF EXISTS {name}",
        f"CREATE DATABASE {name} TEMPLATE template0 {_LOCALE}",
    )
    engine = create_async_engine(_named(server, name))
    await migrate.upgrade(engine)
    await engine.dispose()


# Session fixtures run their own short event loops: every test has a loop of its own.
@pytest.fixture(scope="session")
def template_database(server_url: str) -> Iterator[str]:
    """A migrated database nobody writes to; its name."""
    name = f"besedka_template_{os.getpid()}"
    asyncio.run(_make_template(server_url, name))
    yield name
    asyncio.run(drop_database(server_url, name))


@asynccontextmanager
async def fresh_database(server_url: str, template_database: str) -> AsyncIterator[str]:
    """The URL of a fresh, migrated database that is dropped at the end."""
    name = f"besedka_test_{os.getpid()}_{next(_numbers)}"
    await _execute(
        server_url, f"CREATE DATABASE {name} TEMPLATE {template_database} STRATEGY file_copy"
    )
    with overheard() as lines:
        yield _named(server_url, name)
    if lines:
        repeated(lines, await _written(server_url, name))
    await drop_database(server_url, name)


@pytest.fixture
async def database_url(server_url: str, template_database: str) -> AsyncIterator[str]:
    """The URL of a fresh, migrated database of this test's own."""
    async with fresh_database(server_url, template_database) as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open `Database` on `database_url`."""
    async with Database.open(database_url) as opened:
        yield opened
