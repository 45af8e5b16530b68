"""Files over HTTP: in as a form or raw, out whole, in part, or by a signed address."""

import asyncio
import gzip
import io
import zlib
from asyncio import StreamReader
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import FormData
from yarl import URL

from hub.operators.access import Scope
from hub.timeline.files import FileStore
from tests.integration.web.conftest import World, database_away
from tests.integration.web.shop import API, json

FILES = f"{API}/files"
WORDS = b"0123456789"


def form(content: bytes, name: str = "words.txt") -> FormData:
    data = FormData()
    data.add_field("comment", "ignored")
    data.add_field("file", content, filename=name, content_type="text/html")
    return data


async def upload(client, content: bytes = WORDS):
    return await json(await client.post(f"{FILES}?name=words.txt", data=content))


async def test_a_form_and_a_raw_body_say_the_same(world: World):
    client = await world.as_token(Scope.ADMIN)
    made = [await json(await client.post(FILES, data=form(WORDS))), await upload(client)]
    for one in made:
        assert (one["name"], one["size"], one["content_type"]) == ("words.txt", 10, "text/plain")
    assert made[0]["id"] != made[1]["id"]


async def test_what_is_no_form_or_too_large_is_refused(world: World):
    client = await world.as_token(Scope.ADMIN)
    large = io.BytesIO(bytes(world.services.files.max_bytes + 1))
    assert (await client.post(FILES, data=large)).status == 413
    without = FormData({"comment": "no file"}, default_to_multipart=True)
    assert (await client.post(FILES, data=without)).status == 422
    kinds = ["multipart/form-data", "multipart/form-data; boundary=x", "multipart/mixed"]
    for kind in kinds[:2]:
        answer = await client.post(FILES, data=b"--y\r\n", headers={"Content-Type": kind})
        assert answer.status in {400, 422}, kind


PART = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n'


@pytest.mark.parametrize(
    ("body", "more", "status"),
    [
        (b"--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" * 3000, {}, 422),
        (PART % b"a" + b"\r\n1\r\n" + (PART % b"a" + b"\r\n1\r\n") * 20_000, {}, 422),
        (PART % b"_charset_" + b"\r\n" + b"x" * 40 + b"\r\n--x--\r\n", {}, 400),
        (b"no gzip", {"Content-Encoding": "gzip"}, 400),
    ],
    ids=["nested", "many", "charset", "gzip"],
)
async def test_a_hostile_form_is_refused(
    world: World, body: bytes, more: dict[str, str], status: int
):
    client = await world.as_token(Scope.ADMIN)
    headers = {"Content-Type": "multipart/form-data; boundary=x", **more}
    answer = await client.post(FILES, data=body, headers=headers)
    assert answer.status == status, await answer.text()


async def test_a_body_that_is_not_packed_as_it_says_is_refused(world: World):
    client = await world.as_token(Scope.ADMIN)
    packed = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    assert (await client.post("/api/v1/tokens", data=b"{}", headers=packed)).status == 400


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_packed_body_is_measured_as_it_is_unpacked(world: World, encoding: str):
    client = await world.as_token(Scope.ADMIN)
    much = b'{"name": "' + b"a" * 40_000_000 + b'"}'
    body = gzip.compress(much) if encoding == "gzip" else zlib.compress(much)
    assert len(body) < 50_000
    headers = {"Content-Encoding": encoding, "Content-Type": "application/json"}
    answer = await client.post("/api/v1/tokens", data=body, headers=headers)
    assert answer.status == 413, await answer.text()


async def test_bytes_come_back_whole_and_in_part(world: World):
    client = await world.as_token(Scope.ADMIN)
    address = f"{FILES}/{(await upload(client))['id']}"
    whole = await client.get(address)
    assert (whole.status, await whole.read()) == (200, WORDS)
    for asked, (status, body) in {
        "bytes=2-4": (206, b"234"),
        "bytes=7-": (206, b"789"),
        "bytes=-3": (206, b"789"),
        "bytes=0-99": (200, WORDS),
        "bytes=-99": (200, WORDS),
        "bytes=10-": (416, b""),
        "bytes=x": (200, WORDS),
        "bytes=0-1,3-4": (200, WORDS),
    }.items():
        answer = await client.get(address, headers={"Range": asked})
        assert (answer.status, await answer.read()) == (status, body), asked
    head = await client.head(address)
    assert (head.status, head.headers["Content-Length"], await head.read()) == (200, "10", b"")
    tag = {"If-None-Match": whole.headers["ETag"]}
    assert (await client.get(address, headers=tag)).status == 304


async def test_nothing_in_a_file_runs_on_our_origin(world: World):
    client = await world.as_token(Scope.ADMIN)
    page = await json(await client.post(FILES, data=form(b"<html><script>1</script>", "a.html")))
    answer = await client.get(f"{FILES}/{page['id']}")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_signed_address_opens_one_file_for_a_while(world: World):
    client, stranger = await world.as_token(Scope.ADMIN), await world.client()
    made, other = await upload(client), await upload(client)
    signed = made["url"].removeprefix(world.origin)
    assert await (await stranger.get(signed)).read() == WORDS
    wrong = await world.client(headers={"Authorization": "Bearer expired"})
    assert (await wrong.get(signed)).status == 200
    assert (await stranger.get(signed.replace(made["id"], other["id"]))).status == 404
    assert (await stranger.get(f"{FILES}/{made['id']}")).status == 401
    world.clock.move(hours=26)
    assert (await stranger.get(signed)).status == 404


async def test_a_keyed_upload_happens_once(world: World):
    client = await world.as_token(Scope.ADMIN)
    keyed = {"Idempotency-Key": "one"}
    first = await json(await client.post(FILES, data=form(WORDS), headers=keyed))
    again = await client.post(FILES, data=form(WORDS), headers=keyed)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (await again.json())["id"] == first["id"]
    assert (await client.post(FILES, data=form(b"other"), headers=keyed)).status == 422


MUCH = 24 * 1024 * 1024
"""More than what lies between two programs of this machine: its sender waits for the reader."""


@asynccontextmanager
async def reading_much(world: World) -> AsyncIterator[StreamReader]:
    """A download that has begun."""
    store = FileStore(world.database, max_bytes=MUCH)
    stored = await store.save("much", bytes(MUCH), uploaded_by="system:x")
    address = URL(world.services.links.url(stored.id))
    reader, writer = await asyncio.open_connection(
        world.server.host, world.server.port, limit=4096
    )
    writer.write(f"GET {address.raw_path_qs} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
    yield reader
    writer.close()


async def test_a_file_that_breaks_off_goes_on_with_nothing_else(world: World):
    got = b""
    away = database_away(world.database)
    async with reading_much(world) as reader, away, asyncio.timeout(20):
        with suppress(ConnectionResetError):
            while piece := await reader.read(65536):
                got += piece
    assert len(got) < MUCH
    assert got.strip(b"\0") == b""
