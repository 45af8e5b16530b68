"""Who reads mails for one inbox: a process beside the hub, within a time limit.

The event loop never waits for a parser, and a mail that would take the parser down takes down that
process alone. Mails lie ready in its pipe, so that it never waits for the hub either.
"""

import asyncio
import pickle
import sys
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from channels.email.parsing.reading import Reading
from channels.email.reader_process import LENGTH

_BASE = 20.0
"""Seconds any mail may take, however busy the machine; the start of the process included."""
_PER_MEGABYTE = 1.5


class Unreadable(Exception):
    """This mail cannot be read; `str()` says why. The next one can."""


@dataclass(slots=True, eq=False)
class _Asked:
    """A mail that somebody wants read. `sent`: it lies in the pipe of the process that runs."""

    raw: bytes
    sent: bool = False


class Reader:
    """Reads mails in the order they are asked for; whoever asks bounds how many that are.

    Its process starts with the first and is replaced when it dies. What it had in its pipe then is
    sent again, except the mail it was at.
    """

    def __init__(self, *, patience: float = _BASE) -> None:
        self._patience = patience
        self._process: asyncio.subprocess.Process | None = None
        self._asked: deque[_Asked] = deque()
        self._turn = asyncio.Lock()
        """Of whoever waits for the oldest mail; it is fair, so turns come in the order of asking.
        """
        self._answering = False

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
        asked = _Asked(raw)
        self._asked.append(asked)
        if self._alive is not None:
            self._send_all(self._alive)
        async with self._turn:
            while self._asked[0] is not asked:
                await self._pass_over(self._asked[0])
            return await self._answer(asked)

    async def _pass_over(self, given_up: _Asked) -> None:
        """Whoever asked was cancelled; what lies in the pipe is answered all the same."""
        if not given_up.sent:
            self._asked.popleft()
            return
        with suppress(Unreadable):
            await self._answer(given_up)

    async def _answer(self, asked: _Asked) -> Reading:
        """The answer to the oldest mail, which is none of the waiting ones from then on."""
        seconds = self._patience + _PER_MEGABYTE * len(asked.raw) / 1_000_000
        try:
            async with asyncio.timeout(seconds):
                return await self._next_answer()
        except TimeoutError:
            raise Unreadable(f"Reading it took longer than {seconds:.0f} seconds.") from None
        except (OSError, EOFError) as error:
            raise Unreadable("The process that reads mails died of it.") from error
        finally:
            self._asked.popleft()
            # Cut off in the middle, the pipe says nothing that can be understood any more.
            if self._answering:
                await self._end()

    async def _next_answer(self) -> Reading:
        process = self._alive or await self._started()
        self._answering = True
        self._send_all(process)
        assert process.stdout is not None  # noqa: S101 - a pipe
        size = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))[0]
        answer = await process.stdout.readexactly(size)
        self._answering = False
        # It comes from a program of ours over a pipe of ours.
        reading: Reading = pickle.loads(answer)  # noqa: S301
        return reading

    def _send_all(self, process: asyncio.subprocess.Process) -> None:
        """Put what is asked for into the pipe. Nobody waits for room in it: the process takes the
        next mail only when its last answer was fetched."""
        assert process.stdin is not None  # noqa: S101 - a pipe
        for asked in self._asked:
            if not asked.sent:
                process.stdin.write(LENGTH.pack(len(asked.raw)))
                process.stdin.write(asked.raw)
                asked.sent = True

    @property
    def _alive(self) -> asyncio.subprocess.Process | None:
        process = self._process
        if process is None or process.returncode is not None:
            return None
        assert process.stdin is not None  # noqa: S101 - a pipe
        return None if process.stdin.is_closing() else process

    async def _started(self) -> asyncio.subprocess.Process:
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
        process, self._process, self._answering = self._process, None, False
        for asked in self._asked:
            asked.sent = False
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        # Not only waits: it also empties and closes the pipes.
        await process.communicate()
