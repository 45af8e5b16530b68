"""What a browser loads before it talks: the widget's script, and the hosted page around it."""

import hashlib
import html
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from aiohttp import web

Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]

_PAGE_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_SCRIPT_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    # Pages that ask for isolation (COEP) may load it too.
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "public, max-age=300",
    "Vary": "Accept-Encoding",
}


class Page:
    """The files, read once; the inbox's name is the page's title."""

    def __init__(self, inbox_name: str) -> None:
        page = _read("page", "index.html").replace("{{name}}", html.escape(inbox_name))
        icon = _read("page", "icon.svg")
        self._serve: Mapping[str, Serve] = {
            "": _text(page, "text/html"),
            "index.html": _text(page, "text/html"),
            "icon.svg": _text(icon, "image/svg+xml"),
            "widget.js": _script,
        }

    def route(self, method: str, path: str) -> Serve | None:
        """What serves `path`, or None when it is not of the page."""
        return self._serve.get(path) if method == "GET" else None


def _text(text: str, content_type: str) -> Serve:
    async def serve(_: web.Request) -> web.Response:
        return web.Response(text=text, content_type=content_type, headers=_PAGE_HEADERS)

    return serve


async def _script(request: web.Request) -> web.Response:
    """The built script: the same bytes for every inbox, so it finds out itself where it is."""
    zipped = "gzip" in request.headers.get("Accept-Encoding", "").lower()
    body, tag = _built(zipped=zipped)
    headers = {**_SCRIPT_HEADERS, "ETag": f'"{tag}"'}
    if any(known.value in (tag, "*") for known in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    if zipped:
        headers["Content-Encoding"] = "gzip"
    return web.Response(
        body=body, content_type="text/javascript", charset="utf-8", headers=headers
    )


@cache
def _built(*, zipped: bool) -> tuple[bytes, str]:
    """The script and what names its version; packed, it is another representation."""
    plain = _file("static", "widget.js").read_bytes()
    tag = hashlib.sha256(plain).hexdigest()[:16]
    # RFC 9110 section 8.8.3.3.
    return (
        (_file("static", "widget.js.gz").read_bytes(), f"{tag}-gzip") if zipped else (plain, tag)
    )


def _read(folder: str, name: str) -> str:
    return _file(folder, name).read_text(encoding="utf-8")


def _file(folder: str, name: str) -> Traversable:
    return files("channels.webchat") / folder / name
