"""Target 9, Telegram: updates to durable entries, and how fast messages leave.

The floor of updates is the same hub answering a kind of update that it has no use for: the same
server, which reads, proves and answers, and stores nothing.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from uuid import uuid4

import aiohttp
from sqlalchemy import text

from channels.telegram import channel_type
from channels.telegram.kind import CAPABILITIES
from channels.telegram.settings import TelegramSettings
from hub import clock
from hub.clock import rfc3339
from hub.db.engine import Database
from hub.ports import Address, OutboundMessage
from hub.ports.fake import RecordingHost
from tests.bench import processes
from tests.bench.bare_telegram import CHATS, WORDS, sends, settings_at
from tests.bench.measure import Row, Size, in_turn, rate, row

IN_FLIGHT = 64
SENDERS = 40
SECRET = "a-secret-of-the-bench"

_CUSTOMERS = text("SELECT id FROM customers ORDER BY id LIMIT :count")
_TAKEN = text("SELECT count(*) FROM deliveries WHERE status = 'sent'")

_SPAN = text("""
    SELECT extract(epoch FROM max(sent_at) - min(sent_at)) FROM deliveries
    WHERE created_at >= :since
""")

_numbers = itertools.count(1)
Update = Mapping[str, object]


async def measure(database: Database, size: Size) -> AsyncIterator[Row]:
    headers = await processes.authorization(database)
    async with (
        processes.telegram() as twin,
        processes.hub(database, HUB_ALLOW_HOSTS="127.0.0.0/8") as hub,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT)) as http,
    ):
        settings = {**settings_at(twin.url), "mode": "webhook", "webhook_secret": SECRET}
        async with http.post(
            f"{hub.url}/api/v1/inboxes",
            json={"channel": "telegram", "name": "B", "settings": settings},
            headers=headers,
        ) as answer:
            webhook = (await answer.json())["urls"]["webhook"]
        await _opened(http, webhook)
        yield await _updates(http, size, webhook)
        yield await _paced(http, database, size, (hub.url, headers))
        yield await _calls(http, size, twin.url, settings)


def _written() -> Iterator[Update]:
    """What people write, from all the chats in turn."""
    for number in _numbers:
        who = CHATS[number % len(CHATS)]
        person = {"id": who, "is_bot": False, "first_name": "Anna"}
        message = {
            "message_id": number,
            "date": 1_790_000_000,
            "chat": {"id": who, "type": "private", "first_name": "Anna"},
            "from": person,
            "text": WORDS,
        }
        yield {"update_id": number, "message": message}


def _of_no_concern() -> Iterator[Update]:
    for one in _written():
        yield {"update_id": one["update_id"], "poll": one["message"]}


async def _post(http: aiohttp.ClientSession, webhook: str, update: Update) -> int:
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    async with http.post(webhook, json=update, headers=headers) as answer:
        return answer.status


async def _opened(http: aiohttp.ClientSession, webhook: str) -> None:
    async with asyncio.timeout(30):
        while await _post(http, webhook, {"update_id": 0, "poll": {}}) != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def _updates(http: aiohttp.ClientSession, size: Size, webhook: str) -> Row:
    count = size.pick(400, 10_000)

    async def posted(source: Iterator[Update]) -> float:
        waiting = itertools.islice(source, count)

        async def caller() -> None:
            for update in waiting:
                assert await _post(http, webhook, update) == 200

        return await rate(count, asyncio.gather(*(caller() for _ in range(IN_FLIGHT))))

    taken = await in_turn(
        size.rounds,
        {"ours": lambda: posted(_written()), "floor": lambda: posted(_of_no_concern())},
    )
    what = f"Telegram updates to durable entries, {IN_FLIGHT} in flight; against storing nothing"
    return row("9", what, "updates/s", taken["ours"], taken["floor"], ">= 0.4")


async def _paced(
    http: aiohttp.ClientSession, database: Database, size: Size, hub: tuple[str, dict[str, str]]
) -> Row:
    """Messages to as many chats, planned for one moment: the bot's 30 a second, without waste."""
    count = size.pick(90, 300)
    async with database.reading() as session:
        customers = list(await session.scalars(_CUSTOMERS, {"count": count}))

    async def planned() -> float:
        before, since = await _sent(database), clock.now()
        moment = clock.now() + timedelta(seconds=size.pick(3, 6))
        waiting = iter(customers)

        async def plan() -> None:
            for customer in waiting:
                async with http.post(
                    f"{hub[0]}/api/v1/customers/{customer}/messages",
                    json={"text": WORDS, "send_at": rfc3339(moment)},
                    headers=hub[1],
                ) as answer:
                    assert answer.status == 201, await answer.text()

        await asyncio.gather(*(plan() for _ in range(8)))
        async with asyncio.timeout(120):
            while await _sent(database) < before + count:  # noqa: ASYNC110 - nobody rings
                await asyncio.sleep(0.05)
        async with database.reading() as session:
            seconds = float(await session.scalar(_SPAN, {"since": since}) or 0)
        return (count - 1) / seconds

    allowed = CAPABILITIES.sends_per_second
    taken = await in_turn(max(2, size.rounds // 2), {"ours": planned})
    what = f"Telegram sent, {count} chats due at once; against what one bot may send"
    return row("9", what, "messages/s", taken["ours"], [allowed] * len(taken["ours"]), ">= 0.85")


async def _sent(database: Database) -> int:
    async with database.reading() as session:
        return int(await session.scalar(_TAKEN) or 0)


async def _calls(
    http: aiohttp.ClientSession, size: Size, twin: str, settings: Mapping[str, object]
) -> Row:
    """The adapter alone, nobody pacing it, against the twin's raw rate."""
    count = size.pick(300, 5_000)
    parsed = TelegramSettings.model_validate({**settings, "mode": "polling"})
    host = RecordingHost(http, clock.now)
    async with channel_type.open(parsed, host) as channel:

        async def ours() -> float:
            waiting = iter(range(count))

            async def caller() -> None:
                for number in waiting:
                    address = Address("telegram", str(CHATS[number % len(CHATS)]))
                    await channel.send(OutboundMessage(uuid4(), uuid4(), None, address, "", WORDS))

            return await rate(count, asyncio.gather(*(caller() for _ in range(SENDERS))))

        taken = await in_turn(
            size.rounds, {"ours": ours, "floor": lambda: sends(http, twin, count, SENDERS)}
        )
    what = f"Telegram's sends, {SENDERS} in flight; against the twin's raw rate"
    return row("9", what, "messages/s", taken["ours"], taken["floor"], ">= 0.4")
