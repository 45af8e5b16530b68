"""Files are kept once, whole and within their limit, in little memory, and seen by few."""

import hashlib
import tracemalloc
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.crypto import Keyring
from hub.db.engine import Database
from hub.errors import Invalid, NotFound
from hub.ids import new_id
from hub.operators.access import Viewer
from hub.ports import Files, PermanentError, Reason, SinkUnavailable
from hub.timeline.blobs import CHUNK
from hub.timeline.files import FileStore, InboxFiles, Upload, may_see
from hub.timeline.links import FileLinks
from hub.timeline.page import page
from hub.timeline.record import NewFile, raw_of, record
from tests.integration.timeline.world import NOW, add_inbox, add_person, message, viewer

LIMIT = 4 * CHUNK
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture
def store(database: Database) -> FileStore:
    return FileStore(database, max_bytes=LIMIT)


async def pieces(content: bytes, size: int) -> AsyncIterator[bytes]:
    for first in range(0, len(content), size):
        yield content[first : first + size]


async def count(database: Database, table: str) -> int:
    async with database.reading() as session:
        query = text(f"SELECT count(*) FROM {table}")  # noqa: S608 - a name of this file
        return int((await session.execute(query)).scalar_one())


def noise(size: int) -> bytes:
    return hashlib.shake_128(b"noise").digest(size)


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7, LIMIT])
@pytest.mark.parametrize("piece", [70_000, 2 * CHUNK, None])
async def test_what_goes_in_comes_out(store: FileStore, size: int, piece: int | None) -> None:
    content = noise(size)
    saved = await store.save(
        "данные.bin", content if piece is None else pieces(content, piece), uploaded_by="x"
    )
    assert (saved.name, saved.size) == ("данные.bin", size)
    assert await store.read(saved.id) == content
    assert await store.stat([saved.id]) == [saved]


@pytest.mark.parametrize(
    ("first", "end"),
    [
        (0, 1),
        (CHUNK - 1, CHUNK + 1),
        (5, 2 * CHUNK + 5),
        (CHUNK, None),
        (9, 9),
        (2 * CHUNK, 10**9),
    ],
)
async def test_a_range(store: FileStore, first: int, end: int | None) -> None:
    content = noise(2 * CHUNK + 100)
    saved = await store.save("x", content, uploaded_by="x")
    got = [piece async for piece in store.stream(saved.id, first, end)]
    assert b"".join(got) == content[first:end]
    assert all(len(piece) <= CHUNK for piece in got)


async def test_the_same_bytes_are_kept_once(store: FileStore, database: Database) -> None:
    one = await store.save("one.png", PNG, uploaded_by="x")
    two = await store.save("two.png", pieces(PNG, 10), uploaded_by="x")
    assert (one.name, two.name, one.content_type) == ("one.png", "two.png", "image/png")
    assert one.id != two.id
    assert (await count(database, "blobs"), await count(database, "blob_chunks")) == (1, 1)


async def test_too_large_keeps_nothing_and_stops_reading(
    store: FileStore, database: Database
) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += CHUNK
            yield bytes(CHUNK)

    with pytest.raises(Invalid) as refused:
        await store.save("x", endless(), uploaded_by="x")
    assert refused.value.kind == "too-large"
    assert read == LIMIT + CHUNK
    with pytest.raises(Invalid):
        await store.save("x", bytes(LIMIT + 1), uploaded_by="x")
    assert [await count(database, table) for table in ("files", "blobs", "blob_chunks")] == [0] * 3


async def test_a_broken_upload_keeps_nothing(store: FileStore, database: Database) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield bytes(2 * CHUNK)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await store.save("x", broken(), uploaded_by="x")
    assert await count(database, "blobs") == 0


async def test_a_file_goes_with_the_transaction_it_came_in(
    store: FileStore, database: Database
) -> None:
    async def failing() -> None:
        async with database.transaction() as session:
            await store.save("x", PNG, uploaded_by="x", session=session)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await failing()
    assert await count(database, "blobs") == 0


async def test_a_large_file_takes_little_memory(database: Database) -> None:
    store = FileStore(database)
    size = 23 * CHUNK

    async def content() -> AsyncIterator[bytes]:
        for _ in range(size // 65_536):
            yield bytes(65_536)

    warm = await store.save("warm", b"warm", uploaded_by="x")
    tracemalloc.start()
    saved = await store.save("x", content(), uploaded_by="x")
    total = 0
    async for piece in store.stream(saved.id):
        total += len(piece)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (total, warm.size) == (size, 4)
    assert peak < 8 * CHUNK, f"{peak / CHUNK:.1f} MiB"


async def test_unknown_files_are_named(store: FileStore) -> None:
    missing = new_id()
    for call in (store.stat([missing]), store.read(missing)):
        with pytest.raises(NotFound, match=str(missing)):
            await call


async def test_an_inbox_has_the_store_of_the_port(store: FileStore) -> None:
    links = FileLinks(Keyring("secret"), "https://hub.example", lambda: NOW)
    files: Files = InboxFiles(store, links, new_id())
    saved = await files.save("../кот.png", PNG)
    assert (saved.name, await files.read(saved.id)) == ("кот.png", PNG)
    assert str(saved.id) in files.url(saved.id)
    with pytest.raises(PermanentError) as refused:
        await files.save("x", bytes(LIMIT + 1))
    assert refused.value.reason is Reason.TOO_LARGE


async def sees(database: Database, who: Viewer, file_id: UUID) -> bool:
    async with database.reading() as session:
        return await may_see(session, who, file_id)


async def test_who_may_see_a_file(store: FileStore, database: Database) -> None:
    uploader = viewer()
    saved = await store.save("x", PNG, uploaded_by=f"operator:{uploader.id}")
    assert await sees(database, uploader, saved.id)
    assert not await sees(database, viewer(), saved.id)
    async with database.transaction() as session:
        secret, person = await add_inbox(session), await add_person(session)
        part = message(person, "see", inbox=secret, files=(NewFile(saved.id),))
        (place,) = await record(session, [part], now=NOW)
    assert await sees(database, viewer(), saved.id)
    assert not await sees(database, viewer(secret), saved.id)
    async with database.transaction() as session:
        await session.execute(
            text("UPDATE entries SET deleted_at = now() WHERE id = :id"), {"id": place.id}
        )
    assert not await sees(database, viewer(), saved.id)


async def test_an_entry_shows_its_files_in_order_and_keeps_its_source(
    store: FileStore, database: Database
) -> None:
    first = await store.save("first.png", PNG, uploaded_by="x")
    second = await store.save("second.txt", b"text", uploaded_by="x")
    raws = [b"From: a@example.com\n\nHello", noise(200_000), b""]
    async with database.transaction() as session:
        person = await add_person(session)
        files = (NewFile(second.id), NewFile(first.id, inline=True, content_id="cid"))
        entries = [message(person, "files", files=files, raw=raws[0])]
        entries += [message(person, "raw", raw=raw) for raw in raws[1:]]
        places = await record(session, entries, now=NOW)
    async with database.reading() as session:
        shown = (await page(session, person.id, viewer())).items[0]["files"]
        kept = [await raw_of(session, place.stream_id, place.position) for place in places]
    assert [(file["name"], file["inline"], file["size"]) for file in shown] == [
        ("second.txt", False, 4),
        ("first.png", True, len(PNG)),
    ]
    assert shown[1]["id"] == str(first.id)
    assert kept == raws


async def test_a_channel_is_told_that_files_are_out_of_reach():
    links = FileLinks(Keyring("secret"), "https://hub.example", lambda: NOW)
    async with Database.open("postgresql+asyncpg://nobody@127.0.0.1:1/none") as away:
        files = InboxFiles(FileStore(away), links, new_id())
        with pytest.raises(SinkUnavailable):
            await files.save("note.txt", b"text")
        with pytest.raises(SinkUnavailable):
            await files.read(new_id())


async def test_many_files_are_kept_together_each_byte_once(
    database: Database, store: FileStore
) -> None:
    known = await store.save("known.bin", noise(500), uploaded_by="x")
    contents = [b"", noise(10), PNG, noise(10), noise(500), noise(2 * CHUNK + 1), noise(CHUNK)]
    uploads = [Upload(f"{n}.bin", content, f"by {n}") for n, content in enumerate(contents)]
    before = await count(database, "blobs")
    async with database.transaction() as session:
        saved = await store.save_all(session, uploads)
    assert [one.name for one in saved] == [one.name for one in uploads]
    assert [one.size for one in saved] == [len(one) for one in contents]
    assert [await store.read(one.id) for one in saved] == contents
    assert saved[2].content_type == "image/png"
    assert len({one.id for one in (known, *saved)}) == len(saved) + 1
    assert await count(database, "blobs") == before + 5
    too_long = Upload("long.bin", noise(LIMIT + 1), "x")
    with pytest.raises(Invalid, match="larger than"):
        async with database.transaction() as session:
            await store.save_all(session, [uploads[0], too_long])
