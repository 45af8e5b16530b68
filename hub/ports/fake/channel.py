"""The fake channel: a small but complete adapter over JSON and HTTP, by webhook or by polling.

    hub → provider   POST {api_base}/messages  {"delivery_id","to","text","buttons","files"}
                     200 {"id"} · 400 {"reason"} · 401 · 429 {"scope"} + Retry-After · 503
    provider → hub   POST inbound    {"messages":[{"id","from","text","name"?,"sent_at"?}]}
                     POST receipts   {"receipts":[{"id","status","reason"?}]}
    polling          GET {api_base}/updates?after=N → {"messages":[{"n", ...}]}

Both sides prove themselves with the shared secret in the header X-Fake-Secret.
"""

import asyncio
import hmac
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

import aiohttp
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from hub.ports.capabilities import Capabilities
from hub.ports.channel import API_VERSION, Finding, Host
from hub.ports.errors import (
    ChannelError,
    InboxMisconfigured,
    OutcomeUnknown,
    PermanentError,
    RateLimited,
    Reason,
    SinkUnavailable,
    TransientError,
)
from hub.ports.messages import (
    Address,
    Checkpoint,
    DeliveryReceipt,
    InboundMessage,
    OutboundMessage,
    Proof,
    SendReceipt,
)

if TYPE_CHECKING:
    from aiohttp import web

SECRET_HEADER = "X-Fake-Secret"  # noqa: S105 - a header's name
OFFSET = "offset"
_MAX_BODY = 1024 * 1024

CAPABILITIES = Capabilities(
    address_schemes=frozenset({"fake"}),
    max_text_length=4096,
    files=True,
    max_file_bytes=1024 * 1024,
    max_files=10,
    buttons=True,
    delivery_receipts=True,
    read_receipts=True,
    can_start=True,
)


class FakeSettings(BaseModel):
    """Where the provider is and how it is spoken to; the rest bends the capabilities."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api_base: str
    secret: SecretStr
    mode: Literal["webhook", "polling"] = "webhook"
    scheme: Annotated[str, Field(pattern="^[a-z][a-z0-9]*$")] = "fake"
    max_text_length: Annotated[int, Field(ge=1)] = 4096
    can_start: bool = True
    repeat_is_safe: bool = False
    send_timeout: Annotated[float, Field(gt=0)] = 10.0
    """Seconds until an unanswered send counts as unknown."""
    poll_pause: Annotated[float, Field(gt=0)] = 0.02
    """Seconds between two empty polls."""


class _Text(BaseModel):
    id: Annotated[str, Field(min_length=1, max_length=200)]
    sender: Annotated[str, Field(alias="from", min_length=1, max_length=200)]
    text: Annotated[str, Field(max_length=100_000)]
    name: str = ""
    sent_at: AwareDatetime | None = None
    n: int = 0


class _Inbound(BaseModel):
    messages: Annotated[tuple[_Text, ...], Field(max_length=1000)]


class _Receipt(BaseModel):
    id: str
    status: Literal["sent", "delivered", "read", "failed"]
    reason: str = ""


class _Receipts(BaseModel):
    receipts: Annotated[tuple[_Receipt, ...], Field(max_length=1000)]


class FakeChannel:
    """One open inbox of the fake provider."""

    def __init__(self, settings: FakeSettings, host: Host) -> None:
        self._settings = settings
        self._host = host
        self._secret = settings.secret.get_secret_value()

    @property
    def capabilities(self) -> Capabilities:
        return replace(
            CAPABILITIES,
            address_schemes=frozenset({self._settings.scheme}),
            max_text_length=self._settings.max_text_length,
            can_start=self._settings.can_start,
            repeat_is_safe=self._settings.repeat_is_safe,
        )

    async def send(self, message: OutboundMessage, /) -> SendReceipt:
        body = {
            "delivery_id": str(message.delivery_id),
            "to": message.reply_address or message.address.value,
            "text": message.text,
            "buttons": [button.label for button in message.buttons],
            "files": [file.name for file in message.files],
        }
        try:
            async with self._call("POST", "messages", body) as response:
                await _raise_for(response)
                return SendReceipt(external_id=str((await response.json())["id"]))
        except Exception as error:
            raise classify(error) from error

    async def receive(self) -> None:
        if self._settings.mode == "webhook":
            await asyncio.Event().wait()
        while True:
            try:
                await self._poll()
            except SinkUnavailable:
                raise
            except Exception as error:
                raise classify(error) from error

    async def handle_http(self, request: "web.Request", path: str, /) -> "web.Response":
        from aiohttp import web  # noqa: PLC0415 - the ports need it for this fake alone

        serve = {"inbound": self._inbound, "receipts": self._receipts}.get(path)
        if serve is None or request.method != "POST":
            return web.Response(status=404)
        if not hmac.compare_digest(_given_secret(request), self._secret.encode()):
            return web.Response(status=401)
        if (request.content_length or 0) > _MAX_BODY:
            return web.Response(status=413)
        try:
            await serve(await request.read())
        except ValidationError:
            return web.Response(status=400)
        except SinkUnavailable:
            return web.Response(status=503)
        return web.Response(status=200)

    async def _inbound(self, raw: bytes) -> None:
        for one in _Inbound.model_validate_json(raw).messages:
            await self._host.sink.message(self._read(one))

    async def _receipts(self, raw: bytes) -> None:
        for one in _Receipts.model_validate_json(raw).receipts:
            await self._host.sink.delivery(
                DeliveryReceipt(
                    one.status, self._host.now(), external_id=one.id, reason=one.reason
                )
            )

    async def _poll(self) -> None:
        stands = await self._host.state.get(OFFSET) or {}
        after = int(str(stands.get("n", 0)))
        async with self._call("GET", f"updates?after={after}") as response:
            await _raise_for(response)
            raw = await response.read()
        await self._take(raw, after)

    async def _take(self, raw: bytes, after: int) -> None:
        try:
            batch = _Inbound.model_validate_json(raw).messages
        except ValidationError:
            # Unreadable as a whole: keep it for an administrator and go on behind it.
            past = Checkpoint(OFFSET, {"n": after + 1})
            await self._host.sink.quarantine(
                raw, "not the JSON of an update", external_id=f"update-{after}", checkpoint=past
            )
            return
        for one in batch:
            await self._host.sink.message(
                self._read(one), checkpoint=Checkpoint(OFFSET, {"n": one.n})
            )
        if not batch:
            await asyncio.sleep(self._settings.poll_pause)

    def _read(self, one: _Text) -> InboundMessage:
        return InboundMessage(
            external_id=one.id,
            address=Address(self._settings.scheme, one.sender),
            text=one.text.replace("\0", ""),
            occurred_at=_sent_at(one, self._host.now()),
            proof=Proof.PROVIDER,
            sender_name=one.name,
        )

    def _call(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> "aiohttp.client._RequestContextManager":
        return self._host.http.request(
            method,
            f"{self._settings.api_base}/{path}",
            json=body,
            headers={SECRET_HEADER: self._secret},
            timeout=aiohttp.ClientTimeout(total=self._settings.send_timeout),
            allow_redirects=False,
        )


class FakeChannelType:
    """The channel type `fake`."""

    name = "fake"
    api_version = API_VERSION
    settings: type[BaseModel] = FakeSettings
    capabilities = CAPABILITIES
    paths: Mapping[str, str] = {"webhook": "inbound", "status": "receipts"}

    async def check(self, settings: BaseModel, host: Host) -> Sequence[Finding]:
        try:
            async with self.open(settings, host):
                return [Finding("ok", "The provider accepts the secret.")]
        except InboxMisconfigured as error:
            return [Finding("error", str(error), error.remedy)]
        except ChannelError as error:
            return [Finding("error", str(error), "Is the provider running at api_base?")]

    @asynccontextmanager
    async def open(self, settings: BaseModel, host: Host) -> AsyncIterator[FakeChannel]:
        channel = FakeChannel(FakeSettings.model_validate(settings), host)
        try:
            async with channel._call("GET", "me") as response:  # noqa: SLF001 - its own type
                await _raise_for(response)
        except Exception as error:
            raise classify(error) from error
        yield channel


channel_type = FakeChannelType()


def classify(error: BaseException) -> ChannelError:
    """What an exception of the client means. Only what never connected was surely never sent."""
    if isinstance(error, ChannelError):
        return error
    if isinstance(error, aiohttp.ClientConnectorError):
        return TransientError("The provider cannot be reached.")
    if isinstance(error, aiohttp.InvalidURL):
        return InboxMisconfigured("The provider's address is no URL.", remedy="Correct api_base.")
    return OutcomeUnknown(f"The provider's answer was lost ({type(error).__name__}).")


async def _raise_for(response: aiohttp.ClientResponse) -> None:
    if response.status == 200:
        return
    if response.status == 401:
        raise InboxMisconfigured(
            "The provider refuses the secret.",
            remedy="Enter the secret again.",
            provider_code="401",
        )
    if response.status == 429:
        raise await _rate_limited(response)
    if response.status == 503:
        raise TransientError("The provider asks to try again later.", provider_code="503")
    if 400 <= response.status < 500:
        raise await _refused(response)
    raise OutcomeUnknown("The provider failed.", provider_code=str(response.status))


async def _rate_limited(response: aiohttp.ClientResponse) -> RateLimited:
    scope = await _member(response, "scope")
    return RateLimited(
        "The provider asks to slow down.",
        retry_after=float(response.headers.get("Retry-After", "1")),
        scope="recipient" if scope == "recipient" else "inbox",
        provider_code="429",
    )


async def _refused(response: aiohttp.ClientResponse) -> PermanentError:
    named = await _member(response, "reason")
    reason = Reason(named) if named in set(Reason) else Reason.OTHER
    return PermanentError(
        "The provider refuses the message.", reason, provider_code=str(response.status)
    )


async def _member(response: aiohttp.ClientResponse, name: str) -> str:
    try:
        body = await response.json(content_type=None)
    except ValueError:
        return ""
    return str(body.get(name, "")) if isinstance(body, dict) else ""


def _given_secret(request: "web.Request") -> bytes:
    return request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")


def _sent_at(one: _Text, now: datetime) -> datetime:
    return one.sent_at or now
