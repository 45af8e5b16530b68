"""The Bot API over HTTP: which token, which method, which fault, and the answer's shape."""

import asyncio
import inspect
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from channels.telegram.twin import schema
from channels.telegram.twin.calls import Call, read
from channels.telegram.twin.faults import Fault, Faults, refusal
from channels.telegram.twin.limits import Limits
from channels.telegram.twin.refusals import Refused, unauthorized
from channels.telegram.twin.schema import Violations
from channels.telegram.twin.sending import Method
from channels.telegram.twin.world import World

_HTML = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>nginx</body>\r\n</html>\r\n"
)
_TOLD = {"setWebhook": "Webhook was set", "deleteWebhook": "Webhook was deleted"}


@dataclass(eq=False)
class Answering:
    """`counts`: how often each method was called. `noted` is told of every violation."""

    world: World
    token: str
    limits: Limits
    faults: Faults
    noted: Callable[[], None]
    methods: dict[str, Method] = field(default_factory=dict)
    violations: Violations = field(default_factory=Violations)
    counts: dict[str, int] = field(default_factory=dict)
    ending: asyncio.Event = field(default_factory=asyncio.Event)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.route("*", r"/bot{token:[^/]+}/{method:[^/]+}", self._call),
            web.get(r"/file/bot{token:[^/]+}/{path:.+}", self._file),
            web.route("*", r"/bot{rest:.*}", self._nowhere),
            web.route("*", r"/file/{rest:.*}", self._nowhere),
        ]

    async def _call(self, request: web.Request) -> web.StreamResponse:
        try:
            self._check_token(request)
            method = request.match_info["method"]
            call = await read(request, schema.spelt(method) or method)
            if self.violations.note(call):
                self.noted()
        except Refused as refused:
            return _refusing(refused)
        return await self._struck(request, call, self.faults.strikes(call))

    async def _struck(
        self, request: web.Request, call: Call, fault: Fault | None
    ) -> web.StreamResponse:
        if fault is None:
            return await self._answer(call)
        if fault.kind == "reset_before":
            return _cut_off(request)
        if fault.kind == "html_502":
            return web.Response(status=502, text=_HTML, content_type="text/html")
        if refused := refusal(fault):
            return _refusing(refused)
        return await self._spoilt(request, await self._answer(call), fault)

    async def _spoilt(
        self, request: web.Request, answer: web.Response, fault: Fault
    ) -> web.StreamResponse:
        """What becomes of an answer after the call was carried out."""
        match fault.kind:
            case "reset":
                return _cut_off(request)
            case "cut_json":
                half = bytes(answer.body)[:-12] if isinstance(answer.body, bytes) else b"{"
                return web.Response(body=half, content_type="application/json")
            case _:
                with suppress(TimeoutError):
                    async with asyncio.timeout(fault.seconds):
                        await self.ending.wait()
                return answer

    async def _answer(self, call: Call) -> web.Response:
        try:
            result = await self.perform(call)
        except Refused as refused:
            return _refusing(refused)
        told = {"description": _TOLD[call.method]} if call.method in _TOLD else {}
        return _json({"ok": True, "result": result, **told})

    async def perform(self, call: Call) -> object:
        """Carry a call out. Raises Refused."""
        self.counts[call.method] = self.counts.get(call.method, 0) + 1
        method = self.methods.get(call.method)
        if method is None:
            raise _not_played(call.method)
        if _is_counted(call.method):
            self.limits.count(call.text("chat_id"), _messages(call))
        result = method(call)
        return await result if inspect.isawaitable(result) else result

    def _check_token(self, request: web.Request) -> None:
        token = request.match_info["token"]
        if ":" not in token:
            raise Refused(401, "Unauthorized: invalid token specified")
        if token != self.token:
            raise unauthorized()

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """A file's bytes; the real server says no more than 404 for what it does not have."""
        facts = self.world.files.at(request.match_info["path"])
        if request.match_info["token"] != self.token or facts is None:
            return await self._nowhere(request)
        fault = self.faults.strikes(Call("file", {}))
        if fault is not None and fault.kind in ("html_502", "server_error"):
            return web.Response(status=502, text=_HTML, content_type="text/html")
        content = await asyncio.to_thread(self.world.files.content(facts).read_bytes)
        return web.Response(body=content, content_type="application/octet-stream")

    async def _nowhere(self, _: web.Request) -> web.Response:
        return _refusing(Refused(404, "Not Found"))


def _is_counted(method: str) -> bool:
    sends = method.startswith("send") and method != "sendChatAction"
    return sends or method in ("forwardMessage", "copyMessage")


def _not_played(method: str) -> Refused:
    if schema.spelt(method) is None:
        return Refused(404, "Not Found: method not found")
    return Refused(501, f"Not Implemented: this twin does not play {method}")


def _messages(call: Call) -> int:
    """How many messages a call sends."""
    if call.method != "sendMediaGroup":
        return 1
    listed = call.parsed("media", "Can't parse media JSON object")
    return len(listed) if isinstance(listed, list) else 1


def _refusing(refused: Refused) -> web.Response:
    wait = refused.parameters.get("retry_after")
    headers = {"Retry-After": str(wait)} if wait else {}
    return _json(refused.body(), status=refused.code, headers=headers)


def _json(
    body: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return web.Response(body=raw, status=status, headers=headers, content_type="application/json")


def _cut_off(request: web.Request) -> web.Response:
    """End the connection without a word."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
