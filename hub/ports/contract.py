"""The tests every channel has to pass, ours or a third party's: subclass `ChannelContract`.

    class TestSmsContract(ChannelContract):
        @asynccontextmanager
        async def bench(self) -> AsyncIterator[Bench]:
            async with MyProviderDouble() as provider:
                yield MyBench(provider)

Needs pytest and pytest-asyncio (`asyncio_mode = "auto"`, or `pytestmark = pytest.mark.asyncio`).
No test sleeps longer than `PATIENCE`.
"""
# ruff: noqa: S101, TID251 - these are tests: they assert, and look after their own tasks

import asyncio
import logging
import traceback
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from enum import Enum
from uuid import uuid4

from pydantic import BaseModel
from structlog.testing import capture_logs
from typing_extensions import override

from hub.ports.capabilities import Capabilities
from hub.ports.channel import API_VERSION, Channel, ChannelType, Edits, Reacts, Typing
from hub.ports.errors import ChannelError, SinkUnavailable
from hub.ports.fake.host import RecordingHost
from hub.ports.messages import Address, OutboundMessage

PATIENCE = 5.0
"""Seconds within which a healthy channel does what is asked of it."""


class Ack(Enum):
    """What a provider was told about what it offered."""

    ACKNOWLEDGED = "acknowledged"
    """Taken: it will not be offered again (200, the offset moved, the flag set)."""
    REFUSED = "refused"
    """Never: offering it again is useless (4xx)."""
    LATER = "later"
    """Not now (503, the offset stands still)."""
    BROKEN = "broken"
    """The channel fell over (500, a broken connection)."""


class Bench(ABC):
    """One open channel between a host that records and a provider double.

    host: what the channel is given. channel: the open inbox, entered by the bench.
    secrets: every secret among the settings; none may show anywhere.
    address: somebody who can be written to.
    """

    host: RecordingHost
    channel: Channel
    channel_type: ChannelType
    settings: BaseModel
    secrets: Collection[str]
    address: Address

    @abstractmethod
    async def customer_writes(self, text: str, *, key: str) -> Ack:
        """A customer's message reaches the channel; the same `key` is the same message again.

        Returns once the provider knows how it went: LATER when it is still to be offered.
        """

    @abstractmethod
    async def garbage(self) -> Sequence[Ack]:
        """Offer everything malformed that the provider's protocol allows; how each went."""

    def faults(self) -> Mapping[str, type[ChannelError]]:
        """The provider faults that `arrange` knows, and what `send` has to raise for each."""
        return {}

    def arrange(self, fault: str) -> None:
        """Let the next send run into `fault`."""
        raise NotImplementedError(fault)

    def classified(self) -> Iterator[tuple[BaseException, ChannelError]]:
        """Every exception the client library exports (enumerate its module), as classified."""
        yield from ()


class ChannelContract(ABC):
    """What the hub relies on, one promise a test."""

    @abstractmethod
    def bench(self) -> AbstractAsyncContextManager[Bench]:
        """A fresh bench."""

    async def test_the_type_says_what_it_is(self) -> None:
        async with self.bench() as bench:
            kind = bench.channel_type
            assert kind.name.isascii()
            assert kind.name.islower()
            assert kind.api_version == API_VERSION
            assert issubclass(kind.settings, BaseModel)
            assert kind.settings.model_json_schema()["type"] == "object"

    async def test_check_reports_and_does_not_raise(self) -> None:
        async with self.bench() as bench:
            findings = await bench.channel_type.check(bench.settings, bench.host)
            assert all(finding.what for finding in findings)
            assert not any(finding.level == "error" for finding in findings)

    async def test_acknowledges_only_after_the_sink_returned(self) -> None:
        async with self.bench() as bench, _receiving(bench):
            bench.host.sink.gate.clear()
            offered = asyncio.ensure_future(bench.customer_writes("Hello", key="a"))
            await asyncio.wait_for(bench.host.sink.waiting.wait(), PATIENCE)
            done, _ = await asyncio.wait({offered}, timeout=0.1)
            assert not done or offered.result() is Ack.LATER, "acknowledged before the commit"
            bench.host.sink.gate.set()
            assert await _until_taken(bench, offered, "Hello", key="a") is Ack.ACKNOWLEDGED
            assert [message.text for message in bench.host.sink.messages] == ["Hello"]

    async def test_what_the_sink_cannot_take_is_offered_again(self) -> None:
        async with self.bench() as bench:
            bench.host.sink.available = False
            async with _receiving(bench):
                assert await bench.customer_writes("Hello", key="a") is Ack.LATER
            assert not bench.host.sink.messages
            bench.host.sink.available = True
            async with _receiving(bench):
                assert await bench.customer_writes("Hello", key="a") is Ack.ACKNOWLEDGED
            assert len(bench.host.sink.messages) == 1

    async def test_a_repeated_message_is_the_same_message(self) -> None:
        async with self.bench() as bench, _receiving(bench):
            for _ in range(3):
                assert await bench.customer_writes("Hello", key="a") is Ack.ACKNOWLEDGED
            assert await bench.customer_writes("Hello", key="b") is Ack.ACKNOWLEDGED
            external_ids = [message.external_id for message in bench.host.sink.messages]
            assert len(external_ids) == len(set(external_ids)) == 2

    async def test_messages_are_well_formed(self) -> None:
        async with self.bench() as bench, _receiving(bench):
            await bench.customer_writes("Где мой заказ? 🙂", key="a")
            (message,) = bench.host.sink.messages
            assert message.text == "Где мой заказ? 🙂"
            assert message.external_id
            assert message.address.scheme in bench.channel.capabilities.address_schemes
            assert message.address.value.strip() == message.address.value != ""
            assert message.occurred_at.utcoffset() is not None

    async def test_garbage_is_refused_or_kept_never_a_crash(self) -> None:
        async with self.bench() as bench, _receiving(bench):
            results = await bench.garbage()
            assert results, "a bench without garbage tests nothing"
            assert not {Ack.BROKEN, Ack.LATER} & set(results)
            assert await bench.customer_writes("Still here", key="a") is Ack.ACKNOWLEDGED

    async def test_send_hands_one_message_over(self) -> None:
        async with self.bench() as bench:
            receipt = await bench.channel.send(_outbound(bench.address, "Hello"))
            assert isinstance(receipt.external_id, str)

    async def test_send_raises_only_the_errors_of_the_port(self) -> None:
        async with self.bench() as bench:
            for fault, expected in bench.faults().items():
                bench.arrange(fault)
                raised = await _failure(bench.channel, _outbound(bench.address, "Hello"))
                assert type(raised) is expected, f"{fault}: {raised!r}"
                assert str(raised), f"{fault}: an operator has to read something"

    async def test_every_exception_of_the_library_is_classified(self) -> None:
        async with self.bench() as bench:
            for error, meaning in bench.classified():
                assert isinstance(meaning, ChannelError), repr(error)
                assert str(meaning), repr(error)

    async def test_capabilities_are_honest(self) -> None:
        async with self.bench() as bench:
            _check_data(bench.channel.capabilities)
            for capabilities in (bench.channel.capabilities, bench.channel_type.capabilities):
                assert not capabilities.edits or isinstance(bench.channel, Edits)
                assert not capabilities.reactions or isinstance(bench.channel, Reacts)
                assert not capabilities.typing or isinstance(bench.channel, Typing)
            assert bench.address.scheme in bench.channel.capabilities.address_schemes

    async def test_cancelling_ends_receive(self) -> None:
        async with self.bench() as bench:
            receiving = asyncio.ensure_future(bench.channel.receive())
            done, _ = await asyncio.wait({receiving}, timeout=0.1)
            assert not done, "receive() runs until it is cancelled"
            receiving.cancel()
            done, _ = await asyncio.wait({receiving}, timeout=PATIENCE)
            assert done, "receive() does not let itself be cancelled"
            assert receiving.cancelled()

    async def test_closing_is_quick(self) -> None:
        async with asyncio.timeout(2 * PATIENCE), self.bench() as bench, _receiving(bench):
            await bench.customer_writes("Hello", key="a")

    async def test_secrets_never_show(self) -> None:
        with _everything_logged() as lines:
            async with self.bench() as bench:
                lines.append(repr(bench.channel) + repr(bench.settings) + str(bench.settings))
                async with _receiving(bench):
                    await bench.customer_writes("Hello", key="a")
                    await bench.garbage()
                lines += [
                    str(one) for one in await bench.channel_type.check(bench.settings, bench.host)
                ]
                for fault in bench.faults():
                    bench.arrange(fault)
                    raised = await _failure(bench.channel, _outbound(bench.address, "Hello"))
                    # What a log would show: the whole chain, with the words of the library.
                    lines += [raised.provider_code, *traceback.format_exception(raised)]
                secrets = list(bench.secrets)
        assert all(secrets)
        for secret in secrets:
            assert not [line for line in lines if secret in line]


@asynccontextmanager
async def _receiving(bench: Bench) -> AsyncIterator[None]:
    """receive() at work, begun again as the supervisor would when it fails."""

    async def receive() -> None:
        while True:
            try:
                await bench.channel.receive()
            except (ChannelError, SinkUnavailable):
                await asyncio.sleep(0.01)

    receiving = asyncio.ensure_future(receive())
    try:
        yield
    finally:
        receiving.cancel()
        done, _ = await asyncio.wait({receiving}, timeout=PATIENCE)
        assert done, "receive() does not let itself be cancelled"
        assert receiving.cancelled() or receiving.exception() is None


async def _until_taken(
    bench: Bench, offered: "asyncio.Future[Ack]", text: str, *, key: str
) -> Ack:
    # A provider that was told "later" offers it again.
    ack = await asyncio.wait_for(offered, PATIENCE)
    return await bench.customer_writes(text, key=key) if ack is Ack.LATER else ack


async def _failure(channel: Channel, message: OutboundMessage) -> ChannelError:
    try:
        async with asyncio.timeout(PATIENCE):
            await channel.send(message)
    except ChannelError as error:
        return error
    raise AssertionError("send() succeeded in spite of the fault")


def _outbound(address: Address, text: str) -> OutboundMessage:
    return OutboundMessage(
        delivery_id=uuid4(),
        entry_id=uuid4(),
        conversation_id=None,
        address=address,
        reply_address="",
        text=text,
    )


def _check_data(capabilities: Capabilities) -> None:
    assert capabilities.address_schemes
    assert capabilities.max_text_length > 0
    assert capabilities.files == bool(capabilities.max_file_bytes)
    assert not capabilities.files or capabilities.max_files > 0
    assert capabilities.sends_per_second >= 0
    assert capabilities.recipient_sends_per_second >= 0


class _Lines(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._lines = lines
        self.setFormatter(logging.Formatter("%(message)s"))

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))


@contextmanager
def _everything_logged() -> Iterator[list[str]]:
    """All that is logged, by the standard library at any level and by structlog."""
    lines: list[str] = []
    root, handler = logging.getLogger(), _Lines(lines)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with capture_logs() as events:
            yield lines
        lines += [str(event) for event in events]
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
