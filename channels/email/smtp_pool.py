"""Connections to one mail server, kept for the next mail: few, briefly, looked at first."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiosmtplib

from channels.email import smtp

MOST = 4
"""Connections at once: providers count them per account, and refuse more."""
IDLE_FOR = 30.0
"""Seconds after which a connection nobody needs is closed; servers wait for 5 minutes."""
LOOK_AFTER = 2.0
"""Seconds after which a connection is asked whether it is still there."""
MAILS_EACH = 100
"""After so many mails a connection is closed: servers limit them, and some do not say so."""


@dataclass(slots=True)
class Talk:
    """A connection, and what it has been used for."""

    client: aiosmtplib.SMTP
    mails: int = 0
    rested_at: float = 0.0


class Pool:
    """Connections made by `connect` (which raises the port's errors)."""

    def __init__(
        self, connect: Callable[[], Awaitable[aiosmtplib.SMTP]], *, idle_for: float = IDLE_FOR
    ) -> None:
        self._connect = connect
        self._idle_for = idle_for
        self._seats = asyncio.Semaphore(MOST)
        self._idle: list[Talk] = []

    @property
    def idle(self) -> int:
        """Connections that wait for a mail."""
        return len(self._idle)

    @asynccontextmanager
    async def talk(self, *, fresh: bool) -> AsyncIterator[Talk]:
        """A connection for one mail; `fresh`: one that carried none before.

        Afterwards it is kept, unless it broke or whoever used it was cancelled.
        """
        async with self._seats:
            talk = await self._found(fresh=fresh)
            try:
                yield talk
            except asyncio.CancelledError:
                talk.client.close()
                raise
            finally:
                self._keep(talk)

    async def close(self) -> None:
        """Say goodbye on every idle connection."""
        while self._idle:
            await smtp.leave(self._idle.pop().client)

    async def tend(self) -> None:
        """Close what has been idle for long; until cancelled."""
        while True:
            await asyncio.sleep(self._idle_for / 4)
            before = asyncio.get_running_loop().time() - self._idle_for
            old = [one for one in self._idle if one.rested_at <= before]
            self._idle = [one for one in self._idle if one.rested_at > before]
            for one in old:
                await smtp.leave(one.client)

    async def _found(self, *, fresh: bool) -> Talk:
        while self._idle and not fresh:
            talk = self._idle.pop()
            rested = asyncio.get_running_loop().time() - talk.rested_at
            if talk.client.is_connected and (
                rested < LOOK_AFTER or await smtp.still_there(talk.client)
            ):
                return talk
        return Talk(await self._connect())

    def _keep(self, talk: Talk) -> None:
        talk.mails += 1
        if talk.client.is_connected and talk.mails < MAILS_EACH:
            talk.rested_at = asyncio.get_running_loop().time()
            self._idle.append(talk)
        else:
            talk.client.close()
