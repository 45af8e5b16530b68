"""How long anything asked of a mailbox server is waited for: an answer, silence, or its end."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any, TypeVar

from aioimaplib import aioimaplib as library

from channels.email.imap_errors import ConnectionLost, NoAnswer, Refused

T = TypeVar("T")
Lost = asyncio.Future[Exception | None]
"""Done when the connection has ended."""


async def within(seconds: float, work: Awaitable[T]) -> T:
    async with asyncio.timeout(seconds):
        return await work


async def unless_lost(work: Awaitable[T], lost: Lost) -> T:
    task = asyncio.ensure_future(work)  # noqa: TID251 - awaited right here
    waited: tuple[asyncio.Future[Any], ...] = (task, lost)
    try:
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ConnectionLost("The connection to the mail server was lost.")
        return task.result()
    except (library.CommandTimeout, TimeoutError):
        # Not chained: aioimaplib's error holds the command, and that may hold the password.
        raise NoAnswer("The mail server did not answer in time.") from None
    except library.AioImapException as error:
        raise Refused("The mail server's answer makes no sense.", str(error)[:200]) from None
    finally:
        if not task.done():
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task


def settle(lost: Lost, error: Exception | None) -> None:
    if not lost.done():
        lost.set_result(error)


def said(answer: library.Response) -> str:
    return plain(bytes(answer.lines[-1])) if answer.lines else ""


def plain(line: bytes) -> str:
    return " ".join(line.decode("utf-8", "replace").split())[:300]
