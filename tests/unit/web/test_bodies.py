"""Paths, fields and cursors."""

import asyncio
from hashlib import sha256
from typing import cast
from uuid import UUID

import pytest
from aiohttp import StreamReader
from aiohttp.base_protocol import BaseProtocol
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Invalid, NotFound
from hub.web import cursors, problems
from hub.web.bodies import TooLarge, TooSlow, Upload, json_of, path_of, read_bounded
from hub.web.resources.messages import NewNote

# Fixed: it is part of the names of tests, which every worker has to agree on.
ONE = UUID("01a20000-0000-7000-8000-00000000000a")


def test_ids_and_names_in_a_path():
    assert path_of({"id": str(ONE), "team_id": str(ONE), "external_id": "A-1/2"}) == {
        "id": ONE,
        "team_id": ONE,
        "external_id": "A-1/2",
    }


@pytest.mark.parametrize("text", ["", "1", ONE.hex, f"{{{ONE}}}", f"urn:uuid:{ONE}", f"{ONE}\n"])
def test_other_spellings_of_an_id_are_not_found(text):
    with pytest.raises(NotFound):
        path_of({"id": text})


@pytest.mark.parametrize("text", ["", "a\0", "a\n", "x" * 301])
def test_names_that_can_name_nothing_are_not_found(text):
    with pytest.raises(NotFound):
        path_of({"external_id": text})


class Dribble:
    """A body of which a byte comes now and then, for ever."""

    async def iter_chunked(self, _size):
        while True:
            await asyncio.sleep(0.001)
            yield b"x"


def dribbling():
    return make_mocked_request("POST", "/", payload=cast("StreamReader", Dribble()))


async def test_a_body_sent_by_the_byte_is_given_up():
    with pytest.raises(TooSlow) as refused:
        await read_bounded(dribbling(), 2**30, within=0.05)
    assert problems.status_of(refused.value) == 408


async def test_a_body_without_an_end_is_given_up():
    with pytest.raises(TooLarge):
        await read_bounded(dribbling(), 5, within=60)


async def test_a_file_that_does_not_go_on_is_given_up():
    async def chunks():
        yield b"the first piece"
        await asyncio.Event().wait()

    coming = Upload("a.txt", chunks(), sha256()).chunks(within=0.05)
    assert await anext(coming) == b"the first piece"
    with pytest.raises(TooSlow):
        await anext(coming)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"text": "a\\u0000"}', "text"),
        (b'{"a\\u0000": [1]}', "(name)"),
        (b'{"text": [{"b": "\\u0000"}, "\\u0000"]}', "text.0.b"),
        (b"[" * 1020 + b'"\\u0000"' + b"]" * 1020, "0.0.0.0.0.0.0.0.0.0"),
    ],
)
async def test_nul_is_found_however_deep_it_hides(body: bytes, field: str):
    loop = asyncio.get_running_loop()
    payload = StreamReader(BaseProtocol(loop), 2**16, loop=loop)
    payload.feed_data(body)
    payload.feed_eof()
    headers = {"Content-Type": "application/json"}
    request = make_mocked_request("POST", "/", headers, payload=payload)
    with pytest.raises(Invalid) as refused:
        await json_of(request, NewNote, 10_000)
    assert refused.value.fields == {field: "This may not hold the character NUL."}


def test_cursors_come_back_as_they_were():
    assert cursors.decode(cursors.encode("й", 5, str(ONE)), str, int, UUID) == ("й", 5, ONE)
    assert cursors.decode("", str) is None


@given(st.text(max_size=40))
def test_any_other_cursor_is_refused(text):
    try:
        cursors.decode(text, UUID)
    except Invalid as error:
        assert "cursor" in error.fields  # noqa: PT017 - either outcome is right
