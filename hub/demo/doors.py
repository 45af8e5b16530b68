"""The public doors that the demo uses: the REST API, the sign-in page, the web chat's own API."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from joserfc import jwt
from joserfc.jwk import OctKey

from hub.errors import HubError

Json = dict[str, Any]
_JWT_LASTS = timedelta(hours=8)


class DoorClosed(HubError):
    """The hub refused something of the demo's: a fault of the demo, or of the hub."""

    code = "demo-failed"

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message, remedy="Start again: the demo goes on where it stopped.")
        self.status = status


@dataclass(frozen=True, slots=True)
class Api:
    """The hub at `base`, as the holder of `headers` sees it."""

    client: aiohttp.ClientSession
    base: str
    headers: Mapping[str, str]

    async def call(
        self, method: str, path: str, body: Json | None = None, *, once: str = "", **query: str
    ) -> Json:
        """The JSON answer; `once` makes a repeat of a POST harmless. Raises DoorClosed."""
        headers = {**self.headers, **({"Idempotency-Key": once} if once else {})}
        async with self.client.request(
            method, f"{self.base}{path}", json=body, params=query, headers=headers
        ) as answer:
            if answer.status >= 400:
                said = (await answer.text())[:500]
                raise DoorClosed(f"{method} {path}: {answer.status} {said}", status=answer.status)
            return {} if answer.status == 204 else await answer.json()


def with_token(client: aiohttp.ClientSession, base: str, token: str) -> Api:
    return Api(client, base, {"Authorization": f"Bearer {token}"})


async def sign_in(client: aiohttp.ClientSession, base: str, *, email: str, password: str) -> Api:
    """The API as this operator's browser sees it."""
    async with client.post(
        f"{base}/sign-in", data={"email": email, "password": password}, allow_redirects=False
    ) as answer:
        cookies = "; ".join(f"{one.key}={one.value}" for one in answer.cookies.values())
        if answer.status >= 400 or not cookies:
            raise DoorClosed(f"{email} could not sign in.", status=answer.status)
    return Api(client, base, {"Cookie": cookies})


async def sign_out(api: Api) -> None:
    async with api.client.post(
        f"{api.base}/sign-out", headers=api.headers, allow_redirects=False
    ) as answer:
        if answer.status >= 400:
            raise DoorClosed("Signing out did not work.", status=answer.status)


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser in a web chat."""

    api: Api
    token: str
    contact_point: str

    async def write(self, client_id: str, text: str) -> None:
        await self.api.call("POST", "messages", {"client_id": client_id, "text": text})

    async def read_everything(self) -> None:
        """What the chat page says when its visitor has looked at the newest message."""
        page = await self.api.call("GET", "messages")
        if page["items"]:
            await self.api.call("POST", "read", {"position": page["items"][-1]["position"]})


async def visit(
    client: aiohttp.ClientSession, chat_url: str, *, proof: str | None, locale: str
) -> Visitor:
    """A new visit to the chat at `chat_url` (ending in `/`); `proof` is the site's JWT, if any."""
    door = Api(client, chat_url, {})
    body = {"locale": locale, **({"jwt": proof} if proof else {})}
    facts = await door.call("POST", "visits", body)
    return returned(client, chat_url, token=facts["token"], contact_point=facts["contact_point"])


def returned(
    client: aiohttp.ClientSession, chat_url: str, *, token: str, contact_point: str
) -> Visitor:
    """A visitor whose browser still has the token of an earlier visit."""
    return Visitor(with_token(client, chat_url, token), token, contact_point)


def proof_of(person: Mapping[str, str], *, inbox_id: str, secret: str, now: datetime) -> str:
    """The JWT with which a site vouches for its user. `person`: key, name, locale."""
    claims = {
        "sub": person["key"],
        "name": person["name"],
        "locale": person["locale"],
        "aud": inbox_id,
        "exp": int((now + _JWT_LASTS).timestamp()),
    }
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secret))
