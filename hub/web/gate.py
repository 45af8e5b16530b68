"""Whose request this is: a bearer token, or a cookie that only pages of our own origin may use."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aiohttp import web

from hub.crypto import token_hash
from hub.db.engine import Database
from hub.errors import Forbidden, Unauthenticated
from hub.operators import viewers
from hub.operators.viewers import Credential
from hub.web.proxies import Caller

COOKIE, SECURE_COOKIE = "besedka", "__Host-besedka"
REMEMBERED = timedelta(seconds=2)
"""How long a lookup is believed: a token taken back on another node works that much longer."""
_MOST_REMEMBERED = 10_000


def cookie_name(caller: Caller) -> str:
    return SECURE_COOKIE if caller.secure else COOKIE


def cookie_token(request: web.Request, caller: Caller) -> str:
    return request.cookies.get(cookie_name(caller), "")


def bearer_token(request: web.Request) -> str | None:
    """The token of the Authorization header; None without one. Raises Unauthenticated."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    kind, _, token = header.partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise _unknown()
    return token.strip()


def require_own_page(request: web.Request, caller: Caller, *, strict: bool = False) -> None:
    """Raises Forbidden when another site's page may be behind a request that carries our cookie.

    A browser says so by Sec-Fetch-Site, or by Origin; without either it is no browser (`strict`
    refuses that too: for WebSockets, which every browser opens with an Origin).
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if origin is not None and origin != "null":
        own = origin == caller.origin
    elif site is not None:
        own = site in {"same-origin", "none"}
    else:
        own = origin is None and not strict
    if not own:
        raise Forbidden(
            "This came from a page of another site.",
            remedy="Open the hub's own address. Behind a proxy, set HUB_PUBLIC_URL to the "
            "address in the browser, and HUB_TRUSTED_PROXIES to the proxy's.",
            code="foreign-origin",
        )


@dataclass(slots=True)
class _Remembered:
    credential: Credential
    until: datetime


class Gate:
    """Looks credentials up, and remembers them for a moment."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[bytes, _Remembered] = {}

    async def credential(
        self, request: web.Request, caller: Caller, now: datetime, *, live: bool = False
    ) -> Credential | None:
        """Whose request it is; None for a stranger.

        Raises Unauthenticated for a token or cookie that does not hold, and Forbidden for a cookie
        that another site's page has sent along. `live`: a WebSocket is being opened.
        """
        token = bearer_token(request)
        if token is not None:
            found = await self._look("token", token, now)
        elif token := cookie_token(request, caller):
            if live or request.method not in {"GET", "HEAD", "OPTIONS"}:
                require_own_page(request, caller, strict=live)
            found = await self._look("sign-in", token, now)
        else:
            return None
        if found is None:
            raise _unknown()
        return replace(found, viewer=replace(found.viewer, address=caller.address))

    async def _look(self, kind: str, token: str, now: datetime) -> Credential | None:
        key = token_hash(f"{kind}:{token}")
        remembered = self._known.get(key)
        if remembered is not None and remembered.until > now:
            return remembered.credential
        self._known.pop(key, None)
        async with self._database.reading() as session:
            if kind == "token":
                found = await viewers.by_token(session, token)
            else:
                found = await viewers.by_sign_in(session, token, now)
        if found is not None:
            await self._note(found, now)
            # Who has just set up a second factor goes on at once.
            if not found.confined:
                self._remember(key, _Remembered(found, now + REMEMBERED))
        return found

    async def _note(self, credential: Credential, now: datetime) -> None:
        if credential.stale(now):
            async with self._database.transaction() as session:
                await viewers.seen(session, credential, now)

    def _remember(self, key: bytes, remembered: _Remembered) -> None:
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[key] = remembered

    def forget(self) -> None:
        """Believe nothing any more: somebody's rights have just changed here."""
        self._known.clear()


def _unknown() -> Unauthenticated:
    return Unauthenticated(
        "This token or sign-in does not hold, or no longer.",
        remedy="Sign in again, or use a token that has not been revoked.",
    )
