"""The hosted chat page: a few small files, no inline script, nothing from elsewhere."""

import html
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files

from aiohttp import web

_TYPES: Mapping[str, str] = {
    "index.html": "text/html",
    "chat.css": "text/css",
    "chat.js": "text/javascript",
    "connection.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "store.js": "text/javascript",
    "view.js": "text/javascript",
    "words.js": "text/javascript",
}

_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' blob:; base-uri 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class Page:
    """The files, read once; the inbox's name is the page's title."""

    def __init__(self, inbox_name: str) -> None:
        self._bodies = {name: _read(name) for name in _TYPES}
        name = html.escape(inbox_name)
        self._bodies["index.html"] = self._bodies["index.html"].replace("{{name}}", name)

    def route(
        self, method: str, path: str
    ) -> Callable[[web.Request], Awaitable[web.Response]] | None:
        """What serves `path`, or None when it is not of the page."""
        name = path or "index.html"
        if method != "GET" or name not in self._bodies:
            return None

        async def serve(_: web.Request) -> web.Response:
            return web.Response(
                text=self._bodies[name], content_type=_TYPES[name], headers=_HEADERS
            )

        return serve


def _read(name: str) -> str:
    return (files(__package__ or __name__) / name).read_text(encoding="utf-8")
