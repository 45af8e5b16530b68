"""Talking with the provider: where it is (discovery), a code for a token, its keys, userinfo."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict
from urllib.parse import quote

import aiohttp
import orjson
from typing_extensions import Unpack

from hub.errors import Unavailable
from hub.oidc.claims import refused
from hub.oidc.settings import OidcSettings, is_safe

_PATIENCE = aiohttp.ClientTimeout(total=15)
_LARGEST = 256 * 1024
_WELL_KNOWN = "/.well-known/openid-configuration"


class _More(TypedDict, total=False):
    data: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Provider:
    """What a provider says of itself (OpenID Connect Discovery 3). basic: how a secret is sent."""

    issuer: str
    authorization: str
    token: str
    keys: str
    userinfo: str = ""
    basic: bool = True


@dataclass(frozen=True, slots=True)
class Tokens:
    id_token: str
    access_token: str


def of(document: object, issuer: str) -> Provider:
    """Raises Unauthenticated when it is another's, or sends us where it is not safe."""
    facts = document if isinstance(document, Mapping) else {}
    if facts.get("issuer") != issuer:
        raise refused("discovery-issuer")
    found = [facts.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
    authorization, token, keys = [
        one if isinstance(one, str) and is_safe(one) else "" for one in found
    ]
    if not (authorization and token and keys):
        raise refused("discovery-endpoints")
    about = facts.get("userinfo_endpoint")
    methods = facts.get("token_endpoint_auth_methods_supported")
    basic = not isinstance(methods, list) or "client_secret_basic" in methods
    about = about if isinstance(about, str) and is_safe(about) else ""
    return Provider(issuer, authorization, token, keys, about, basic)


async def discover(http: aiohttp.ClientSession, issuer: str) -> Provider:
    """Raises Unavailable when nobody answers."""
    return of(await _ask(http, "GET", issuer.rstrip("/") + _WELL_KNOWN), issuer)


async def keys(http: aiohttp.ClientSession, provider: Provider) -> object:
    """The provider's JWKS as it is."""
    return await _ask(http, "GET", provider.keys)


async def redeem(
    http: aiohttp.ClientSession,
    provider: Provider,
    settings: OidcSettings,
    form: Mapping[str, str],
    secret: str,
) -> Tokens:
    """A code for tokens: Core 3.1.3.1; `form` holds code, redirect_uri and code_verifier."""
    body = {"grant_type": "authorization_code", **form}
    headers = {}
    if secret and provider.basic:
        # RFC 6749, 2.3.1: form-encoded before they are put together.
        login, password = quote(settings.client_id, safe=""), quote(secret, safe="")
        headers["Authorization"] = aiohttp.encode_basic_auth(login, password)
    else:
        body |= {"client_id": settings.client_id} | ({"client_secret": secret} if secret else {})
    facts = await _ask(http, "POST", provider.token, data=body, headers=headers)
    given = facts if isinstance(facts, Mapping) else {}
    token, access = given.get("id_token"), given.get("access_token")
    if not isinstance(token, str):
        raise refused("no-id-token")
    return Tokens(token, access if isinstance(access, str) else "")


async def about(
    http: aiohttp.ClientSession, provider: Provider, tokens: Tokens
) -> Mapping[str, Any]:
    """What userinfo says; nothing where there is none."""
    if not provider.userinfo or not tokens.access_token.isascii() or not tokens.access_token:
        return {}
    headers = {"Authorization": f"Bearer {tokens.access_token}"}
    facts = await _ask(http, "GET", provider.userinfo, headers=headers)
    return facts if isinstance(facts, Mapping) else {}


async def _ask(
    http: aiohttp.ClientSession, method: str, url: str, **more: Unpack[_More]
) -> object:
    """A JSON answer with the status 200, of bounded size; no redirect is followed."""
    try:
        async with http.request(
            method, url, timeout=_PATIENCE, allow_redirects=False, **more
        ) as answer:
            raw = await answer.content.read(_LARGEST + 1)
            while len(raw) <= _LARGEST and (piece := await answer.content.read(_LARGEST)):
                raw += piece
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise Unavailable("The sign-in provider cannot be reached.", code="oidc-away") from error
    if status != 200 or len(raw) > _LARGEST:
        raise refused(f"answer-{status}")
    try:
        return orjson.loads(raw)
    except ValueError as error:
        raise refused("answer-json") from error
