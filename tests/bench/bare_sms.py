"""What SMS is measured against, in a process of its own; prints `READY {"url", "pid"}`.

python -m tests.bench.bare_sms webhook   the channel itself, over a hub that stores nothing
python -m tests.bench.bare_sms twin      the twin, with nobody between it and its callers
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import uuid4

import orjson
import uvloop
from typing_extensions import override

from channels.sms import channel_type
from channels.sms.settings import SmsSettings
from channels.sms.twin import twin
from hub import clock
from hub.ports import Accepted, Checkpoint, InboundMessage
from hub.ports.fake import RecordingHost
from hub.ports.fake.sink import RecordingSink
from tests.contract.serving import serving

ACCOUNT, TOKEN = "AC" + "0" * 32, "a token of the bench"


class _Sieve(RecordingSink):
    """Acknowledges messages as if they were stored."""

    @override
    async def message(
        self, message: InboundMessage, /, *, checkpoint: Checkpoint | None = None
    ) -> Accepted:
        return Accepted(uuid4(), 1)


@asynccontextmanager
async def _webhook(stack: AsyncExitStack) -> AsyncIterator[str]:
    host = await stack.enter_async_context(RecordingHost.open(clock.now))
    host.sink = _Sieve(host.transcript, host.files.stored)
    settings = SmsSettings.model_validate(settings_at("http://127.0.0.1:9"))
    channel = await stack.enter_async_context(channel_type.open(settings, host))
    yield await stack.enter_async_context(serving(channel))


@asynccontextmanager
async def _twin(stack: AsyncExitStack) -> AsyncIterator[str]:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="besedka-bench-sms-")))
    running = await stack.enter_async_context(twin.serve("127.0.0.1", 0, folder))
    book = running.exchange.book
    book.account_sid, book.auth_token = ACCOUNT, TOKEN
    yield running.page.rstrip("/")


def settings_at(api_base: str) -> dict[str, object]:
    """An inbox that may send as fast as it can: its messaging service queues for it."""
    return {
        "number": "+447700900100",
        "messaging_service_sid": "MG" + "0" * 32,
        "api_base": api_base,
        "account_sid": ACCOUNT,
        "auth_token": TOKEN,
    }


async def main(what: str) -> None:
    async with AsyncExitStack() as stack:
        opened = {"webhook": _webhook, "twin": _twin}[what]
        url = await stack.enter_async_context(opened(stack))
        facts = {"url": url, "pid": os.getpid()}
        sys.stdout.write(f"READY {orjson.dumps(facts).decode()}\n")
        sys.stdout.flush()
        stopped = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(15, stopped.set)
        await stopped.wait()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
