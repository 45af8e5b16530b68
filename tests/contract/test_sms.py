"""SMS keeps the contract of every channel, between its twin and Twilio's own signer."""

import inspect
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from pydantic import BaseModel
from twilio.request_validator import RequestValidator
from typing_extensions import override

from channels.sms import channel_type
from channels.sms.errors import classify
from channels.sms.settings import SmsSettings
from channels.sms.twin import twin
from hub import ports
from hub.clock import now
from hub.ports import (
    Address,
    ChannelError,
    ChannelType,
    InboxMisconfigured,
    OutcomeUnknown,
    PermanentError,
    RateLimited,
    RunningTwin,
    TransientError,
)
from hub.ports.contract import Ack, Bench, ChannelContract
from hub.ports.fake import RecordingHost
from tests.contract.serving import serving

PHONE = "+359885550103"

FAULTS: Mapping[str, tuple[Mapping[str, object], type[ChannelError]]] = {
    "too many": ({"do": "answer", "status": 429, "retry_after": 3}, RateLimited),
    "too fast": ({"do": "answer", "status": 429, "code": 14107}, RateLimited),
    "later": ({"do": "answer", "status": 503}, TransientError),
    "broken": ({"do": "answer", "status": 500}, OutcomeUnknown),
    "bad gateway": ({"do": "answer", "status": 502, "code": 1}, OutcomeUnknown),
    "lost": ({"do": "reset"}, OutcomeUnknown),
    "token": ({"do": "answer", "status": 401}, InboxMisconfigured),
    "no number": ({"do": "answer", "status": 400, "code": 21211}, PermanentError),
    "stopped": ({"do": "stop", "who": PHONE}, PermanentError),
}


class SmsBench(Bench):
    channel_type: ChannelType = channel_type
    address = Address("tel", PHONE)
    settings: BaseModel

    def __init__(self, host: RecordingHost, running: RunningTwin, base: str) -> None:
        self.host = host
        self.twin = running
        self.base = base
        self.account = str(running.settings["account_sid"])
        self.token = str(running.settings["auth_token"])
        self.secrets: Collection[str] = (self.token,)
        self._faults: list[Mapping[str, object]] = []

    @override
    async def customer_writes(self, text: str, *, key: str) -> Ack:
        return await self.post(
            {
                "MessageSid": f"SM{key}",
                "AccountSid": self.account,
                "From": PHONE,
                "To": str(self.twin.settings["number"]),
                "Body": text,
                "NumMedia": "0",
            }
        )

    async def post(
        self, form: Mapping[str, str], *, path: str = "inbound", signature: str | None = None
    ) -> Ack:
        url = f"{self.host.public_url}/{path}"
        signed = RequestValidator(self.token).compute_signature(url, form)
        headers = {"X-Twilio-Signature": signed if signature is None else signature}
        async with self.host.http.post(
            f"{self.base}/{path}", data=form, headers=headers
        ) as answer:
            return _ack(answer.status)

    @override
    async def garbage(self) -> Sequence[Ack]:
        known = {"AccountSid": self.account, "MessageSid": "SMx", "From": PHONE, "Body": "a"}
        forms: list[Mapping[str, str]] = [
            {},
            {"AccountSid": self.account},
            known | {"AccountSid": "AC0"},
            known | {"From": "+"},
            known | {"From": "\0" * 500},
            known | {"MessageSid": ""},
            known | {"NumMedia": "9" * 400, "MediaUrl0": "file:///etc/passwd"},
            known | {"NumMedia": "1", "MediaUrl0": "http://[", "Body": ""},
            known | {"MessageStatus": "\ud7ff" * 1000, "ErrorCode": "-1"},
        ]
        found = [
            await self.post(one, path=path) for one in forms for path in ("inbound", "status")
        ]
        found += [await self.post(known, signature=sign) for sign in ("", "AAAA", "=" * 9000)]
        return [*found, *[await self._raw(one) for one in (b"", b"\xff", b"%", b"a=b&" * 1000)]]

    async def _raw(self, body: bytes) -> Ack:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        async with self.host.http.post(
            f"{self.base}/inbound", data=body, headers=headers
        ) as answer:
            return _ack(answer.status)

    @override
    def faults(self) -> Mapping[str, type[ChannelError]]:
        return {name: expected for name, (_, expected) in FAULTS.items()}

    @override
    def arrange(self, fault: str) -> None:
        wanted = FAULTS[fault][0]
        faults = self.twin.exchange.faults  # type: ignore[attr-defined]
        if wanted["do"] == "stop":
            self.twin.exchange.book.phone(PHONE).stopped = True  # type: ignore[attr-defined]
        else:
            faults.add(wanted)

    @override
    def classified(self) -> Iterator[tuple[BaseException, ChannelError]]:
        for kind in (*vars(aiohttp).values(), *vars(ports).values(), TimeoutError, OSError):
            if inspect.isclass(kind) and issubclass(kind, BaseException):
                error = kind.__new__(kind)
                if not isinstance(error, ChannelError):
                    yield error, classify(error)


def _ack(status: int) -> Ack:
    if status == 200:
        return Ack.ACKNOWLEDGED
    if status == 503:
        return Ack.LATER
    return Ack.REFUSED if 400 <= status < 500 else Ack.BROKEN


class TestSms(ChannelContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    @override
    @asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        async with AsyncExitStack() as stack:
            running = await stack.enter_async_context(twin.serve("127.0.0.1", 0, self.folder))
            host = await stack.enter_async_context(RecordingHost.open(now))
            settings = SmsSettings.model_validate(running.settings)
            channel = await stack.enter_async_context(channel_type.open(settings, host))
            base = await stack.enter_async_context(serving(channel))
            await running.connect({"webhook": f"{host.public_url}/inbound"})
            bench = SmsBench(host, running, base)
            bench.settings, bench.channel = settings, channel
            yield bench
