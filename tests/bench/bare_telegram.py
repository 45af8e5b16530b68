"""The Telegram twin in a process of its own, with customers who may be written to.

python -m tests.bench.bare_telegram   prints `READY {"url", "pid"}`; `url` is also its page

`sends` is the floor of target 9: how fast the twin itself takes messages, nobody between.
"""

import asyncio
import os
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import orjson
import uvloop

from channels.telegram.twin.serving import TOKEN, TelegramTwin
from channels.telegram.twin.world import Person
from tests.bench.measure import rate

CHATS = range(7_100_000_000, 7_100_001_000)
"""Customers who pressed Start."""
WORDS = "Здравствуйте, ваш заказ уже в пути. Thank you for your patience!"


def settings_at(url: str) -> dict[str, object]:
    """An inbox that may send as fast as it can."""
    return {"api_base": url, "token": TOKEN}


async def sends(http: aiohttp.ClientSession, url: str, count: int, in_flight: int) -> float:
    """Messages a second, to all the chats in turn, `in_flight` at a time."""
    waiting = iter(range(count))
    address = f"{url}/bot{TOKEN}/sendMessage"

    async def caller() -> None:
        for number in waiting:
            call = {"chat_id": CHATS[number % len(CHATS)], "text": WORDS}
            async with http.post(address, json=call) as answer:
                assert answer.status == 200, await answer.text()

    return await rate(count, asyncio.gather(*(caller() for _ in range(in_flight))))


async def main() -> None:
    async with AsyncExitStack() as stack:
        prefix = "besedka-bench-telegram-"
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=prefix)))
        twin = await stack.enter_async_context(TelegramTwin(pace=None).running(data_dir=folder))
        for number in CHATS:
            twin.world.put(Person(number, f"Customer {number % 1000}", started=True))
        facts = {"url": twin.address, "pid": os.getpid()}
        sys.stdout.write(f"READY {orjson.dumps(facts).decode()}\n")
        sys.stdout.flush()
        stopped = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(15, stopped.set)
        await stopped.wait()


if __name__ == "__main__":
    uvloop.run(main())
