"""The schema comes from migrations alone, and they can be walked back."""

import pytest
from sqlalchemy import text

from hub.db import migrate
from hub.db.engine import Database


async def test_the_migrated_schema_is_what_the_tables_say(database: Database) -> None:
    await migrate.check(database.engine)
    assert await migrate.current(database.engine) == migrate.head()


@pytest.mark.parametrize("back", ["-1", "base"])
async def test_migrations_walk_back_and_forth(database: Database, back: str) -> None:
    await migrate.downgrade(database.engine, back)
    assert await migrate.current(database.engine) != migrate.head()
    await migrate.upgrade(database.engine)
    await migrate.check(database.engine)


async def test_russian_and_english_words_are_stemmed_and_yo_is_ye(database: Database) -> None:
    async with database.reading() as session:
        found = await session.scalar(
            text(
                "SELECT to_tsvector('besedka', 'ЗАКАЗЫ и Ёлка, invoices')"
                " @@ plainto_tsquery('besedka', 'елка заказ invoice')"
            )
        )
    assert found is True
