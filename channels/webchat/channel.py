"""The web chat channel: which request is for whom. A message is *sent* once it is committed."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Literal, TypeVar

import orjson
from aiohttp import web
from pydantic import BaseModel

from channels.webchat import bodies, translate
from channels.webchat.config import Config
from channels.webchat.desk import Desk, Visitor
from channels.webchat.errors import Refused, misfit, not_signed_in, refusal
from channels.webchat.identity import locale_or_nothing
from channels.webchat.limits import Limits
from channels.webchat.live import Live
from channels.webchat.origins import Origins
from channels.webchat.page import Page
from channels.webchat.recheck import Recheck
from channels.webchat.settings import WebChatSettings
from channels.webchat.sockets import Sockets
from channels.webchat.visits import SCHEME, Visit, Visits
from hub.ports import (
    API_VERSION,
    Address,
    Capabilities,
    ChannelError,
    Finding,
    Host,
    OutboundMessage,
    PermanentError,
    Proof,
    Reason,
    SendReceipt,
    SinkUnavailable,
)

CAPABILITIES = Capabilities(
    address_schemes=frozenset({SCHEME}),
    max_text_length=bodies.MAX_TEXT,
    files=True,
    max_file_bytes=100 * 1024 * 1024,
    max_files=bodies.MAX_FILES,
    buttons=True,
    delivery_receipts=True,
    read_receipts=True,
    typing=True,
    # Nobody can be written to who never opened the chat.
    can_start=False,
    awaits_visit=True,
    repeat_is_safe=True,
)

B = TypeVar("B", bound=bodies.Body)
Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]


class WebChat:
    """One open web chat on this node."""

    def __init__(self, settings: WebChatSettings, host: Host) -> None:
        limits = Limits(settings, time.monotonic)
        self._max_file_bytes = settings.max_file_mb * 1024 * 1024
        self._limits = limits
        self._origins = Origins(settings.origins, host.public_url)
        self._config = Config(settings, host)
        self._visits = Visits(settings, host, limits)
        self._desk = Desk(host, limits)
        self._sockets = Sockets(host, settings.offline_after)
        self._live = Live(host, self._desk, self._visits, self._sockets, limits)
        self.recheck = Recheck(self._visits, self._sockets)
        self._page = Page(host.inbox_name)
        self._routes: Mapping[tuple[str, str], Serve] = {
            ("GET", "config"): self._configure,
            ("POST", "visits"): self._start_visit,
            ("PATCH", "visits"): self._change_visit,
            ("DELETE", "visits"): self._end_visit,
            ("POST", "messages"): self._post,
            ("GET", "messages"): self._messages,
            ("POST", "files"): self._upload,
            ("POST", "read"): self._read,
            ("GET", "live"): self._live.serve,
        }

    @property
    def capabilities(self) -> Capabilities:
        files = bool(self._max_file_bytes)
        return replace(CAPABILITIES, files=files, max_file_bytes=self._max_file_bytes)

    async def send(self, message: OutboundMessage, /) -> SendReceipt:
        """The committed entry is what the widget reads and is pushed: nothing is left to do."""
        if not self._visits.owns(message.address.value):
            raise PermanentError("This is not a visitor of this chat.", Reason.INVALID_ADDRESS)
        return SendReceipt(external_id=str(message.delivery_id))

    async def receive(self) -> None:
        await asyncio.Event().wait()

    async def typing(self, address: Address, reply_address: str, /) -> None:  # noqa: ARG002
        """Show the visitor that somebody is writing."""
        for socket in self._sockets.of(address):
            async with asyncio.timeout(1):
                await socket.send_str('{"type":"typing"}')

    async def close(self) -> None:
        await self._sockets.close()

    async def handle_http(self, request: web.Request, path: str, /) -> web.StreamResponse:
        try:
            headers = self._origins.headers(request)
        except Refused as refused:
            return refused.response()
        response = await self._answer(request, path)
        if not response.prepared:
            varies = {response.headers.get("Vary", ""), headers.pop("Vary", "")} - {""}
            response.headers.update(headers)
            if varies:
                response.headers["Vary"] = ", ".join(sorted(varies))
        return response

    async def _answer(self, request: web.Request, path: str) -> web.StreamResponse:
        try:
            return await self._route(request, path)(request)
        except Refused as refused:
            return refused.response()
        except (ChannelError, SinkUnavailable) as error:
            return refusal(error).response()

    def _route(self, request: web.Request, path: str) -> Serve:
        if request.method == "OPTIONS":
            return self._preflight
        method = "GET" if request.method == "HEAD" else request.method
        serve = self._routes.get((method, path)) or self._page.route(method, path)
        if serve is None:
            raise Refused(404, "not-found", "There is nothing here.")
        return serve

    async def _preflight(self, _: web.Request) -> web.Response:
        return self._origins.preflight()

    async def _configure(self, request: web.Request) -> web.Response:
        self._limits.stranger("config", request.remote or "")
        return await self._config.serve(request)

    async def _start_visit(self, request: web.Request) -> web.Response:
        self._limits.visit(request.remote or "")
        body = await self._read_json(request, bodies.StartVisit)
        locale = locale_or_nothing(body.locale) or _preferred_locale(request)
        visit, token = await self._visits.start(body, locale)
        answer: translate.Json = {
            "visit_id": visit.id,
            "token": token,
            "contact_point": f"{SCHEME}:{visit.value}",
            "locale": visit.locale,
            "proven": visit.proof is not Proof.NONE,
            **_said(visit),
        }
        return _json(answer, 201)

    async def _change_visit(self, request: web.Request) -> web.Response:
        visitor = await self._visitor(request)
        self._desk.may("changes", visitor)
        wanted = await self._read_json(request, bodies.ChangeVisit)
        visit = await self._visits.change(visitor.visit, wanted)
        await self._desk.claim(visit)
        return _json(_said(visit), 200)

    async def _end_visit(self, request: web.Request) -> web.Response:
        # Never refused for coming too often: it can come once.
        visitor = await self._visitor(request)
        await self._visits.end(visitor.visit)
        await self._sockets.send_away([visitor.visit], not_signed_in())
        return web.Response(status=204)

    async def _post(self, request: web.Request) -> web.Response:
        visitor = await self._visitor(request)
        posted = await self._read_json(request, bodies.PostMessage)
        answer, new = await self._desk.post(visitor, posted)
        return _json(answer, 201 if new else 200)

    async def _messages(self, request: web.Request) -> web.Response:
        visitor = await self._visitor(request)
        page = await self._desk.page(
            visitor,
            after=_number(request, "after"),
            before=_number(request, "before"),
            limit=min(_number(request, "limit") or 50, 100),
        )
        return _json(page, 200)

    async def _upload(self, request: web.Request) -> web.Response:
        visitor = await self._visitor(request)
        self._desk.may("files", visitor)
        with self._limits.bodies.one(visitor.remote):
            async with bodies.uploaded(request, self._max_file_bytes) as (name, chunks):
                return _json(await self._desk.upload(visitor, name, chunks), 201)

    async def _read(self, request: web.Request) -> web.Response:
        visitor = await self._visitor(request)
        await self._desk.read(visitor, await self._read_json(request, bodies.MarkRead))
        return web.Response(status=204)

    async def _read_json(self, request: web.Request, model: type[B]) -> B:
        with self._limits.bodies.one(request.remote or ""):
            return await bodies.read_json(request, model)

    async def _visitor(self, request: web.Request) -> Visitor:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise not_signed_in()
        remote = request.remote or ""
        return Visitor(await self._visits.recognise(token.strip(), remote), remote)


class WebChatType:
    """The channel type `webchat`."""

    name = "webchat"
    api_version = API_VERSION
    settings: type[BaseModel] = WebChatSettings
    capabilities = CAPABILITIES
    paths: Mapping[str, str] = {"chat": ""}

    async def check(self, settings: BaseModel, host: Host) -> Sequence[Finding]:  # noqa: ARG002
        """There is no provider to ask: says what the settings mean."""
        chat = WebChatSettings.model_validate(settings)
        secret = chat.jwt_secret.get_secret_value()
        return [_about_origins(chat.origins), _about_secret(len(secret.encode()))]

    @asynccontextmanager
    async def open(self, settings: BaseModel, host: Host) -> AsyncIterator[WebChat]:
        channel = WebChat(WebChatSettings.model_validate(settings), host)
        async with asyncio.TaskGroup() as group:
            rechecking = group.create_task(channel.recheck.run())
            try:
                yield channel
            finally:
                rechecking.cancel()
                await channel.close()


channel_type = WebChatType()


def _about_origins(origins: tuple[str, ...]) -> Finding:
    if "*" in origins:
        return Finding("warning", "Every site may show this chat.", "Name your sites in origins.")
    return Finding("ok", f"These sites may show this chat: {', '.join(origins) or 'none'}.")


def _about_secret(size: int) -> Finding:
    if not size:
        return Finding("ok", "All visitors are anonymous: there is no signing secret.")
    if size < 32:
        # RFC 7518 section 3.2: a key at least as long as the hash.
        return Finding(
            "warning", "The signing secret is short.", "Use at least 32 random characters."
        )
    return Finding("ok", "Your site can vouch for its users.")


def _json(body: translate.Json, status: Literal[200, 201]) -> web.Response:
    return web.Response(
        body=orjson.dumps(body),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def _said(visit: Visit) -> translate.Json:
    return {"name": visit.shown_name, "email": visit.shown_email}


def _number(request: web.Request, name: str) -> int | None:
    given = request.query.get(name)
    if given is None:
        return None
    if not given.isascii() or not given.isdigit() or len(given) > 18:
        raise misfit({name: "a number is needed"})
    return int(given)


def _preferred_locale(request: web.Request) -> str:
    first = request.headers.get("Accept-Language", "").split(",")[0].split(";")[0]
    return locale_or_nothing(first.strip())
