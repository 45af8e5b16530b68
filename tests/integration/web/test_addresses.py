"""Where the hub is reached: behind a proxy, under a path, and the way to the channels."""

from dataclasses import replace
from ipaddress import ip_network
from uuid import UUID

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry
from yarl import URL

from hub.ids import new_id
from hub.inboxes.open_inbox import InboxRef, OpenInbox
from hub.operators.access import Role
from hub.ports import Capabilities, Channel, SinkUnavailable
from hub.settings import Settings
from hub.web.app import build_app
from hub.web.services import Services
from tests.integration.web.conftest import PASSWORD, World
from tests.integration.web.shop import json

GOOD = {"email": "operator@example.com", "password": PASSWORD}


@pytest.fixture
async def behind_a_proxy(services: Services):
    """The hub as https://example.com/desk; the proxy is this machine."""
    settings = Settings(
        public_url="https://example.com/desk", trusted_proxies=(ip_network("127.0.0.0/8"),)
    )
    moved = replace(services, settings=settings, metrics=CollectorRegistry())
    async with TestClient(TestServer(build_app(moved))) as client:
        yield client


FORWARDED = {
    "X-Forwarded-For": "198.51.100.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "example.com",
}
OWN = {**FORWARDED, "Origin": "https://example.com"}


async def test_under_a_path_all_addresses_carry_it(world: World, behind_a_proxy):
    await world.operator(Role.OPERATOR)
    for base in ["", "/desk"]:
        page = await behind_a_proxy.get(f"{base}/sign-in", headers=FORWARDED)
        assert page.status == 200
        assert 'href="/desk/static/pages.css"' in await page.text()
        assert (await behind_a_proxy.get(f"{base}/healthz")).status == 200
        home = await behind_a_proxy.get(f"{base}/", headers=FORWARDED, allow_redirects=False)
        assert home.headers["Location"] == "/desk/sign-in"
    document = await json(await behind_a_proxy.get("/desk/api/v1/openapi.json"))
    assert document["servers"] == [{"url": "https://example.com/desk/api/v1"}]


async def test_over_https_the_cookie_is_bound_to_host_and_https(world: World, behind_a_proxy):
    await world.operator(Role.OPERATOR)
    answer = await behind_a_proxy.post(
        "/desk/sign-in", data=GOOD, headers=OWN, allow_redirects=False
    )
    assert answer.status == 303
    cookie = answer.cookies["__Host-besedka"]
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
    me = {"Cookie": f"__Host-besedka={cookie.value}"}
    (sign_in,) = (
        await json(await behind_a_proxy.get("/api/v1/me/sign-ins", headers={**OWN, **me}))
    )["items"]
    assert sign_in["address"] == "198.51.100.7"
    plain = {"Cookie": f"besedka={cookie.value}"}
    assert (await behind_a_proxy.get("/api/v1/me", headers={**OWN, **plain})).status == 401


class Spoken:
    """A channel that answers with what it was asked."""

    capabilities = Capabilities(frozenset({"test"}), 100)

    async def send(self, message, /):
        raise NotImplementedError

    async def receive(self):
        raise NotImplementedError

    async def handle_http(self, request: web.Request, path: str, /) -> web.StreamResponse:
        if path == "away":
            raise SinkUnavailable
        if path == "whose":
            return web.Response(text=str(request.remote))
        return web.Response(text=f"{request.method} {path}")


class Deaf:
    """A channel nobody can speak to over HTTP."""

    capabilities = Capabilities(frozenset({"test"}), 100)

    async def send(self, message, /):
        raise NotImplementedError

    async def receive(self):
        raise NotImplementedError


async def test_channels_are_found_by_their_inbox_and_by_nothing_else(services: Services):
    spoken, deaf = new_id(), new_id()
    channels: dict[UUID, Channel] = {spoken: Spoken(), deaf: Deaf()}

    def find(inbox_id, path):
        channel = channels.get(inbox_id) if path in {"", "chat"} else None
        ref = InboxRef(inbox_id, "test", "Test", "main")
        return channel and OpenInbox(ref, channel, channel.capabilities, lambda _: None)

    app = build_app(replace(services, open_inbox=find))
    async with TestClient(TestServer(app)) as client:
        for way in ["channels", "chat"]:
            answer = await client.put(f"/{way}/{spoken}/a/b%20c")
            assert (answer.status, await answer.text()) == (200, "PUT a/b c")
            assert "Content-Security-Policy" not in answer.headers
        away = await client.post(f"/channels/{spoken}/away")
        assert (away.status, "Retry-After" in away.headers) == (503, True)
        answers = [
            await client.get(f"/channels/{name}/x") for name in [deaf, new_id(), "no-id", "%00"]
        ]
        assert {answer.status for answer in answers} == {404}
        assert len({await answer.text() for answer in answers}) == 1


async def test_behind_a_proxy_a_channel_is_called_by_the_caller(services: Services):
    inbox, channel = new_id(), Spoken()
    opened = OpenInbox(
        InboxRef(inbox, "test", "Test", "main"), channel, channel.capabilities, lambda _: None
    )
    trusting = replace(services, open_inbox=lambda _inbox, _path: opened)
    for settings, address in (
        (Settings(trusted_proxies=(ip_network("127.0.0.0/8"),)), "198.51.100.7"),
        (Settings(), "127.0.0.1"),
    ):
        app = build_app(replace(trusting, settings=settings, metrics=CollectorRegistry()))
        async with TestClient(TestServer(app)) as client:
            forwarded = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}
            answer = await client.post(f"/chat/{inbox}/whose", headers=forwarded, data=b"body")
            assert await answer.text() == address


async def test_a_chat_page_is_found_without_its_last_slash(behind_a_proxy):
    inbox = new_id()
    answer = await behind_a_proxy.get(f"/desk/chat/{inbox}?lang=ru", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (308, f"{inbox}/?lang=ru")
    assert answer.url.join(URL(answer.headers["Location"])).path == f"/desk/chat/{inbox}/"
    elsewhere = await behind_a_proxy.get("/desk/chat/evil.example", allow_redirects=False)
    assert elsewhere.status == 404
