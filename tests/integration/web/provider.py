"""A sign-in provider as OpenID Connect Core describes one, over HTTP; it lies when told to."""

import base64
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from aiohttp import encode_basic_auth, web
from aiohttp.test_utils import TestServer
from joserfc import jwt
from joserfc.jwk import RSAKey

from hub.clock import Clock

CLIENT, SECRET = "besedka", "s3cret of the client: ü"


@dataclass
class Grant:
    """A code that was given out: for which request, for whom."""

    asked: Mapping[str, str]
    person: Mapping[str, Any]
    used: bool = False


@dataclass
class Lies:
    """What it does wrong: claims to overlay, another way to sign, other facts of itself."""

    claims: dict[str, Any] = field(default_factory=dict)
    without: set[str] = field(default_factory=set)
    sign: Callable[[dict[str, Any]], str] | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)


class Provider:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}, auto_kid=False)
        self.issuer = ""
        self.lies = Lies()
        self.grants: dict[str, Grant] = {}
        self.refused: list[str] = []

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._facts)
        app.router.add_get("/keys", self._keys)
        app.router.add_post("/token", self._token)
        app.router.add_get("/userinfo", self._userinfo)
        return app

    def approve(self, location: str, person: Mapping[str, Any]) -> dict[str, str]:
        """What the browser brings back once `person` has agreed to the request at `location`."""
        asked = {name: one[0] for name, one in parse_qs(urlsplit(location).query).items()}
        assert location.startswith(f"{self.issuer}/authorize?")
        assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
        assert (asked["code_challenge_method"], "openid" in asked["scope"]) == ("S256", True)
        code = secrets.token_urlsafe()
        self.grants[code] = Grant(asked, person)
        return {"code": code, "state": asked["state"]}

    async def _facts(self, _request: web.Request) -> web.Response:
        facts = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
        }
        return web.json_response({**facts, **self.lies.facts})

    async def _keys(self, _request: web.Request) -> web.Response:
        return web.json_response({"keys": [self.key.as_dict(private=False)]})

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        grant = self.grants.get(str(form.get("code")))
        wrong = self._wrong(request, {name: str(one) for name, one in form.items()}, grant)
        if wrong or grant is None:
            self.refused.append(wrong)
            return web.json_response({"error": wrong}, status=400)
        grant.used = True
        now = int(self.clock().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": grant.asked["nonce"],
            **grant.person,
            **self.lies.claims,
        }
        claims = {name: one for name, one in claims.items() if name not in self.lies.without}
        token = self.lies.sign(claims) if self.lies.sign else self.sign(claims)
        return web.json_response(
            {"id_token": token, "access_token": "access", "token_type": "Bearer"}
        )

    def _wrong(self, request: web.Request, form: Mapping[str, str], grant: Grant | None) -> str:
        expected = encode_basic_auth(quote(CLIENT, safe=""), quote(SECRET, safe=""))
        if request.headers.get("Authorization") != expected:
            return "invalid_client"
        if grant is None or grant.used or form.get("grant_type") != "authorization_code":
            return "invalid_grant"
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if challenge != grant.asked["code_challenge"]:
            return "invalid_grant"
        return "" if form.get("redirect_uri") == grant.asked["redirect_uri"] else "invalid_grant"

    async def _userinfo(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer access"
        return web.json_response(self.lies.userinfo)

    def sign(self, claims: dict[str, Any], key: RSAKey | None = None) -> str:
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key or self.key)


@asynccontextmanager
async def provider(clock: Clock) -> AsyncIterator[Provider]:
    made = Provider(clock)
    server = TestServer(made.app())
    await server.start_server()
    made.issuer = str(server.make_url("")).rstrip("/")
    try:
        yield made
    finally:
        await server.close()
