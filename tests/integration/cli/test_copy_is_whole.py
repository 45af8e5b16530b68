"""What is restored is what was backed up, to the last row, also while customers go on writing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from hub import clock
from hub.conversations.inbound.ingest import Ingest
from hub.db.engine import Database
from hub.ids import new_id
from hub.inboxes.open_inbox import InboxRef
from hub.ports import Address, Attachment, InboundMessage
from hub.tasks import background
from hub.timeline.files import FileStore
from tests.integration.cli.process import Environment, hub
from tests.integration.timeline.world import add_inbox

pytestmark = pytest.mark.timeout(180)

_TABLES = text("""
    SELECT tablename FROM pg_tables WHERE schemaname = 'public'
      AND tablename <> ALL (ARRAY['live_signals', 'leases']) ORDER BY tablename
""")
_SAME = """
    SELECT count(*)::text || ' ' || coalesce(md5(string_agg(row, chr(10) ORDER BY row)), '')
    FROM (SELECT t::text AS row FROM {table} AS t) AS rows
"""
# What one transaction writes is there together, or not at all.
_TORN = text("""
    SELECT (SELECT count(*) FROM entries)
         - (SELECT count(*) FROM pending_events WHERE type = 'message.created') AS untold,
           (SELECT count(*) FROM entries) - (SELECT count(*) FROM ingress) AS unnamed,
           (SELECT count(*) FROM files LEFT JOIN blobs USING (sha256)
            WHERE blobs.sha256 IS NULL) AS empty
""")


async def export(database: Database) -> dict[str, str]:
    """Every table with the number and a hash of its rows."""
    async with database.reading() as session:
        tables = (await session.scalars(_TABLES)).all()
        return {
            table: str(await session.scalar(text(_SAME.format(table=table)))) for table in tables
        }


class Customers:
    """They write, each message with a file, as often as they are let."""

    def __init__(self, database: Database, inbox: InboxRef) -> None:
        self._ingest = Ingest(database, clock.now, FileStore(database), tell=lambda _: None)
        self._sink = self._ingest.sink(inbox)
        self.written = 0
        self.enough = False

    async def write(self) -> None:
        number = self.written
        message = InboundMessage(
            external_id=f"in-{new_id()}",
            address=Address("webchat", f"visitor {number % 20}"),
            text=f"Здравствуйте, вопрос {number}",
            occurred_at=clock.now(),
            attachments=(Attachment(f"{number}.txt", b"%d" % number * 5000),),
        )
        await self._sink.message(message)
        self.written += 1

    async def keep_writing(self) -> None:
        while not self.enough:
            await self.write()

    async def close(self) -> None:
        await self._ingest.close()


@asynccontextmanager
async def customers(database: Database) -> AsyncIterator[Customers]:
    async with database.transaction() as session:
        inbox = await add_inbox(session)
    made = Customers(database, InboxRef(inbox, "webchat", "Chat", "main"))
    try:
        yield made
    finally:
        await made.close()


async def test_the_restored_database_is_identical(
    env: Environment, database: Database, empty_url: str, tmp_path
):
    file = str(tmp_path / "hub.backup")
    async with customers(database) as people:
        for _ in range(60):
            await people.write()
    before = await export(database)
    assert (await hub(env, "backup", file)).code == 0
    read = await hub({**env, "HUB_DATABASE_URL": empty_url}, "restore", file)
    assert read.code == 0, read.err
    async with Database.open(empty_url) as copy:
        assert await export(copy) == before
    assert before["entries"].startswith("60 ")


async def test_a_backup_under_load_is_of_one_moment(
    env: Environment, database: Database, empty_url: str, tmp_path
):
    file = str(tmp_path / "hub.backup")
    async with customers(database) as people:
        for _ in range(20):
            await people.write()
        async with background() as tasks:
            writing = tasks.spawn(people.keep_writing(), "customers")
            assert (await hub(env, "backup", file)).code == 0
            during = people.written
            async with asyncio.timeout(30):
                while people.written == during:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            people.enough = True
            await writing
    read = await hub({**env, "HUB_DATABASE_URL": empty_url}, "restore", file)
    assert read.code == 0, read.err
    async with Database.open(empty_url) as copy, copy.reading() as session:
        torn = (await session.execute(_TORN)).one()
        kept = await session.scalar(text("SELECT count(*) FROM entries")) or 0
    assert tuple(torn) == (0, 0, 0)
    assert 20 <= kept < people.written
