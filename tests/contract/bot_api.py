"""A Bot API server for tests that says whatever it is told to: also what no real one would say."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "7000000001:AAE-a-token-that-nobody-may-see"


@dataclass(eq=False)
class BotApiDouble:
    """`updates` wait to be fetched; `answers` are given in turn, by method, instead of "ok".

    An answer: (status, body), bytes or JSON; None breaks the connection after the call was read.
    calls: every call, (method, its fields; of files their names). hanging: files whose bytes
    never come.
    """

    base: str = ""
    updates: list[object] = field(default_factory=list)
    confirmed: int = 0
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: dict[str, deque[tuple[int, object] | None]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    hanging: set[str] = field(default_factory=set)
    webhook: str = ""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    number: int = 100
    """The last message id that was given out."""

    def answer(self, method: str, *answers: tuple[int, object] | None) -> None:
        self.answers.setdefault(method, deque()).extend(answers)

    def queue(self, update: object) -> None:
        self.updates.append(update)
        self.changed.set()

    def last(self, method: str) -> dict[str, Any]:
        """The fields of the newest call of `method`."""
        return next(fields for name, fields in reversed(self.calls) if name == method)

    def names(self) -> list[str]:
        return [name for name, _ in self.calls]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != TOKEN:
            return _json(401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
        method, fields = request.match_info["method"], await _fields(request)
        self.calls.append((method, fields))
        waiting = self.answers.get(method)
        if waiting:
            told = waiting.popleft()
            if told is None:
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            status, body = told
            return (
                web.Response(status=status, body=body)
                if isinstance(body, bytes)
                else _json(status, body)
            )
        return _json(200, {"ok": True, "result": await self._result(method, fields)})

    async def _result(self, method: str, fields: Mapping[str, Any]) -> object:
        if method == "getUpdates":
            return await self._updates(fields)
        if method == "sendMediaGroup":
            return [self._message(fields) for _ in json.loads(fields["media"])]
        if method.startswith("send") and method != "sendChatAction":
            return self._message(fields)
        if method in ("setWebhook", "deleteWebhook"):
            self.webhook = fields.get("url", "")
        facts: Mapping[str, object] = {
            "getMe": {"id": 7000000001, "is_bot": True, "username": "shop_bot"},
            "getWebhookInfo": {"url": self.webhook, "pending_update_count": len(self.updates)},
            "getFile": self._file(fields.get("file_id", "")),
        }
        return facts.get(method, True)

    def _file(self, name: str) -> dict[str, object]:
        return {"file_id": name, "file_path": name, "file_size": len(self.files.get(name, b""))}

    def _message(self, fields: Mapping[str, Any]) -> dict[str, object]:
        self.number += 1
        return {"message_id": self.number, "chat": {"id": fields["chat_id"]}, "date": "odd"}

    async def _updates(self, fields: Mapping[str, Any]) -> list[object]:
        offset = int(fields.get("offset") or 0)
        self.confirmed = max(self.confirmed, offset)
        self.updates = [
            one
            for one in self.updates
            if not (isinstance(one, dict) and one.get("update_id", 2**60) < offset)
        ]
        self.changed.clear()
        if not self.updates:
            try:
                async with asyncio.timeout(min(int(fields.get("timeout") or 0), 1)):
                    await self.changed.wait()
            except TimeoutError:
                return []
        return self.updates[: int(fields.get("limit") or 100)]

    async def download(self, request: web.Request) -> web.Response:
        if request.match_info["path"] in self.hanging:
            await asyncio.Event().wait()
        content = self.files.get(request.match_info["path"])
        return web.Response(status=404) if content is None else web.Response(body=content)

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator["BotApiDouble"]:
        double = cls()
        app = web.Application(client_max_size=60 * 1024 * 1024)
        app.router.add_post("/bot{token}/{method}", double.serve)
        app.router.add_get("/file/bot{token}/{path:.*}", double.download)
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            double.base = f"http://{host}:{port}"
            yield double
        finally:
            double.changed.set()
            await runner.cleanup()


async def _fields(request: web.Request) -> dict[str, Any]:
    posted = await request.post()
    return {
        name: value.filename if isinstance(value, web.FileField) else value
        for name, value in posted.items()
    }


def _json(status: int, body: object) -> web.Response:
    return web.json_response(body, status=status)


def private(user_id: int = 42, **more: object) -> dict[str, object]:
    """A message of a private chat, as the Bot API shapes it."""
    person = {"id": user_id, "is_bot": False, "first_name": "Анна", "language_code": "ru"}
    chat = {"id": user_id, "type": "private", "first_name": "Анна"}
    return {"message_id": 1, "date": 1_790_000_000, "from": person, "chat": chat, **more}
