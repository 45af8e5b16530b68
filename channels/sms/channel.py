"""The SMS channel: one inbox between the hub and its gateway."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import aiohttp
import structlog
from aiohttp import web
from pydantic import BaseModel

from channels.sms import arrivals, numbers, reading, segments
from channels.sms.arrivals import Arrivals
from channels.sms.errors import classify
from channels.sms.gateways import open_gateway
from channels.sms.hearing import Hearing
from channels.sms.settings import SmsSettings
from channels.sms.wire import Answer, Call, Gateway, Received, Text, Unreadable
from hub.ports import (
    API_VERSION,
    Capabilities,
    Finding,
    Host,
    InboxMisconfigured,
    OutboundMessage,
    Preview,
    SendReceipt,
    SinkUnavailable,
)

log = structlog.get_logger(__name__)

CAPABILITIES = Capabilities(
    address_schemes=frozenset({numbers.TEL}),
    # What Twilio takes at most; it cuts and joins the segments by itself.
    max_text_length=1600,
    # Ten pictures of 5 MB together, which it fetches from the hub.
    files=True,
    files_if="mms",
    max_file_bytes=5_000_000,
    max_files=10,
    delivery_receipts=True,
    can_start=True,
    segments=True,
)

WORDS_ALONE = replace(CAPABILITIES, files=False, max_file_bytes=0, max_files=0)

ANSWER_WITHIN = aiohttp.ClientTimeout(total=30, connect=10)
ADMITTED_WITHIN = 10.0
LARGEST_ANSWER = 1024 * 1024
WORTH_FOR = timedelta(hours=10)
"""How long a message without a deadline is worth something."""


class Sms:
    """One open inbox."""

    def __init__(self, settings: SmsSettings, gateway: Gateway, host: Host) -> None:
        self._settings = settings
        self._gateway = gateway
        self._host = host
        self._arrivals = Arrivals(host)
        self._hearing = Hearing(settings, gateway, host, self._arrivals)

    @property
    def capabilities(self) -> Capabilities:
        carried = CAPABILITIES if self._settings.mms else WORDS_ALONE
        return replace(carried, sends_per_second=self._gateway.sends_per_second)

    async def send(self, message: OutboundMessage, /) -> SendReceipt:
        try:
            text = self._text(message)
            answer = await ask(self._host, self._gateway.build(text))
            return self._gateway.taken(answer, text)
        except Exception as error:  # noqa: BLE001 - sorted by classify
            # Not with its cause: the words of a client's errors may quote the address, and with it
            # what a described gateway wants to see there.
            raise classify(error) from None

    async def receive(self) -> None:
        await asyncio.Event().wait()  # everything comes by webhook

    async def handle_http(self, request: web.Request, path: str, /) -> web.Response:
        if path not in {"inbound", "status"} or request.method not in {"POST", "GET"}:
            return web.Response(status=404)
        try:
            received = await reading.read(request, self._host.public_url, path)
        except reading.TooMuch:
            return web.Response(status=413)
        except ValueError:
            return web.Response(status=400)
        if not self._gateway.genuine(received):
            await self._arrivals.refused(path)
            return web.Response(status=401)
        return await self._take(received, path)

    async def _take(self, received: Received, path: str) -> web.Response:
        try:
            if path == "inbound":
                await self._hearing.inbound(received)
            else:
                await self._hearing.status(received)
        except Unreadable:
            return web.Response(status=400)
        except SinkUnavailable:
            return web.Response(status=503, headers={"Retry-After": "5"})
        told = self._gateway.acknowledgement
        return web.Response(body=told.body, content_type=told.content_type, charset="utf-8")

    def _text(self, message: OutboundMessage) -> Text:
        deadline = message.deadline or self._host.now() + WORTH_FOR
        return Text(
            to=numbers.e164(message.address.value, self._settings.region),
            text=message.text,
            reference=message.delivery_id,
            status_url=f"{self._host.public_url}/status?delivery={message.delivery_id}",
            valid_for=int((deadline - self._host.now()).total_seconds()),
            media=tuple(self._host.files.url(one.id) for one in message.files),
        )


class SmsType:
    """The channel type `sms`."""

    name = "sms"
    api_version = API_VERSION
    settings: type[BaseModel] = SmsSettings
    capabilities = CAPABILITIES
    paths: Mapping[str, str] = {"webhook": "inbound", "status": "status"}

    async def check(self, settings: BaseModel, host: Host) -> Sequence[Finding]:
        """What the provider says of account and number, and whether its requests arrive."""
        chosen = SmsSettings.model_validate(settings)
        urls = {name: f"{host.public_url}/{path}" for name, path in self.paths.items()}
        gateway = open_gateway(chosen)
        pasted = {name: urls[name] for name in gateway.pasted}
        try:
            found = list(await gateway.check(lambda call: ask(host, call), urls))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what was found out
            meant = classify(error)
            remedy = meant.remedy if isinstance(meant, InboxMisconfigured) else ""
            found = [Finding("error", str(meant), remedy or "Is api_base right?")]
        return found + await arrivals.findings(host, pasted)

    def accounts(self, settings: BaseModel, /) -> Collection[str]:
        """The gateway's number, which calls one address for what it receives."""
        chosen = SmsSettings.model_validate(settings)
        return (f"{chosen.gateway} {chosen.api_base} {chosen.number}",) if chosen.number else ()

    def preview(self, message: OutboundMessage, _inbox_name: str, /) -> Preview:
        counted = segments.count(message.text)
        return Preview(segments=counted.segments, encoding=counted.encoding, room=counted.room)

    @asynccontextmanager
    async def open(self, settings: BaseModel, host: Host) -> AsyncIterator[Sms]:
        """Refuses wrong credentials; a provider that is away keeps nobody from writing to us."""
        chosen = SmsSettings.model_validate(settings)
        gateway = open_gateway(chosen)
        await _admitted(gateway, host)
        yield Sms(chosen, gateway, host)


channel_type = SmsType()


async def ask(host: Host, call: Call) -> Answer:
    """One call to a gateway, never led on to another address; raises the client's errors."""
    async with host.http.request(
        call.method,
        call.url,
        headers=dict(call.headers),
        params=list(call.query) or None,
        data=list(call.form) or None,
        json=call.json,
        timeout=ANSWER_WITHIN,
        allow_redirects=False,
    ) as response:
        body = await response.content.read(LARGEST_ANSWER)
        while len(body) < LARGEST_ANSWER and (more := await response.content.read(65_536)):
            body += more
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, headers, body)


async def _admitted(gateway: Gateway, host: Host) -> None:
    try:
        async with asyncio.timeout(ADMITTED_WITHIN):
            await gateway.admitted(lambda call: ask(host, call))
    except Exception as error:  # noqa: BLE001 - sorted below
        meant = classify(error)
        if isinstance(meant, InboxMisconfigured):
            raise meant from None
        log.warning("sms.gateway_away", inbox_id=str(host.inbox_id), detail=str(meant))
