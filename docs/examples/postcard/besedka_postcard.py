"""Postcards: a made-up provider with one call to send and one webhook.

hub → provider   POST {api_base}/cards   Authorization: Bearer TOKEN
                 {"key", "to", "text"} → 201 {"id"} · 401 · 410 · 422 · 429 · 503
provider → hub   POST inbound            X-Postcard-Signature: hex HMAC-SHA256 of the body
                 {"id", "from", "text", "sent_at"} → 200, anything else is offered again
"""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, HttpUrl, SecretStr

from hub.ports import (
    API_VERSION,
    Address,
    Capabilities,
    ChannelError,
    Finding,
    Host,
    InboundMessage,
    InboxMisconfigured,
    OutboundMessage,
    OutcomeUnknown,
    PermanentError,
    Proof,
    RateLimited,
    Reason,
    SendReceipt,
    SinkUnavailable,
    TransientError,
)

CAPABILITIES = Capabilities(
    address_schemes=frozenset({"postcard"}), max_text_length=500, can_start=True
)


class PostcardSettings(BaseModel):
    """One inbox's settings; the console draws its form from this."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api_base: HttpUrl
    token: SecretStr = Field(description="From the provider's console, under API.")


class Card(BaseModel):
    """What the webhook brings."""

    id: str = Field(min_length=1, max_length=100)
    sender: str = Field(alias="from", pattern=r"^\S{1,100}$")
    text: str = Field(max_length=10_000)
    sent_at: AwareDatetime

    def message(self) -> InboundMessage:
        return InboundMessage(
            external_id=self.id,
            address=Address("postcard", self.sender),
            text=self.text.replace("\0", ""),
            occurred_at=self.sent_at,
            proof=Proof.PROVIDER,
        )


class PostcardChannel:
    """One open inbox."""

    capabilities = CAPABILITIES

    def __init__(self, settings: PostcardSettings, host: Host) -> None:
        self._base = str(settings.api_base).rstrip("/")
        self._token = settings.token.get_secret_value()
        self._host = host

    async def send(self, message: OutboundMessage, /) -> SendReceipt:
        card = {
            "key": str(message.delivery_id),
            "to": message.address.value,
            "text": message.text,
        }
        try:
            answer = await self._call("POST", "cards", card)
            return SendReceipt(external_id=str(answer["id"]))
        except Exception as error:
            raise classify(error) from error

    async def receive(self) -> None:
        await asyncio.Event().wait()  # everything comes by webhook

    async def handle_http(self, request: web.Request, path: str, /) -> web.Response:
        if path != "inbound" or request.method != "POST":
            return web.Response(status=404)
        raw = await request.read()
        if not self._signed(raw, request.headers.get("X-Postcard-Signature", "")):
            return web.Response(status=401)
        try:
            card = Card.model_validate_json(raw)
        except ValueError:
            return web.Response(status=400)
        try:
            await self._host.sink.message(card.message())
        except SinkUnavailable:
            return web.Response(status=503)
        return web.Response()  # the acknowledgement: after the commit, never before

    async def prove_token(self) -> None:
        """A call that sends nothing and fails when the token is wrong."""
        try:
            await self._call("GET", "me")
        except Exception as error:
            raise classify(error) from error

    def _signed(self, raw: bytes, signature: str) -> bool:
        expected = hmac.digest(self._token.encode(), raw, hashlib.sha256).hex()
        return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))

    async def _call(
        self, method: str, path: str, body: Mapping[str, str] | None = None
    ) -> Mapping[str, object]:
        async with self._host.http.request(
            method,
            f"{self._base}/{path}",
            json=body,
            headers={"Authorization": f"Bearer {self._token}"},
            timeout=aiohttp.ClientTimeout(total=10),
            allow_redirects=False,
        ) as response:
            if response.status >= 300:
                raise refusal(response.status, response.headers.get("Retry-After", ""))
            answer: Mapping[str, object] = await response.json()
            return answer


class PostcardChannelType:
    """The channel type `postcard`: what the entry point names."""

    name = "postcard"
    api_version = API_VERSION
    settings: type[BaseModel] = PostcardSettings
    capabilities = CAPABILITIES
    paths: Mapping[str, str] = {"webhook": "inbound"}

    async def check(self, settings: BaseModel, host: Host) -> Sequence[Finding]:
        try:
            async with self.open(settings, host):
                return [Finding("ok", "The provider accepts the token.")]
        except InboxMisconfigured as error:
            return [Finding("error", str(error), error.remedy)]
        except ChannelError as error:
            return [Finding("error", str(error), "Is the provider's address right?")]

    @asynccontextmanager
    async def open(self, settings: BaseModel, host: Host) -> AsyncIterator[PostcardChannel]:
        channel = PostcardChannel(PostcardSettings.model_validate(settings), host)
        await channel.prove_token()
        yield channel


channel_type = PostcardChannelType()


def refusal(status: int, retry_after: str) -> ChannelError:
    """What an answer of the provider means."""
    code = str(status)
    if status == 401:
        return InboxMisconfigured(
            "The provider refuses the token.", remedy="Enter it again.", provider_code=code
        )
    if status == 410:
        return PermanentError("Nobody lives there.", Reason.INVALID_ADDRESS, provider_code=code)
    if status == 429:
        wait = float(retry_after) if retry_after.isdecimal() else 1.0
        return RateLimited("Too many cards at once.", retry_after=wait, provider_code=code)
    if status == 503:
        return TransientError("The provider asks to try again later.", provider_code=code)
    if 400 <= status < 500:
        return PermanentError("The provider refuses the card.", provider_code=code)
    return OutcomeUnknown("The provider failed while it had the card.", provider_code=code)


def classify(error: BaseException) -> ChannelError:
    """What an exception of the client means. Only what never connected was surely never sent."""
    if isinstance(error, ChannelError):
        return error
    if isinstance(error, aiohttp.ClientConnectorError):
        return TransientError("The provider cannot be reached.")
    return OutcomeUnknown(f"The provider's answer was lost ({type(error).__name__}).")
