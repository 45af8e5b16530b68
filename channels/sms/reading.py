"""A provider's HTTP request, read within bounds and as it came: a signature covers its bytes."""

import asyncio
from urllib.parse import parse_qsl

from aiohttp import web

from channels.sms.wire import Pairs, Received

LARGEST = 256 * 1024
"""Bytes; a text message with its metadata has about two thousand."""
MOST_FIELDS = 500
READ_WITHIN = 10.0

_FORM = "application/x-www-form-urlencoded"


class TooMuch(Exception):
    """The request is larger, or slower, than any of a gateway's."""


class Malformed(ValueError):
    """The request cannot be read."""


async def read(request: web.Request, public_url: str, path: str) -> Received:
    """Raises TooMuch, Malformed."""
    body = await _body(request)
    query = request.rel_url.raw_query_string
    return Received(
        method=request.method,
        url=f"{public_url}/{path}" + (f"?{query}" if query else ""),
        query=_pairs(query),
        form=_pairs(body.decode("utf-8", "strict")) if request.content_type == _FORM else (),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
        remote=request.remote or "",
    )


async def _body(request: web.Request) -> bytes:
    parts, size = [], 0
    try:
        async with asyncio.timeout(READ_WITHIN):
            async for chunk in request.content.iter_chunked(65_536):
                size += len(chunk)
                if size > LARGEST:
                    raise TooMuch
                parts.append(chunk)
    except TimeoutError as error:
        raise TooMuch from error
    except web.RequestPayloadError as error:  # not packed as it says
        raise Malformed from error
    return b"".join(parts)


def _pairs(text: str) -> Pairs:
    if not text:
        return ()
    try:
        return tuple(
            parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
        )
    except ValueError as error:
        raise Malformed from error
