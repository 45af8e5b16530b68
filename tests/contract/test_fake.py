"""The fake channel keeps the contract, by webhook and by polling: so tests may lean on it."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pytest
from pydantic import SecretStr
from typing_extensions import override

from hub.clock import now
from hub.ports import (
    Address,
    ChannelError,
    ChannelType,
    HttpChannel,
    InboxMisconfigured,
    OutcomeUnknown,
    PermanentError,
    RateLimited,
    TransientError,
)
from hub.ports.contract import Ack, Bench, ChannelContract
from hub.ports.fake import FakeProvider, FakeSettings, Fault, RecordingHost, channel_type
from hub.ports.fake.channel import classify
from tests.contract.serving import serving

SECRET = "s3cret-of-the-fake"


class FakeBench(Bench):
    channel_type: ChannelType = channel_type
    secrets: Collection[str] = (SECRET,)
    address = Address("fake", "ann")

    def __init__(self, host: RecordingHost, provider: FakeProvider) -> None:
        self.host = host
        self.provider = provider

    @override
    def faults(self) -> Mapping[str, type[ChannelError]]:
        return {
            Fault.TRANSIENT: TransientError,
            Fault.RATE_LIMITED: RateLimited,
            Fault.PERMANENT: PermanentError,
            Fault.UNAUTHORISED: InboxMisconfigured,
            Fault.UNKNOWN: OutcomeUnknown,
            Fault.FAILED: OutcomeUnknown,
        }

    @override
    def arrange(self, fault: str) -> None:
        self.provider.faults.append(Fault(fault))

    @override
    def classified(self) -> Iterator[tuple[BaseException, ChannelError]]:
        for kind in vars(aiohttp).values():
            if inspect.isclass(kind) and issubclass(kind, BaseException):
                error = kind.__new__(kind)
                yield error, classify(error)


class WebhookBench(FakeBench):
    @override
    async def customer_writes(self, text: str, *, key: str) -> Ack:
        return _ack(await self.provider.write("ann", text, message_id=key))

    @override
    async def garbage(self) -> Sequence[Ack]:
        bodies: list[object] = [
            b"",
            b"\xff\xfe",
            b"{",
            b"[" * 100_000,
            {"messages": 1},
            {"messages": [{"id": "", "from": "a", "text": "b"}]},
            {"messages": [{"id": "a", "from": "b", "text": "c", "sent_at": "yesterday"}]},
        ]
        return [
            _ack(await self.provider.post(path, body))
            for path in ("inbound", "receipts")
            for body in bodies
        ] + [_ack(await self.provider.post("inbound", {"messages": []}, secret="wrong"))]


class PollingBench(FakeBench):
    @override
    async def customer_writes(self, text: str, *, key: str) -> Ack:
        number = self.provider.queue("ann", text, message_id=key)
        for _ in range(50):
            if self.provider.confirmed >= number:
                return Ack.ACKNOWLEDGED
            await asyncio.sleep(0.01)
        return Ack.LATER

    @override
    async def garbage(self) -> Sequence[Ack]:
        for raw in (b"", b"\xff", b"{", b'{"messages": 1}'):
            self.provider.queue_garbage(raw)
        return [await self.customer_writes("behind the garbage", key="after")]


def _ack(status: int) -> Ack:
    if status == 200:
        return Ack.ACKNOWLEDGED
    if status == 503:
        return Ack.LATER
    return Ack.REFUSED if 400 <= status < 500 else Ack.BROKEN


@asynccontextmanager
async def _bench(kind: type[FakeBench], mode: str) -> AsyncIterator[FakeBench]:
    async with AsyncExitStack() as stack:
        host = await stack.enter_async_context(RecordingHost.open(now))
        provider = await stack.enter_async_context(FakeProvider.open(SECRET))
        bench = kind(host, provider)
        bench.settings = FakeSettings.model_validate(
            {"api_base": provider.api_base, "secret": SecretStr(SECRET), "mode": mode}
        )
        opened = channel_type.open(bench.settings, host)
        bench.channel = channel = await stack.enter_async_context(opened)
        assert isinstance(channel, HttpChannel)
        provider.webhook_base = await stack.enter_async_context(serving(channel))
        yield bench


class TestFakeByWebhook(ChannelContract):
    @override
    @asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        async with _bench(WebhookBench, "webhook") as bench:
            yield bench


class TestFakeByPolling(ChannelContract):
    @override
    @asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        async with _bench(PollingBench, "polling") as bench:
            yield bench


@pytest.mark.parametrize("fault", list(Fault))
async def test_provider_takes_or_refuses_as_the_fault_says(fault: Fault) -> None:
    async with FakeProvider.open(SECRET) as provider, aiohttp.ClientSession() as http:
        provider.faults.append(fault)
        if fault is Fault.HELD:
            provider.release()
        body = {"delivery_id": "d", "to": "ann", "text": "Hello", "buttons": [], "files": []}
        headers = {"X-Fake-Secret": SECRET}
        try:
            url = f"{provider.api_base}/messages"
            async with http.post(url, json=body, headers=headers) as response:
                answered = response.status
        except aiohttp.ClientError:
            answered = 0
        taken = fault in {Fault.UNKNOWN, Fault.FAILED, Fault.HELD}
        assert len(provider.taken) == int(taken)
        assert (
            answered
            == {
                Fault.TRANSIENT: 503,
                Fault.RATE_LIMITED: 429,
                Fault.PERMANENT: 400,
                Fault.UNAUTHORISED: 401,
                Fault.UNKNOWN: 0,
                Fault.FAILED: 500,
                Fault.HELD: 200,
            }[fault]
        )
