"""The hub refuses a database in which it would store or search text wrongly."""

import secrets

import asyncpg
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from hub.db.cluster import DatabaseUnfit, check_database

FIT = "ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C'"


@pytest.fixture
async def make_database(cluster):
    """Make a database by the end of its CREATE DATABASE; gives its URL."""
    connection = await asyncpg.connect(**cluster.dsn)
    made = []

    async def make(options: str) -> str:
        made.append(f"fitness_{secrets.token_hex(4)}")
        await connection.execute(f"CREATE DATABASE {made[-1]} TEMPLATE template0 {options}")
        return make_url(cluster.url).set(database=made[-1]).render_as_string(hide_password=False)

    yield make
    for name in made:
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


async def check(url: str) -> None:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            await check_database(connection)
    finally:
        await engine.dispose()


async def test_a_fit_database_gets_its_extensions(make_database):
    url = await make_database(f"{FIT} LC_CTYPE 'C.UTF-8'")
    await check(url)
    await check(url)
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    names = await connection.fetch("SELECT extname FROM pg_extension ORDER BY extname")
    await connection.close()
    assert [name for (name,) in names] == ["btree_gin", "pg_trgm", "plpgsql", "unaccent"]


async def test_a_locale_that_knows_only_latin_letters(make_database):
    url = await make_database("ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'")
    with pytest.raises(DatabaseUnfit, match="lower") as refused:
        await check(url)
    assert "CREATE DATABASE" in refused.value.remedy


async def test_a_locale_under_which_names_have_no_trigrams(make_database):
    # The trap: `lower` is right here, and the search for names still finds nothing.
    url = await make_database(f"{FIT} LC_CTYPE 'C'")
    with pytest.raises(DatabaseUnfit, match="trigrams") as refused:
        await check(url)
    assert "LC_CTYPE 'C.UTF-8'" in refused.value.remedy


async def test_an_encoding_that_cannot_hold_everything(make_database):
    url = await make_database("ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'")
    with pytest.raises(DatabaseUnfit, match="SQL_ASCII"):
        await check(url)


async def test_an_extension_that_may_not_be_added(make_database):
    url = await make_database(f"{FIT} LC_CTYPE 'C.UTF-8'")
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await connection.execute("CREATE EXTENSION pg_trgm")
    # The owner, too, may add one only with the right to create things in the database.
    await connection.execute(
        "DO $$ BEGIN EXECUTE format("
        "'REVOKE CREATE ON DATABASE %I FROM %I', current_database(), current_user); END $$"
    )
    await connection.close()
    with pytest.raises(DatabaseUnfit, match="btree_gin, unaccent") as refused:
        await check(url)
    assert "CREATE EXTENSION unaccent;" in refused.value.remedy
