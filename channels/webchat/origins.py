"""Which sites may talk to the chat from a visitor's browser (CORS, without credentials)."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from aiohttp import web

from channels.webchat.errors import Refused

_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE",
    "Access-Control-Allow-Headers": "authorization, content-type",
    "Access-Control-Max-Age": "7200",
}


class Origins:
    """The allowed sites and our own. No cookie is ever used, so credentials are never allowed."""

    def __init__(self, allowed: Sequence[str], public_url: str) -> None:
        self._everybody = "*" in allowed
        own = urlsplit(public_url)
        self._named = frozenset(allowed) | {f"{own.scheme}://{own.netloc}".lower()}

    def headers(self, request: web.Request) -> dict[str, str]:
        """What every answer to this request carries; raises Refused(403) for another site."""
        if self._everybody:
            # Also without an Origin: a cached answer must serve the page that asks next.
            return {
                "Access-Control-Allow-Origin": "*",
                "Access-Control-Expose-Headers": "Retry-After",
            }
        origin = request.headers.get("Origin")
        if origin is None:
            return {"Vary": "Origin"}
        if origin.lower() not in self._named and not _same_host(origin, request):
            raise Refused(403, "origin", "This site is not allowed to show this chat.")
        return {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": "Retry-After",
            "Vary": "Origin",
        }

    def preflight(self) -> web.Response:
        return web.Response(status=204, headers=_PREFLIGHT)


def _same_host(origin: str, request: web.Request) -> bool:
    return origin.partition("://")[2].lower() == request.host.lower()
