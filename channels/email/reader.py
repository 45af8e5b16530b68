"""Who reads mails for one inbox: a process beside the hub, within a time limit.

The event loop never waits for a parser, and a mail that would take the parser down takes down that
process alone.
"""

import asyncio
import pickle
import sys
from contextlib import suppress
from types import TracebackType
from typing import Self

from channels.email.reader_process import LENGTH
from channels.email.reading import Reading

_BASE = 20.0
"""Seconds any mail may take, however busy the machine; the start of the process included."""
_PER_MEGABYTE = 1.5


class Unreadable(Exception):
    """This mail cannot be read; `str()` says why. The next one can."""


class Reader:
    """Reads one mail at a time; its process starts with the first and is replaced when it dies."""

    def __init__(self, *, patience: float = _BASE) -> None:
        self._patience = patience
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._end()

    async def read(self, raw: bytes) -> Reading:
        """What the mail says. Raises Unreadable."""
        seconds = self._patience + _PER_MEGABYTE * len(raw) / 1_000_000
        async with self._turn:
            try:
                async with asyncio.timeout(seconds):
                    return await self._ask(raw)
            except TimeoutError:
                raise Unreadable(f"Reading it took longer than {seconds:.0f} seconds.") from None
            except (OSError, EOFError) as error:
                raise Unreadable("The process that reads mails died of it.") from error
            finally:
                # Cut off in the middle, the pipe says nothing that can be understood any more.
                if self._busy:
                    await self._end()

    _busy = False

    async def _ask(self, raw: bytes) -> Reading:
        process = await self._started()
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        self._busy = True
        process.stdin.write(LENGTH.pack(len(raw)))
        process.stdin.write(raw)
        await process.stdin.drain()
        size = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))[0]
        answer = await process.stdout.readexactly(size)
        self._busy = False
        # It comes from a program of ours over a pipe of ours.
        reading: Reading = pickle.loads(answer)  # noqa: S301
        return reading

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            await self._end()
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "channels.email.reader_process",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        return self._process

    async def _end(self) -> None:
        process, self._process, self._busy = self._process, None, False
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        # Not only waits: it also empties and closes the pipes.
        await process.communicate()
