"""Bytes that are no HTTP are refused by aiohttp itself, before any code of ours."""

import asyncio
import json

import pytest
from aiohttp import web

from hub import logs
from tests.logged import attending


async def broken(_request: web.Request) -> web.Response:
    raise LookupError("ours")


@pytest.mark.parametrize(
    ("sent", "logged"),
    [
        (b"GET /anna@example.com\0 HTTP/1.1\r\n\r\n", False),
        (b"GET / HTTP/1.1\r\nCookie: " + b"x" * 9000 + b"\r\n\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", True),
    ],
)
async def test_what_is_no_http_is_answered_as_text_and_not_logged(
    capsys: pytest.CaptureFixture[str], sent: bytes, *, logged: bool
) -> None:
    with attending():
        logs.configure("json")
        app = web.Application()
        app.router.add_get("/", broken)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0]
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(sent)
            async with asyncio.timeout(30):
                answer = await reader.read()
            writer.close()
            await writer.wait_closed()
        finally:
            await runner.cleanup()
    head, _, _ = answer.partition(b"\r\n\r\n")
    assert b"\r\nContent-Type: text/plain" in head
    lines = [json.loads(one) for one in capsys.readouterr().err.splitlines()]
    said = [one for one in lines if one["logger"] == "aiohttp.server"]
    assert bool(said) is logged
    assert [one["event"] for one in said] == ["Error handling request"] * logged
