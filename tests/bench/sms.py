"""Target 9, text messages: webhooks to durable entries, and how fast the outbox sends."""

import asyncio
import base64
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import aiohttp
from sqlalchemy import text
from twilio.request_validator import RequestValidator

from hub import clock
from hub.clock import rfc3339
from hub.db.engine import Database
from tests.bench import processes
from tests.bench.bare_sms import ACCOUNT, TOKEN, settings_at
from tests.bench.measure import Row, Size, in_turn, rate, row

IN_FLIGHT = 64
SENDERS = 40
"""As many as one inbox of a node sends at a time."""
WORDS = "Здравствуйте, когда приедет мой заказ? Thank you in advance!"

_CUSTOMERS = text("SELECT id FROM customers ORDER BY id LIMIT :count")
_TAKEN = text("SELECT count(*) FROM deliveries WHERE status IN ('sent', 'delivered', 'read')")

_numbers = itertools.count()
Form = tuple[dict[str, str], str]


async def measure(database: Database, size: Size) -> AsyncIterator[Row]:
    headers = await processes.authorization(database)
    async with (
        processes.sms("twin") as twin,
        processes.sms("webhook") as bare,
        processes.hub(database, HUB_ALLOW_HOSTS="127.0.0.0/8") as hub,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT)) as http,
    ):
        async with http.post(
            f"{hub.url}/api/v1/inboxes",
            json={"channel": "sms", "name": "B", "settings": settings_at(twin.url)},
            headers=headers,
        ) as answer:
            webhook = (await answer.json())["urls"]["webhook"]
        # The bare one's address is not the one that is signed: it stands behind no proxy.
        bare_as = "https://hub.example/channels/inbox/inbound"
        await _opened(http, webhook)
        yield await _webhooks(http, size, (webhook, webhook), (f"{bare.url}/inbound", bare_as))
        yield await _sends(http, database, size, (hub.url, headers), twin.url)


async def _opened(http: aiohttp.ClientSession, webhook: str) -> None:
    async with asyncio.timeout(30):
        while True:
            form, signature = _forms(1, webhook)[0]
            async with http.post(
                webhook, data=form, headers={"X-Twilio-Signature": signature}
            ) as answer:
                if answer.status == 200:
                    return
            await asyncio.sleep(0.1)


async def _webhooks(
    http: aiohttp.ClientSession, size: Size, ours: tuple[str, str], floor: tuple[str, str]
) -> Row:
    count = size.pick(300, 10_000)

    async def posted(at: tuple[str, str]) -> float:
        waiting = iter(_forms(count, at[1]))

        async def caller() -> None:
            for form, signature in waiting:
                headers = {"X-Twilio-Signature": signature}
                async with http.post(at[0], data=form, headers=headers) as answer:
                    assert answer.status == 200, await answer.text()

        return await rate(count, asyncio.gather(*(caller() for _ in range(IN_FLIGHT))))

    taken = await in_turn(
        size.rounds, {"ours": lambda: posted(ours), "floor": lambda: posted(floor)}
    )
    what = f"SMS webhooks to durable entries, {IN_FLIGHT} in flight; against storing nothing"
    return row("9", what, "messages/s", taken["ours"], taken["floor"], ">= 0.4")


def _forms(count: int, signed_for: str) -> Sequence[Form]:
    """What a provider posts, from 500 phones in turn, with its signatures."""
    signer = RequestValidator(TOKEN)
    forms = []
    for number in itertools.islice(_numbers, count):
        form = {
            "MessageSid": f"SM{number:032d}",
            "AccountSid": ACCOUNT,
            "From": f"+79120{number % 500:06d}",
            "To": "+447700900100",
            "Body": WORDS,
            "NumMedia": "0",
            "NumSegments": "1",
        }
        forms.append((form, signer.compute_signature(signed_for, form)))
    return forms


async def _sends(
    http: aiohttp.ClientSession,
    database: Database,
    size: Size,
    hub: tuple[str, dict[str, str]],
    twin: str,
) -> Row:
    """Messages planned for one moment, until the provider has them all."""
    count = size.pick(100, 500)
    async with http.post(f"{twin}/faults", json={"do": "silent", "times": 10**9}) as answer:
        assert answer.status == 200
    async with database.reading() as session:
        customers = list(await session.scalars(_CUSTOMERS, {"count": count}))

    async def planned() -> float:
        before = await _sent(database)
        moment = clock.now() + timedelta(seconds=size.pick(3, 10))
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
        await asyncio.sleep(max((moment - clock.now()).total_seconds(), 0))
        begun = time.perf_counter()
        async with asyncio.timeout(120):
            while await _sent(database) < before + count:  # noqa: ASYNC110 - nobody rings
                await asyncio.sleep(0.01)
        return count / (time.perf_counter() - begun)

    async def raw() -> float:
        return await rate(count, _raw(http, twin, count))

    taken = await in_turn(size.rounds, {"ours": planned, "floor": raw})
    what = f"SMS sent, {count} due at once; against the provider called by nobody else"
    return row("9", what, "messages/s", taken["ours"], taken["floor"], "")


async def _sent(database: Database) -> int:
    async with database.reading() as session:
        return int(await session.scalar(_TAKEN) or 0)


async def _raw(http: aiohttp.ClientSession, twin: str, count: int) -> None:
    url = f"{twin}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    login = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    waiting = iter(range(count))

    async def caller() -> None:
        for number in waiting:
            form = {"To": f"+79120{number:06d}", "From": "+447700900100", "Body": WORDS}
            async with http.post(
                url, data=form, headers={"Authorization": f"Basic {login}"}
            ) as answer:
                assert answer.status == 201, await answer.text()

    await asyncio.gather(*(caller() for _ in range(SENDERS)))
