"""The page on which one plays the customers: its files, what it shows, what it may ask for."""

import asyncio
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aiohttp import WSMsgType, hdrs, web

from channels.telegram.twin import ogg
from channels.telegram.twin.faults import KINDS
from channels.telegram.twin.limits import Pace
from channels.telegram.twin.page.views import snapshot, view

if TYPE_CHECKING:
    from channels.telegram.twin.serving import Running

_TYPES = {
    "js": "text/javascript",
    "css": "text/css",
    "svg": "image/svg+xml",
    "html": "text/html",
    "json": "application/json",
}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' blob:; media-src 'self' blob:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_SHOWN_INLINE = {"image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4", "video/webm"}
_SHOWN_INLINE |= {"audio/ogg", "audio/mpeg"}


class Page:
    """Live over one WebSocket each; what is shown is always asked of the world."""

    def __init__(self, twin: "Running") -> None:
        self._twin = twin
        self._open: set[asyncio.Queue[Mapping[str, Any] | None]] = set()
        twin.world.listeners.append(self._changed)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self._index),
            web.get("/start", self._index),
            web.get("/page/live", self._live),
            web.get("/page/files/{file_id}", self._file),
            web.get(r"/page/{name:[a-z-]+\.(?:js|css|svg|json)}", self._asset),
            web.post("/page/acts", self._act),
            web.get("/faults", self._shown_faults),
            web.post("/faults", self._fault),
            web.get("/violations", self._violations),
            web.delete("/violations", self._violations),
        ]

    def tell(self, news: Mapping[str, Any]) -> None:
        for queue in self._open:
            queue.put_nowait(news)

    def typing(self, chat_id: int, action: str) -> None:
        self.tell({"type": "typing", "chat": chat_id, "action": action})

    def close(self) -> None:
        for queue in self._open:
            queue.put_nowait(None)

    def _changed(self, kind: str, chat_id: int, message_id: int) -> None:
        if self._open:
            self.tell(view(self._twin.world, kind, chat_id, message_id))

    async def _index(self, _: web.Request) -> web.Response:
        return _text("index.html")

    async def _asset(self, request: web.Request) -> web.Response:
        try:
            return _text(request.match_info["name"])
        except FileNotFoundError:
            raise web.HTTPNotFound from None

    async def _live(self, request: web.Request) -> web.WebSocketResponse:
        _require_own_page(request)
        socket = web.WebSocketResponse(heartbeat=20)
        await socket.prepare(request)
        queue: asyncio.Queue[Mapping[str, Any] | None] = asyncio.Queue()
        queue.put_nowait(self._snapshot())
        self._open.add(queue)
        try:
            async with asyncio.TaskGroup() as tasks:
                pouring = tasks.create_task(_pour(queue, socket))
                async for frame in socket:
                    if frame.type is WSMsgType.ERROR:
                        break
                pouring.cancel()
        finally:
            self._open.discard(queue)
        return socket

    def _snapshot(self) -> dict[str, Any]:
        return snapshot(self._twin.world) | {
            "violations": self._twin.violations,
            "faults": self._faults(),
        }

    async def _file(self, request: web.Request) -> web.Response:
        shelf = self._twin.world.files
        facts = shelf.known(request.match_info["file_id"])
        if facts is None:
            raise web.HTTPNotFound
        content = await asyncio.to_thread(shelf.content(facts).read_bytes)
        inline = facts["mime"] in _SHOWN_INLINE
        kind = facts["mime"] if inline else "application/octet-stream"
        headers = {**_HEADERS, "Cache-Control": "private, max-age=3600"}
        if not inline:
            headers["Content-Disposition"] = "attachment"
        return web.Response(body=content, content_type=kind, headers=headers)

    async def _act(self, request: web.Request) -> web.Response:
        """An act as JSON, or a form with `act` and the files it means, in their order."""
        _require_own_page(request)
        try:
            act = await _read_act(request)
            made = self._twin.acts.play(act)
        except (ValueError, KeyError) as error:
            return web.json_response({"detail": str(error)}, status=400)
        return web.json_response({"messages": [one.id for one in made]})

    async def _fault(self, request: web.Request) -> web.Response:
        _require_own_page(request)
        try:
            wish = await request.json()
            if wish.get("do") == "limits":
                self._limit(wish)
            else:
                self._twin.faults.arrange(wish)
        except (ValueError, TypeError, AttributeError) as error:
            return web.json_response({"detail": str(error)}, status=400)
        self.tell({"type": "faults", **self._faults()})
        return web.json_response(self._faults())

    def _limit(self, wish: Mapping[str, Any]) -> None:
        told = {name: wish[name] for name in ("per_second", "per_chat", "burst") if name in wish}
        self._twin.limits.pace = Pace(**told) if wish.get("on", True) else None

    async def _shown_faults(self, _: web.Request) -> web.Response:
        return web.json_response(self._faults())

    def _faults(self) -> dict[str, Any]:
        arranged = [fault.shown() for fault in self._twin.faults.arranged]
        limited = self._twin.limits.pace is not None
        return {"arranged": arranged, "kinds": KINDS, "limits": limited}

    async def _violations(self, request: web.Request) -> web.Response:
        if request.method == hdrs.METH_DELETE:
            _require_own_page(request)
            self._twin.answering.violations.found.clear()
            self.tell({"type": "violations", "violations": []})
        return web.json_response({"violations": self._twin.violations})


async def _pour(
    queue: asyncio.Queue[Mapping[str, Any] | None], socket: web.WebSocketResponse
) -> None:
    while (news := await queue.get()) is not None:
        try:
            await socket.send_json(news)
        except ConnectionError:
            return
    await socket.close()


async def _read_act(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        act = await request.json()
        return dict(act)
    form = await request.post()
    act = json.loads(str(form["act"]))
    for at, one in enumerate(act.get("files", [])):
        field = form.get(f"file{at}")
        if isinstance(field, web.FileField):
            act["files"][at] = {**one, **_given(one, field.filename, field.file.read())}
    return dict(act)


def _given(one: Mapping[str, Any], name: str, content: bytes) -> dict[str, Any]:
    """A recorded voice comes as browsers record, and goes as Telegram has it."""
    if one.get("kind") == "voice" and ogg.is_webm(content):
        content, seconds = ogg.from_webm(content)
        return {"name": "voice.oga", "content": content, "duration": seconds}
    return {"name": one.get("name") or name, "content": content}


def _text(name: str) -> web.Response:
    text = (files("channels.telegram.twin.page") / name).read_text(encoding="utf-8")
    kind = _TYPES[name.rsplit(".", 1)[1]]
    return web.Response(text=text, content_type=kind, headers=_HEADERS)


def _require_own_page(request: web.Request) -> None:
    """Another site's page must not play here; programs send no Origin."""
    origin = request.headers.get(hdrs.ORIGIN)
    if origin and urlsplit(origin).netloc != request.host:
        raise web.HTTPForbidden(text="This came from a page of another site.")
