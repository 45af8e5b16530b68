"""An installation opened for use: its settings, its secrets, and its migrated database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from hub.crypto import Keyring, load_keyring
from hub.db import migrate
from hub.db.cluster import Tenancy, check_database, embedded_cluster
from hub.db.engine import Database
from hub.errors import Invalid
from hub.settings import Settings

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Installation:
    settings: Settings
    keyring: Keyring
    database: Database


@asynccontextmanager
async def open_installation(
    settings: Settings, *, pool_size: int = 20, tenancy: Tenancy | None = None
) -> AsyncIterator[Installation]:
    """Works beside a running hub and without one.

    The embedded database is started when nobody has started it and stopped by the last who leaves.
    Raises DatabaseUnfit, ClusterFailed, Invalid; OSError when an external database is not there.
    """
    async with (
        database_url(settings, tenancy) as url,
        Database.open(url, pool_size=pool_size) as database,
    ):
        async with database.engine.begin() as connection:
            await check_database(connection)
        await migrate.upgrade(database.engine)
        keyring = load_keyring(
            settings.secret_key.get_secret_value(),
            settings.data_path,
            old=settings.old_secret_keys.get_secret_value(),
        )
        yield Installation(settings, keyring, database)


@asynccontextmanager
async def database_url(settings: Settings, tenancy: Tenancy | None = None) -> AsyncIterator[str]:
    """Where the database is: HUB_DATABASE_URL, else the embedded cluster, running meanwhile."""
    if settings.database_url:
        yield external_url(settings.database_url)
        return
    async with embedded_cluster(settings.data_path, log=log, tenancy=tenancy) as address:
        yield address.url


def external_url(given: str) -> str:
    """Any usual spelling of a PostgreSQL URL, as SQLAlchemy's asyncpg driver wants it."""
    try:
        url = make_url(given)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in {"postgresql", "postgres"}:
        # Never echo it: it holds a password.
        raise Invalid(
            "HUB_DATABASE_URL is not the address of a PostgreSQL database.",
            remedy="Write postgresql://user:password@host:5432/database, "
            "or leave it unset for the embedded one.",
        )
    return url.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)
