"""The key is replaced as the manual says, beside a serving hub, and all goes on without it."""

import asyncio
import base64
import hashlib
import hmac
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import OctKey
from multidict import CIMultiDict
from sqlalchemy import text

from hub import clock
from hub.crypto import Keyring
from hub.db.engine import Database
from hub.errors import HubError
from hub.operators import totp
from tests.installation import PASSWORD, Hub, add_chat, environment, furnished, opened, serving

JWT = "a-secret-of-the-shop-of-32-letters"
Json = dict[str, Any]
Call = tuple[CIMultiDict[str], bytes]


@asynccontextmanager
async def erp(calls: asyncio.Queue[Call]):
    """A system that is told of what happens; its address."""

    async def hear(request: web.Request) -> web.Response:
        await calls.put((request.headers.copy(), await request.read()))
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


@dataclass
class House:
    """What was entered once, under the first key."""

    http: aiohttp.ClientSession
    token: str
    chat: str
    hook: str
    calls: asyncio.Queue[Call]
    factor: str = ""

    async def api(self, hub: Hub, path: str, body: Json) -> Json:
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.http.post(f"{hub.url}/api/v1/{path}", json=body, headers=headers) as got:
            assert got.status < 300, await got.text()
            found: Json = await got.json()
            return found

    async def works(self, hub: Hub, drift: int) -> None:
        """A proven visitor writes, the webhook is told of it and signs, Anna's code is right."""
        await opened(f"{hub.url}/chat/{self.chat}/")
        claims = {"sub": "ann", "aud": self.chat, "exp": int(clock.now().timestamp()) + 300}
        proof = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(JWT))
        async with self.http.post(
            f"{hub.url}/chat/{self.chat}/visits", json={"jwt": proof}
        ) as got:
            assert got.status == 201, await got.text()
            visit = await got.json()
        headers = {"Authorization": f"Bearer {visit['token']}"}
        said = {"client_id": f"a{drift}", "text": "Hello"}
        where = f"{hub.url}/chat/{self.chat}/messages"
        async with self.http.post(where, json=said, headers=headers) as got:
            assert got.status == 201, await got.text()
        async with asyncio.timeout(60):
            told, raw = await self.calls.get()
        assert told["Webhook-Signature"] == self._signed(told, raw)
        assert await self._signs_in(hub, drift) == 303

    def _signed(self, told: CIMultiDict[str], raw: bytes) -> str:
        """As the receiver does it: https://www.standardwebhooks.com."""
        key = base64.b64decode(self.hook.removeprefix("whsec_"))
        whole = f"{told['Webhook-Id']}.{told['Webhook-Timestamp']}.".encode() + raw
        digest = hmac.new(key, whole, hashlib.sha256).digest()
        return f"v1,{base64.b64encode(digest).decode()}"

    async def _signs_in(self, hub: Hub, drift: int) -> int:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            form = {"email": "anna@example.com", "password": PASSWORD}
            async with browser.post(f"{hub.url}/sign-in", data=form) as got:
                assert str(got.url).endswith("/sign-in/code")
            code = totp.code_of(self.factor, totp.step_of(clock.now()) + drift)
            where = f"{hub.url}/sign-in/code"
            async with browser.post(where, data={"code": code}, allow_redirects=False) as got:
                return got.status

    async def enrols(self, hub: Hub) -> None:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            form = {"email": "anna@example.com", "password": PASSWORD}
            async with browser.post(f"{hub.url}/sign-in", data=form) as got:
                assert got.ok
            me, own = f"{hub.url}/api/v1/me/second-factor", {"Origin": hub.url}
            async with browser.post(me, json={"password": PASSWORD}, headers=own) as got:
                self.factor = (await got.json())["secret"]
            code = totp.code_of(self.factor, totp.step_of(clock.now()) - 1)
            async with browser.post(f"{me}/confirm", json={"code": code}, headers=own) as got:
                assert got.status == 200, await got.text()


async def ciphers(database_url: str) -> list[str]:
    async with Database.open(database_url) as database, database.reading() as session:
        found = await session.scalars(
            text(
                "SELECT settings->'jwt_secret'->>'$secret' FROM inboxes"
                " UNION ALL SELECT secret FROM webhooks"
                " UNION ALL SELECT secret FROM second_factors"
            )
        )
        return list(found)


def opens(secret: str, cipher: str) -> bool:
    try:
        Keyring(secret).decrypt(cipher)
    except HubError:
        return False
    return True


@pytest.mark.timeout(600)
async def test_a_serving_hub_is_given_another_key(database_url: str, tmp_path: Path) -> None:
    surroundings = environment(database_url, tmp_path / "data")
    del surroundings["HUB_SECRET_KEY"]
    key, calls = tmp_path / "data" / "secret_key", asyncio.Queue[Call]()
    token = await furnished(database_url)
    async with erp(calls) as address, aiohttp.ClientSession() as http:
        async with serving(surroundings, tmp_path / "1.log") as hub:
            chat = await add_chat(hub.url, token, {"origins": ["*"], "jwt_secret": JWT})
            house = House(http, token, chat, "", calls)
            hook = {"name": "erp", "url": address, "events": ["message.created"]}
            house.hook = (await house.api(hub, "webhooks", hook))["secret"]
            await house.enrols(hub)
            old = key.read_text().strip()
            await hub.command("secrets", "new")
        async with serving(surroundings, tmp_path / "2.log") as hub:
            assert await hub.command("secrets", "rotate") == "3"
            await house.works(hub, 0)
        new = key.read_text().split()[0]
        key.write_text(f"{new}\n")
        stored = await ciphers(database_url)
        assert [(opens(new, one), opens(old, one)) for one in stored] == [(True, False)] * 3
        async with serving(surroundings, tmp_path / "3.log") as hub:
            await house.works(hub, 1)
