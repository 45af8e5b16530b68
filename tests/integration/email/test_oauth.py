"""A mailbox signed in by OAuth: tokens bought anew, kept secret, given up when they must be."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.email.channel import channel_type
from channels.email.credentials import Credentials
from channels.email.settings import EmailSettings
from channels.email.twin import EmailTwin
from channels.email.twin.twin import RunningMail
from hub.clock import now
from hub.ports import InboxMisconfigured, TransientError
from hub.ports.fake import RecordingHost
from hub.tasks import background
from tests.integration.email.conftest import message
from tests.integration.email.mailboxes import mail, until


@dataclass
class Issuer:
    """An authorization server: what it was asked, and what it answers (status, body)."""

    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    answer: Callable[[], tuple[int, Any]] = lambda: (500, None)
    before: list[Callable[[], Awaitable[object]]] = field(default_factory=list)
    """What happens while it considers the next requests."""

    async def handle(self, request: web.Request) -> web.Response:
        form = await request.post()
        self.asked.append({name: str(value) for name, value in form.items()})
        if self.before:
            await self.before.pop(0)()
        status, facts = self.answer()
        return web.json_response(facts, status=status)


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    one = Issuer()
    app = web.Application()
    app.router.add_post("/token", one.handle)
    async with TestServer(app) as server:
        one.url = str(server.make_url("/token"))
        yield one


@pytest.fixture
async def twin(tmp_path: Path) -> AsyncIterator[RunningMail]:
    async with EmailTwin().serve("127.0.0.1", 0, tmp_path) as running:
        yield running


@dataclass
class Turned:
    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return now() + self.ahead


@asynccontextmanager
async def a_host(clock: Turned) -> AsyncIterator[RecordingHost]:
    async with RecordingHost.open(clock) as one:
        yield one


def settings(issuer: Issuer, twin: RunningMail | None = None, **more: Any) -> EmailSettings:
    ports = {"imap_port": twin.imap_port, "smtp_port": twin.smtp_port} if twin else {}
    return EmailSettings.model_validate(
        {
            "address": twin.company.address if twin else "help@shop.example",
            "imap_host": "127.0.0.1",
            "imap_tls": "none",
            "smtp_host": "127.0.0.1",
            "smtp_tls": "none",
            "auth": "xoauth2",
            "oauth_refresh_token": "first",
            "oauth_client_id": "besedka",
            "oauth_client_secret": "secret",
            "oauth_token_url": issuer.url,
            **ports,
            **more,
        }
    )


async def test_one_token_serves_both_ways_and_a_refused_one_is_replaced(
    issuer: Issuer, twin: RunningMail
) -> None:
    clock = Turned()
    issuer.answer = lambda: (200, {"access_token": twin.company.password, "expires_in": 3600})
    async with a_host(clock) as host, channel_type.open(settings(issuer, twin), host) as channel:
        await channel.send(message())
        assert len(issuer.asked) == 1
        assert issuer.asked[0] == {
            "grant_type": "refresh_token",
            "refresh_token": "first",
            "client_id": "besedka",
            "client_secret": "secret",
        }
        # The provider ends the token before its time.
        twin.company.password = "another"
        clock.ahead = timedelta(minutes=2)
        with pytest.raises(TransientError, match="a new one"):
            await channel.receive()
        async with background() as tasks:
            tasks.start(channel.receive(), "receiving")
            raw = mail("with a new token")
            await twin.post.keep(twin.company, twin.company.folders["INBOX"], raw)
            await until(lambda: host.sink.messages)
        assert len(issuer.asked) == 2


async def test_a_refused_new_token_is_the_settings_fault(
    issuer: Issuer, twin: RunningMail
) -> None:
    issuer.answer = lambda: (200, {"access_token": "of somebody else"})
    async with a_host(Turned()) as host:
        with pytest.raises(InboxMisconfigured):
            async with channel_type.open(settings(issuer, twin), host):
                pass


async def test_the_newest_refresh_token_is_kept_secret_and_used(issuer: Issuer) -> None:
    clock = Turned()
    number = iter(range(1, 9))
    issuer.answer = lambda: (
        200,
        {"access_token": "access", "refresh_token": f"next-{next(number)}", "expires_in": 3600},
    )
    async with a_host(clock) as host:
        credentials = Credentials(settings(issuer), host)
        assert await credentials.receiving() == await credentials.sending() == "access"
        clock.ahead = timedelta(minutes=56)
        await credentials.receiving()
        # Another process, or this one after a restart.
        await Credentials(settings(issuer), host).receiving()
        assert [one["refresh_token"] for one in issuer.asked] == ["first", "next-1", "next-2"]
        assert "next" not in str(host.state.facts)
        # What an administrator enters anew counts before what came of the old one.
        await Credentials(settings(issuer, oauth_refresh_token="again"), host).receiving()
        assert issuer.asked[-1]["refresh_token"] == "again"


async def test_a_refresh_token_that_another_node_has_spent_is_no_fault(issuer: Issuer) -> None:
    answers = iter(
        [
            (200, {"access_token": "theirs", "refresh_token": "next"}),
            (400, {"error": "invalid_grant"}),
            (200, {"access_token": "ours"}),
        ]
    )
    issuer.answer = lambda: next(answers)
    async with a_host(Turned()) as host:
        ours, theirs = (Credentials(settings(issuer), host) for _ in range(2))
        issuer.before.append(theirs.receiving)
        assert await ours.receiving() == "ours"
    assert [one["refresh_token"] for one in issuer.asked] == ["first", "first", "next"]


async def test_a_refresh_token_that_has_ended_is_not_asked_with_again(issuer: Issuer) -> None:
    issuer.answer = lambda: (400, {"error": "invalid_grant"})
    async with a_host(Turned()) as host:
        with pytest.raises(InboxMisconfigured):
            await Credentials(settings(issuer), host).receiving()
    assert len(issuer.asked) == 1


async def test_a_server_that_is_away_costs_no_settings(issuer: Issuer) -> None:
    async with a_host(Turned()) as host:
        credentials = Credentials(settings(issuer), host)
        with pytest.raises(TransientError, match="HTTP 500"):
            await credentials.receiving()
        nowhere = settings(issuer, oauth_token_url="http://127.0.0.1:9/token")
        with pytest.raises(TransientError, match="cannot be reached"):
            await Credentials(nowhere, host).receiving()
        issuer.answer = lambda: (400, {"error": "invalid_grant"})
        with pytest.raises(InboxMisconfigured, match="invalid_grant"):
            await credentials.receiving()
