"""The page of phones: what its visitor sees, writes and breaks.

GET  /            the page · /state?after=N waits for something newer than N
POST /texts       {"who", "text", "files": [{"name", "type", "base64"}]}
POST /phones      {"number", "name", "state"}
POST /faults      see channels/sms/twin/faults.py
"""

import asyncio
import base64
import binascii
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aiohttp import web

from channels.sms.twin.book import Message
from channels.sms.twin.exchange import Exchange
from channels.sms.twin.faults import KINDS

_FOLDER = Path(__file__).with_name("page")
_FILES = {
    "": "page.html",
    "page.js": "page.js",
    "page.css": "page.css",
    "words.json": "words.json",
}
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
_NUMBER = re.compile(r"\+[1-9]\d{7,14}")
_STATES = frozenset({"on", "off", "landline"})
WAIT = 20.0
MOST_SHOWN = 100
LARGEST = 12 * 1024 * 1024

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Pages:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._book = exchange.book

    def routes(self) -> list[web.RouteDef]:
        return [
            *(web.get(f"/{name}", self._file) for name in _FILES),
            web.get("/state", self._state),
            web.get("/pictures/{sid:ME[0-9a-f]{32}}", self._picture),
            web.post("/texts", self._write),
            web.post("/phones", self._change_phone),
            web.post("/faults", self._break),
        ]

    async def _file(self, request: web.Request) -> web.Response:
        path = _FOLDER / _FILES[request.path.lstrip("/")]
        body = await asyncio.to_thread(path.read_bytes)
        kind = _TYPES.get(path.suffix, "application/json")
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=HEADERS)

    async def _picture(self, request: web.Request) -> web.Response:
        sid = request.match_info["sid"]
        kinds = {
            part["sid"]: part["type"]
            for message in self._book.messages.values()
            for part in message.media
        }
        if sid not in kinds:
            raise web.HTTPNotFound
        body = await asyncio.to_thread((self._book.pictures / sid).read_bytes)
        return web.Response(body=body, headers={**HEADERS, "Content-Type": kinds[sid]})

    async def _state(self, request: web.Request) -> web.Response:
        after = request.query.get("after", "")
        if after.isdecimal():
            await self._book.newer_than(int(after), within=WAIT)
        return web.json_response(self._shown(), headers=HEADERS)

    def _shown(self) -> Mapping[str, Any]:
        talks: defaultdict[str, list[Message]] = defaultdict(list)
        for message in self._book.messages.values():
            talks[message.phone].append(message)
        return {
            "version": self._book.version,
            "number": self._book.number,
            "connected": bool(self._book.webhook),
            "faults": [asdict(one) for one in self._exchange.faults.waiting],
            "kinds": list(KINDS),
            "phones": [
                {
                    **asdict(phone),
                    "messages": [_bubble(one) for one in talks[phone.number][-MOST_SHOWN:]],
                }
                for phone in self._book.phones.values()
            ],
        }

    async def _write(self, request: web.Request) -> web.Response:
        body = await _json(request)
        number, text = _number(body.get("who")), str(body.get("text") or "")
        pictures = [_picture(one) for one in body.get("files") or []]
        if not text.strip() and not pictures:
            raise web.HTTPUnprocessableEntity(text="There is nothing to send.")
        message = await self._exchange.from_phone(number, text[:1600], pictures)
        return web.json_response(_bubble(message), status=201, headers=HEADERS)

    async def _change_phone(self, request: web.Request) -> web.Response:
        body = await _json(request)
        phone = self._book.phone(_number(body.get("number")), str(body.get("name") or "")[:60])
        if body.get("state") in _STATES:
            phone.state = body["state"]
        await self._book.touched()
        return web.json_response(asdict(phone), headers=HEADERS)

    async def _break(self, request: web.Request) -> web.Response:
        body = await _json(request)
        try:
            if body.get("do") == "stop":
                self._book.phone(_number(body.get("who"))).stopped = True
            else:
                self._exchange.faults.add(body)
        except ValueError as error:
            raise web.HTTPUnprocessableEntity(text=str(error)) from error
        await self._book.touched()
        return web.json_response(self._shown()["faults"], headers=HEADERS)


async def _json(request: web.Request) -> Mapping[str, Any]:
    # A form of another site cannot say so: only this page's own script can.
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    try:
        body = await request.json()
    except ValueError as error:
        raise web.HTTPBadRequest from error
    if not isinstance(body, dict):
        raise web.HTTPBadRequest
    return body


def _number(spelled: object) -> str:
    number = re.sub(r"[\s().-]", "", str(spelled or ""))
    if not _NUMBER.fullmatch(number):
        raise web.HTTPUnprocessableEntity(text="A number looks like +359885550103.")
    return number


def _picture(one: Any) -> tuple[str, str, bytes]:  # noqa: ANN401 - whatever was sent
    try:
        content = base64.b64decode(one["base64"], validate=True)
        return str(one["name"])[:100], str(one["type"])[:100], content
    except (KeyError, TypeError, binascii.Error) as error:
        raise web.HTTPBadRequest from error


def _bubble(message: Message) -> Mapping[str, Any]:
    shown = ("sid", "inbound", "text", "at", "status", "error", "segments", "own", "media")
    return {name: getattr(message, name) for name in shown}
