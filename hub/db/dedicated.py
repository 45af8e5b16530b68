"""A PostgreSQL connection of one loop's own, outside the pool, made anew when it is lost."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Never, TypeAlias

import asyncpg

from hub.db.engine import Database
from hub.db.line import SERVER_SETTINGS, Line
from hub.db.outage import Outage

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_PATIENCE = 10.0
"""Seconds a statement or a sign-in may take; after that the connection counts as lost."""


def connect_options(database: Database) -> dict[str, Any]:
    """`asyncpg.connect` arguments for the server the pool of `database` is on."""
    _, options = database.engine.dialect.create_connect_args(database.engine.url)
    # These are for SQLAlchemy's own dialect.
    ours = {"prepared_statement_cache_size", "prepared_statement_name_func", "async_creator_fn"}
    return {name: value for name, value in options.items() if name not in ours}


@asynccontextmanager
async def connection(
    database: Database, name: str, settings: Mapping[str, str]
) -> AsyncIterator[Connection]:
    """A connection known to the server as `besedka <name>`, with these server settings."""
    opened = await asyncpg.connect(
        **connect_options(database),
        timeout=_PATIENCE,
        command_timeout=_PATIENCE,
        connection_class=Line,
        server_settings={
            "application_name": f"besedka {name}",
            "jit": "off",
            **SERVER_SETTINGS,
            **settings,
        },
    )
    try:
        yield opened
    finally:
        # Not `close`: it would wait for a server that may be away.
        opened.terminate()


async def stay_connected(
    database: Database,
    name: str,
    work: Callable[[Connection, Outage], Awaitable[None]],
    *,
    settings: Mapping[str, str],
) -> Never:
    """Run `work` on a connection of its own until cancelled, on a new one after every failure.

    `work` calls `over` on the outage once it is at work again.
    """
    outage = Outage(name)
    while True:
        try:
            async with connection(database, name, settings) as opened:
                await work(opened, outage)
        except Exception as error:  # noqa: BLE001 - reported by the outage
            pause = outage.failed(error)
        else:
            pause = 0.0
        await asyncio.sleep(pause)
