"""What reads bytes that strangers send: each takes any, or refuses in its own words.

One function a parser; what it may raise is caught here, and all else is a fault.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import ClassVar, cast

import orjson
from aiohttp import MultipartReader, StreamReader, web
from aiohttp.base_protocol import BaseProtocol
from multidict import CIMultiDict, CIMultiDictProxy

from channels.email.commands import as_json
from channels.email.parsing import addresses, calendar_reply, words
from channels.email.parsing.mail import Attachment
from channels.email.parsing.parse import parse
from channels.sms import gateways, numbers
from channels.sms.settings import SmsSettings
from channels.sms.wire import Gateway, Received, Unreadable
from channels.telegram import updates
from hub.customers import addresses as points
from hub.customers import link_codes, typed
from hub.customers.folding import fold
from hub.errors import HubError
from hub.rendering.filling import render, render_html
from hub.rules.spec import compile_spec
from hub.rules.yaml_text import read as read_rules
from hub.timeline import search
from hub.timeline.page import Cursor
from hub.web import cursors
from hub.web.bodies import json_of, upload_of
from hub.web.resources.conversations import ConversationPatch
from hub.web.resources.messages import NewMessage
from tests.harmless import is_harmless
from tests.unit.channels.sms.test_gateways import settings_of

NOW = datetime(2026, 5, 3, tzinfo=UTC)
_LARGEST = 64 * 1024
_PAGE = 8 * 1024
"""Characters that are read as a browser would: it takes the square of some pages."""
_FACTS = {"a": [1, {"b": "x"}], "b": {"a": "1e99", "upper": None}, "customer": {"name": "Ива\n"}}


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def mail(data: bytes) -> None:
    found = parse(data)
    orjson.dumps(as_json(found))
    assert is_harmless((found.html or "")[:_PAGE])


def mime_header(data: bytes) -> None:
    value = data.decode("latin-1")
    assert "\n" not in words.text(value)
    for one in addresses.parse(value):
        assert "\n" not in str(one)


def calendar(data: bytes) -> None:
    found = calendar_reply.read([Attachment("a.ics", "text/calendar", data)])
    if found is not None:
        assert found.answer in {"accepted", "declined", "tentative"}
        assert 0 < len(found.uid) <= 255
        assert found.sequence >= 0


def phone(data: bytes) -> None:
    spelled = _text(data)
    for region in ("", "RU", "MX"):
        with contextlib.suppress(numbers.NotANumber):
            party = numbers.party(spelled, region)
            if party.answerable:
                assert numbers.e164(party.value) == party.value
    for scheme in ("tel", "email", "telegram"):
        with contextlib.suppress(HubError):
            value = points.normalise(scheme, spelled)
            assert points.normalise(scheme, value) == value


def link_code(data: bytes) -> None:
    for code in link_codes.found_in(_text(data)):
        assert link_codes.found_in(code) == [code]


def search_words(data: bytes) -> None:
    typed_in = _text(data)
    head, tail = search.begun(typed_in)
    assert "'" not in tail[1:-3]
    assert head in " ".join(typed_in.split())
    wanted = fold(typed_in)
    typed.address_parts(wanted)
    typed.phone_part(typed_in)


def rules(data: bytes) -> None:
    with contextlib.suppress(HubError):
        for one in read_rules(_text(data), "The text"):
            compile_spec(one)


def template(data: bytes) -> None:
    for way in (render, render_html):
        with contextlib.suppress(HubError):
            way(_text(data), _FACTS, locale="ru")


@cache
def _gateways() -> list[Gateway]:
    return [
        gateways.open_gateway(SmsSettings.model_validate(settings_of(name)))
        for name in gateways.NAMES
    ]


def sms(data: bytes) -> None:
    """Which gateway, which path and of what type: by the first bytes."""
    first, body = data[:2].ljust(2, b"\0"), data[2:]
    kinds = ["application/json", "application/x-www-form-urlencoded", "", "text/xml"]
    pairs = tuple((name, value) for name, _, value in _pairs(_text(body)))
    request = Received(
        "POST", "https://hub.example/channels/x/inbound", pairs, pairs,
        {"content-type": kinds[first[1] % len(kinds)]}, body, "127.0.0.1",
    )  # fmt: skip
    gateway = _gateways()[first[0] % len(_gateways())]
    gateway.genuine(request)
    with contextlib.suppress(Unreadable, numbers.NotANumber):
        numbers.party(gateway.inbound(request).sender, "RU")
    with contextlib.suppress(Unreadable):
        gateway.status(request, NOW)


def _pairs(text: str) -> list[tuple[str, str, str]]:
    return [one.partition("=") for one in text.split("&")]


def telegram(data: bytes) -> None:
    with contextlib.suppress(orjson.JSONDecodeError):
        update = orjson.loads(data)
        updates.read(update, updates.Names("7"), NOW)
        updates.raw_of(update)
        updates.album_of(update)
        updates.place(update)


class Fed:
    """A request whose body has all come; what reading a body asks of one."""

    query: ClassVar[Mapping[str, str]] = {}
    content_length = None

    def __init__(self, data: bytes, kind: str) -> None:
        loop = asyncio.get_running_loop()
        self.headers = CIMultiDictProxy(CIMultiDict({"Content-Type": kind}))
        self.content_type = kind.partition(";")[0]
        self.content = StreamReader(BaseProtocol(loop), 2**16, loop=loop)
        self.content.feed_data(data)
        self.content.feed_eof()

    async def multipart(self) -> MultipartReader:
        return MultipartReader(self.headers, self.content)


def _request(data: bytes, kind: str) -> web.Request:
    return cast("web.Request", Fed(data, kind))


def multipart(data: bytes) -> None:
    """Its boundary is `b`."""

    async def through() -> None:
        with contextlib.suppress(HubError):
            upload = await upload_of(_request(data, "multipart/form-data; boundary=b"))
            assert sum([len(chunk) async for chunk in upload.chunks()]) <= len(data)

    asyncio.run(through())


def json_body(data: bytes) -> None:
    async def through() -> None:
        for model in (NewMessage, ConversationPatch):
            with contextlib.suppress(HubError):
                await json_of(_request(data, "application/json"), model, _LARGEST)

    asyncio.run(through())


def cursor(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    for kinds in ((cursors.moment, cursors.number), (cursors.word,), (cursors.moment_or_none,)):
        with contextlib.suppress(HubError):
            cursors.decode(text, *kinds)
    with contextlib.suppress(HubError):
        place = Cursor.parse(text, "before")
        assert Cursor.parse(str(place), "before") == place


TARGETS: dict[str, Callable[[bytes], None]] = {
    one.__name__: one
    for one in (
        mail, mime_header, calendar, phone, link_code, search_words, rules, template, sms,
        telegram, multipart, json_body, cursor,
    )
}  # fmt: skip
