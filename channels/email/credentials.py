"""What a mailbox is signed in with: a password, or an access token renewed before it ends.

RFC 6749 section 6: a refresh token buys access tokens that last about an hour. Some providers
answer with a new refresh token as well, and the old one ends some day (Microsoft's after 90 days),
so the newest is kept among the inbox's state: encrypted, as secrets in settings are.
"""

import asyncio
import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import orjson
from cryptography.fernet import Fernet, InvalidToken

from channels.email.settings import EmailSettings
from hub.ports import ChannelError, Host, InboxMisconfigured, TransientError

_EARLY = timedelta(minutes=5)
"""So long before its end a token is renewed."""
_FRESH = timedelta(minutes=1)
"""A token this young that is refused will not be replaced by a better one."""
_SHORTEST, _USUAL, _LONGEST = 30, 3600, 24 * 3600
"""Seconds a token is good for: RFC 6749 5.1 lets a server keep silent about it."""
_WITHIN = aiohttp.ClientTimeout(total=15)
_MOST = 64 * 1024
_KEY = "oauth"
_SPENT = "invalid_grant"
_ENDED = {_SPENT, "invalid_client", "unauthorized_client", "invalid_scope"}


class Credentials:
    """Of one open inbox; receiving and sending share the token."""

    def __init__(self, settings: EmailSettings, host: Host) -> None:
        self._settings = settings
        self._host = host
        self._renewing = asyncio.Lock()
        self._token = ""
        self._since = self._until = host.now()

    async def receiving(self) -> str:
        """The password or a token for IMAP; raises the port's errors."""
        return await self._access() if self._settings.renews else self._settings.imap_login[1]

    async def sending(self) -> str:
        """Likewise for SMTP."""
        return await self._access() if self._settings.renews else self._settings.smtp_login[1]

    def refused(self, error: ChannelError) -> ChannelError:
        """What a server's refusal means: of a token that is not new, that another is asked for."""
        if not self._token or self._host.now() - self._since < _FRESH:
            return error
        self._token = ""
        return TransientError("The server refuses the access token; a new one is asked for.")

    async def _access(self) -> str:
        async with self._renewing:
            if not self._token or self._host.now() >= self._until:
                await self._renew()
            return self._token

    async def _renew(self) -> None:
        # First: what fails here is not the fault of a token that a server refused.
        self._token = ""
        now = self._host.now()
        refresh = await self._newest()
        try:
            answer = await self._asked(refresh)
        except InboxMisconfigured as error:
            # Another node may have spent this one, where each buys one token only, and has kept
            # what came of it.
            spent, refresh = refresh, await self._newest()
            if error.provider_code != _SPENT or refresh == spent:
                raise
            answer = await self._asked(refresh)
        token = answer.get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise TransientError("The authorization server's answer holds no access token.")
        successor = answer.get("refresh_token")
        if isinstance(successor, str) and successor and successor != refresh:
            await self._keep(successor)
        self._token, self._since, self._until = token, now, _end(answer.get("expires_in"), now)

    async def _asked(self, refresh: str) -> Mapping[str, Any]:
        settings = self._settings
        form = {
            "grant_type": "refresh_token",
            "refresh_token": refresh,
            "client_id": settings.oauth_client_id,
            "client_secret": settings.oauth_client_secret.get_secret_value(),
            "scope": settings.oauth_scope,
        }
        asked = {name: value for name, value in form.items() if value}
        try:
            # A redirect would take the secrets elsewhere.
            async with self._host.http.post(
                settings.oauth_token_at, data=asked, allow_redirects=False, timeout=_WITHIN
            ) as response:
                body = await response.content.read(_MOST)
                return answered(response.status, body)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            # Not chained: some of these errors quote the request.
            raise TransientError(
                f"The authorization server cannot be reached ({type(error).__name__})."
            ) from None

    async def _newest(self) -> str:
        """The last refresh token that came of the one in the settings, or that one."""
        given = self._settings.oauth_refresh_token.get_secret_value()
        kept = await self._host.state.get(_KEY)
        if kept is None or kept.get("of") != _digest(given):
            return given
        try:
            return self._cipher().decrypt(str(kept.get("token")).encode()).decode()
        except InvalidToken:
            return given

    async def _keep(self, token: str) -> None:
        given = self._settings.oauth_refresh_token.get_secret_value()
        cipher = self._cipher().encrypt(token.encode()).decode()
        await self._host.state.put(_KEY, {"of": _digest(given), "token": cipher})

    def _cipher(self) -> Fernet:
        key = self._host.sign("email-oauth", self._settings.address).encode()
        return Fernet(base64.urlsafe_b64encode(hashlib.sha256(key).digest()))


def answered(status: int, body: bytes) -> Mapping[str, Any]:
    """The answer of RFC 6749 5.1, or 5.2 as the port's error."""
    try:
        facts = orjson.loads(body)
    except orjson.JSONDecodeError:
        facts = None
    if status == 200 and isinstance(facts, dict):
        return facts
    code = facts.get("error") if isinstance(facts, dict) else None
    if status in (400, 401) and code in _ENDED:
        raise InboxMisconfigured(
            f"The authorization server gives no access token any more ({code}).",
            remedy="Sign in at the provider again and enter the new oauth_refresh_token; check "
            "oauth_client_id, oauth_client_secret and oauth_scope.",
            provider_code=str(code),
        )
    if 400 <= status < 500 and status not in (408, 429):
        raise InboxMisconfigured(
            f"The authorization server refuses the request (HTTP {status}).",
            remedy="Check oauth_token_url, oauth_client_id and oauth_scope.",
            provider_code=str(status),
        )
    raise TransientError(f"The authorization server has no token just now (HTTP {status}).")


def _end(said: object, now: datetime) -> datetime:
    """When to renew a token that lasts so many seconds."""
    seconds = _USUAL
    if isinstance(said, int | float | str) and str(said).isdigit():
        seconds = min(max(int(str(said)[:9]), _SHORTEST), _LONGEST)
    return now + max(timedelta(seconds=seconds) - _EARLY, timedelta(seconds=seconds) / 2)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
