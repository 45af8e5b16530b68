"""Uploads nobody has sent are forgotten; whatever a draft, an entry or kept input names stays."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.db.engine import Database
from hub.ids import new_id
from hub.timeline import leftovers
from hub.timeline.files import FileStore
from hub.timeline.leftovers import KEPT
from hub.timeline.record import NewFile, record
from tests.integration.timeline.world import NOW, add_person, message

OLD = NOW - KEPT - timedelta(hours=1)


@pytest.fixture
def store(database: Database) -> FileStore:
    return FileStore(database)


async def run(database: Database, statement: str, **values: object) -> None:
    async with database.transaction() as session:
        await session.execute(text(statement), values)


async def upload(
    store: FileStore, database: Database, content: bytes, *, at: datetime = OLD
) -> UUID:
    saved = await store.save("a.txt", content, uploaded_by="operator:x")
    await run(database, "UPDATE files SET created_at = :at WHERE id = :id", at=at, id=saved.id)
    return saved.id


async def left(database: Database, table: str = "files", column: str = "id") -> set[object]:
    async with database.reading() as session:
        query = text(f"SELECT {column} FROM {table}")  # noqa: S608 - names of this file
        return set((await session.execute(query)).scalars())


async def send(database: Database, file_id: UUID) -> None:
    async with database.transaction() as session:
        await record(
            session, [message(await add_person(session), files=(NewFile(file_id),))], now=NOW
        )


async def test_an_old_upload_goes_with_its_bytes_and_a_young_one_stays(
    store: FileStore, database: Database
):
    await upload(store, database, b"old")
    young = await upload(store, database, b"young", at=NOW)
    assert await leftovers.sweep(database, NOW) == 1
    assert await left(database) == {young}
    assert len(await left(database, "blobs", "sha256")) == 1
    assert len(await left(database, "blob_chunks", "sha256")) == 1


async def test_bytes_stay_as_long_as_anything_is_made_of_them(
    store: FileStore, database: Database
):
    await upload(store, database, b"same")
    young = await upload(store, database, b"same", at=NOW)
    assert await leftovers.sweep(database, NOW) == 1
    assert await store.read(young) == b"same"


async def test_what_an_entry_a_draft_or_kept_input_names_stays(
    store: FileStore, database: Database
):
    sent, drafted, kept = [await upload(store, database, word) for word in (b"1", b"2", b"3")]
    await send(database, sent)
    await run(
        database,
        """
        WITH person AS (
            INSERT INTO customers (id, root_id, name, folded) VALUES (:id, :id, '', '')
            RETURNING id
        ), inbox AS (
            INSERT INTO inboxes (channel, name) VALUES ('webchat', 'Shop') RETURNING id
        ), talk AS (
            INSERT INTO conversations (opening_stream_id, inbox_id, pool, opened_at, updated_at)
            SELECT (SELECT id FROM streams LIMIT 1), inbox.id, 'main', now(), now()
            FROM person, inbox RETURNING id
        ), operator AS (
            INSERT INTO operators (email, role) VALUES ('a@example.com', 'operator') RETURNING id
        ), input AS (
            INSERT INTO quarantine (inbox_id, external_id, raw, message, error)
            SELECT id, 'x', ''::bytea, CAST(:message AS jsonb), '' FROM inbox
            UNION ALL SELECT id, 'y', ''::bytea, '{}', '' FROM inbox
        )
        INSERT INTO drafts (conversation_id, operator_id, files, revision, updated_at)
        SELECT talk.id, operator.id, ARRAY[CAST(:drafted AS uuid)], 1, now() FROM talk, operator
        """,
        id=new_id(),
        drafted=drafted,
        message=f'{{"attachments": [{{"file_id": null}}, {{"file_id": "{kept}"}}]}}',
    )
    assert await leftovers.sweep(database, NOW) == 0
    assert await left(database) == {sent, drafted, kept}


async def test_bytes_that_are_uploaded_again_while_they_are_swept_are_there(
    store: FileStore, database: Database
):
    await upload(store, database, b"again")
    async with database.transaction() as session:
        again = await store.save("b.txt", b"again", uploaded_by="x", session=session)
        assert await leftovers.sweep(database, NOW) == 1
    assert await store.read(again.id) == b"again"


async def test_bytes_that_have_just_been_swept_are_stored_anew(
    store: FileStore, database: Database
):
    await upload(store, database, b"again")
    async with asyncio.TaskGroup() as group, database.transaction() as session:
        # What the sweep does between its first and its last statement.
        await session.execute(text("DELETE FROM files"))
        await session.execute(text("DELETE FROM blobs"))
        saving = group.create_task(store.save("b.txt", b"again", uploaded_by="x"))
        await asyncio.sleep(0.2)
        assert not saving.done()
    assert await store.read(saving.result().id) == b"again"
