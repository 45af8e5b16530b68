"""What was asked: a call's name, arguments and files, from a query, a form or JSON.

As on the real server every argument is text; what JSON gave as a number, a list or an object is
the text of that JSON.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, hdrs, web

from channels.telegram.twin.refusals import Refused, bad_request

LARGEST_UPLOAD = 50 << 20
"""Bytes of a request's files together."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart body."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `method` is spelt as in the documentation where it is known."""

    method: str
    arguments: Mapping[str, str]
    files: Mapping[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return self.arguments.get(name, "")

    def flag(self, name: str) -> bool:
        return self.text(name).strip().lower() in ("true", "yes", "1")

    def number(self, name: str, default: int = 0, low: int = -(2**31), high: int = 2**31) -> int:
        """What cannot be read is `default`, what is out of range its nearest end."""
        try:
            return min(max(int(self.text(name)), low), high)
        except ValueError:
            return default

    def required(self, name: str) -> str:
        if not self.text(name):
            raise bad_request(f'Parameter "{name}" is required')
        return self.text(name)

    def parsed(self, name: str, complaint: str) -> object:
        """The JSON of an argument, None when it is empty."""
        if not self.text(name):
            return None
        try:
            return json.loads(self.text(name))
        except ValueError:
            raise bad_request(complaint) from None


async def read(request: web.Request, method: str) -> Call:
    """Arguments of the query and of the body together. Raises Refused 400 or 413."""
    arguments = dict(request.query)
    files: dict[str, Upload] = {}
    kind = request.content_type
    if request.method == hdrs.METH_POST and request.can_read_body:
        if kind == "multipart/form-data":
            await _read_multipart(request, arguments, files)
        elif kind == "application/json":
            arguments |= _of_json(await _body(request))
        elif kind == "application/x-www-form-urlencoded":
            form = (await _body(request)).decode("utf-8", "replace")
            arguments |= dict(parse_qsl(form, keep_blank_values=True))
    return Call(method, arguments, files)


def of_answer(kind: str, raw: bytes) -> tuple[str, Mapping[str, str]] | None:
    """The call that a webhook's answer may carry: its name and arguments."""
    if kind == "application/json":
        arguments = _of_json(raw)
    elif kind == "application/x-www-form-urlencoded":
        arguments = dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
    else:
        return None
    method = arguments.pop("method", "")
    return (method, arguments) if method else None


def _of_json(raw: bytes) -> dict[str, str]:
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        raise Refused(400, "Bad Request: can't parse request JSON") from None
    if not isinstance(body, dict):
        raise Refused(400, "Bad Request: expected JSON object in the request")
    return {name: as_text(value) for name, value in body.items() if value is not None}


def as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


async def _body(request: web.Request) -> bytes:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise _too_large() from None


async def _read_multipart(
    request: web.Request, arguments: dict[str, str], files: dict[str, Upload]
) -> None:
    reader = await request.multipart()
    left = LARGEST_UPLOAD
    try:
        async for part in reader:
            if not isinstance(part, BodyPartReader) or part.name is None:
                continue
            content = await _content(part, left)
            left -= len(content)
            if part.filename is None:
                arguments[part.name] = content.decode("utf-8", "replace")
            else:
                kind = part.headers.get(hdrs.CONTENT_TYPE, "application/octet-stream")
                files[part.name] = Upload(part.filename, kind, content)
    except ValueError:
        raise Refused(400, "Bad Request: can't parse the multipart body") from None


async def _content(part: BodyPartReader, left: int) -> bytes:
    """At most `left` bytes."""
    content = bytearray()
    while chunk := await part.read_chunk(1 << 18):
        content += chunk
        if len(content) > left:
            raise _too_large()
    return bytes(content)


def _too_large() -> Refused:
    return Refused(413, "Request Entity Too Large")
