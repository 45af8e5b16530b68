"""The guarded client against real sockets: what it connects to is what was checked."""

import socket
from ipaddress import ip_network
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from typing_extensions import override

from hub.inboxes.outgoing_http import AddressRefused, outgoing_http

LOCAL = (ip_network("127.0.0.1/32"),)


@pytest.fixture
async def server():
    """A server on this machine that counts, and redirects where it is told to."""
    hits: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        hits.append(request.path)
        target = request.query.get("to")
        return web.Response(status=302, headers={"Location": target}) if target else web.Response()

    app = web.Application()
    app.router.add_get("/{tail:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1], hits
    await runner.cleanup()


class _Names(AbstractResolver):
    """A name server under the attacker's control: another answer each time."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address = self._answers.pop(0)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
        ]

    @override
    async def close(self) -> None:
        pass


async def _refused(session: aiohttp.ClientSession, url: str) -> None:
    with pytest.raises(aiohttp.ClientConnectorError) as raised:
        await session.get(url)
    assert isinstance(raised.value.os_error, AddressRefused)
    assert "HUB_ALLOW_HOSTS" in str(raised.value.os_error)


async def test_this_machine_is_refused_unless_it_is_named(server: Any):
    port, hits = server
    async with outgoing_http() as session:
        await _refused(session, f"http://127.0.0.1:{port}/")
        await _refused(session, f"http://localhost:{port}/")
        await _refused(session, f"http://[::ffff:127.0.0.1]:{port}/")
        await _refused(session, "http://169.254.169.254/latest/meta-data/")
    assert hits == []
    async with outgoing_http(LOCAL) as session, session.get(f"http://127.0.0.1:{port}/") as answer:
        assert answer.status == 200


@pytest.mark.parametrize("spelled", ["0x7f.0.0.1", "2130706433", "127.1", "0177.0.0.1"])
async def test_odd_spellings_of_an_address_are_refused(server: Any, spelled: str):
    port, hits = server
    async with outgoing_http() as session:
        with pytest.raises(aiohttp.ClientError):
            await session.get(f"http://{spelled}:{port}/")
    assert hits == []


async def test_a_redirect_is_checked_again(server: Any):
    port, hits = server
    async with outgoing_http(LOCAL) as session:
        await _refused(session, f"http://127.0.0.1:{port}/?to=http://127.0.0.2:{port}/secret")
    assert hits == ["/"]


async def test_a_name_that_turns_private_is_refused_when_it_does(server: Any):
    port, hits = server
    async with outgoing_http(LOCAL) as session:
        connector = session.connector
        assert isinstance(connector, aiohttp.TCPConnector)
        await connector._resolver.close()
        connector._use_dns_cache = False
        connector._resolver = _Names("127.0.0.1", "127.0.0.2")
        headers = {"Connection": "close"}
        async with session.get(f"http://shop.test:{port}/", headers=headers) as response:
            assert response.status == 200
        await _refused(session, f"http://shop.test:{port}/")
    assert hits == ["/"]


async def test_no_proxy_and_no_cookies_are_picked_up(monkeypatch: pytest.MonkeyPatch, server: Any):
    port, hits = server
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
    async with outgoing_http() as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get("http://10.0.0.1/")
        assert isinstance(session.cookie_jar, aiohttp.DummyCookieJar)
    assert hits == []
