"""Commands on a database of the test's own, or on a data directory with its own PostgreSQL."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from tests.database import drop_database
from tests.integration.cli.process import Environment


@pytest.fixture
def env(database_url: str, tmp_path: Path) -> Environment:
    """An external database, migrated and empty."""
    return {"HUB_DATABASE_URL": database_url, "HUB_DATA_DIR": str(tmp_path)}


@pytest.fixture
def embedded() -> Iterator[Environment]:
    """A data directory that is not there yet, where PostgreSQL's user can enter."""
    with tempfile.TemporaryDirectory(prefix="besedka-cli-") as folder:
        Path(folder).chmod(0o711)
        yield {"HUB_DATA_DIR": f"{folder}/data"}


@pytest.fixture
async def empty_url(database_url: str) -> AsyncIterator[str]:
    """An empty database beside the test's own."""
    url = make_url(database_url)
    name = f"{url.database}_copy"
    engine = create_async_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    locale = "ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C'"
    async with engine.connect() as connection:
        await connection.execute(
            text(f"CREATE DATABASE {name} TEMPLATE template0 {locale} LC_CTYPE 'C.UTF-8'")
        )
        yield url.set(database=name).render_as_string(hide_password=False)
    await engine.dispose()
    await drop_database(database_url, name)
