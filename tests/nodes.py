"""Nodes in processes of their own, for tests that kill or freeze them."""

import asyncio
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest

from tests.logged import heard


async def until(condition: Callable[[], object], *, within: float = 20) -> None:
    """Wait for something that nobody rings for."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def eventually(condition: Callable[[], Awaitable[object]], *, within: float = 5) -> None:
    """`until` for what has to be asked elsewhere."""
    async with asyncio.timeout(within):
        while not await condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


class Node:
    """A running process and what it says, a line at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def says(self, word: str, *, within: float = 20) -> None:
        """Wait until it has printed the line `word`."""
        assert self._process.stdout is not None
        async with asyncio.timeout(within):
            while (line := (await self._process.stdout.readline()).decode().strip()) != word:
                assert line, f"ended before it said {word!r}"

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    async def kill(self) -> None:
        """kill -9, and bury it."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()


@asynccontextmanager
async def node(module: str, *args: str) -> AsyncIterator[Node]:
    with tempfile.TemporaryFile() as said:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, *args, stdout=asyncio.subprocess.PIPE, stderr=said
        )
        started = Node(process)
        try:
            yield started
        finally:
            await started.kill()
            said.seek(0)
            errors = said.read().decode()
            sys.stderr.write(errors)
            heard(errors)


StartNode = Callable[..., Awaitable[Node]]


@pytest.fixture
async def start_node() -> AsyncIterator[StartNode]:
    """Start `python -m module args...`; whatever still runs at the end of the test is killed."""
    async with AsyncExitStack() as stack:

        async def start(module: str, *args: str) -> Node:
            return await stack.enter_async_context(node(module, *args))

        yield start
