"""Who makes the load: customers on four channels, operators, a shop, and providers with faults."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import aiohttp

from hub import clock
from hub.demo import doors
from hub.demo.doors import Api, DoorClosed
from hub.ports import RunningTwin

NO_ROUTE = 422
PEOPLE = 25
"""On each channel."""
_AWAY = (aiohttp.ClientError, TimeoutError, DoorClosed)

FAULTS: Mapping[str, list[Mapping[str, object]]] = {
    "telegram": [
        {"do": "too_many", "retry_after": 2},
        {"do": "html_502"},
        {"do": "slow", "seconds": 3},
        {"do": "reset_before"},
        {"do": "reset"},
        {"do": "conflict"},
    ],
    "sms": [
        {"do": "answer", "status": 429, "retry_after": 1},
        {"do": "answer", "status": 503},
        {"do": "reset"},
        {"do": "late", "seconds": 3},
        {"do": "twice"},
        {"do": "reversed"},
        {"do": "repeat"},
    ],
    "email": [
        {"protocol": "smtp", "at": "rcpt", "do": "reply", "code": "451", "text": "4.7.1 Later"},
        {"protocol": "smtp", "at": "connect", "do": "drop"},
        {"protocol": "smtp", "at": "accepted", "do": "drop"},
        {"protocol": "imap", "at": "idle", "do": "drop"},
        {"protocol": "imap", "at": "fetch", "do": "cut"},
        {"protocol": "imap", "at": "any", "do": "slow", "seconds": 2},
    ],
}

Say = Callable[[str], Awaitable[None]]


@dataclass
class Person:
    """A customer at one address; `say` returns when the provider, or the chat, has it."""

    contact_point: str
    say: Say
    customer_id: str = ""
    wrote: bool = False
    """Some can be answered only then."""


@dataclass
class Book:
    """What was said, and when; what was answered; how often something was made to go wrong."""

    said: dict[str, datetime] = field(default_factory=dict)
    answers: set[str] = field(default_factory=set)
    faults: int = 0


class Crowd:
    """Everybody, each kind at its own pace (things a second)."""

    def __init__(self, api: Api, twins: Mapping[str, RunningTwin], chat: str, rate: float) -> None:
        self._api = api
        self._twins = twins
        self._chat = chat
        self._rate = rate
        self._chance = random.Random(10)
        self._people: list[Person] = []
        self._stopping = asyncio.Event()
        self.book = Book()

    async def gather(self) -> None:
        """Find everybody."""
        for n in range(PEOPLE):
            self._people.append(self._by_twin("email", f"soak{n}@example.org", "email"))
            self._people.append(self._by_twin("sms", f"+7912000{n:04}", "tel"))
            self._people.append(self._by_twin("telegram", str(700_000 + n), "telegram"))
            self._people.append(await self._visitor())

    def _by_twin(self, channel: str, who: str, scheme: str) -> Person:
        async def say(text: str) -> None:
            await self._twins[channel].play({"who": who, "name": f"Soak {who}", "text": text})

        return Person(f"{scheme}:{who}", say)

    async def _visitor(self) -> Person:
        visitor = await doors.visit(self._api.client, self._chat, proof=None, locale="en")

        async def say(text: str) -> None:
            await visitor.write(text.replace(" ", "-"), text)

        return Person(visitor.contact_point, say)

    async def load(self) -> None:
        """Until `stop`: what was begun is repeated until it is acknowledged."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pace(self._rate, self._speak))
            group.create_task(self._pace(self._rate / 3, self._answer))
            group.create_task(self._pace(self._rate / 10, self._sell))
            group.create_task(self._pace(1 / 10, self._harm))

    async def _pace(self, per_second: float, deed: Callable[[int], Awaitable[None]]) -> None:
        number = 0
        while not self._stopping.is_set():
            await deed(number)
            number += 1
            with suppress(TimeoutError):
                pause = self._chance.expovariate(per_second)
                await asyncio.wait_for(self._stopping.wait(), pause)

    def stop(self) -> None:
        """Let everybody finish."""
        self._stopping.set()

    async def _speak(self, number: int) -> None:
        text = f"soak {number}"
        person = self._chance.choice(self._people)
        begun = clock.now()
        await persist(lambda: person.say(text))
        self.book.said[text] = begun
        person.wrote = True

    async def _answer(self, number: int) -> None:
        person = self._chance.choice(self._people)
        if not person.wrote or not await self._find(person):
            return
        body = {"text": f"answer {number}", "contact_point": person.contact_point, "force": True}
        path = f"/api/v1/customers/{person.customer_id}/messages"
        sent: list[str] = []

        async def attempt() -> None:
            answer = await self._api.call("POST", path, body, once=f"soak-{number}")
            sent.append(answer["message"]["id"])

        try:
            await persist(attempt)
        except DoorClosed as error:
            # Their first message may still be on its way to us.
            if error.status != NO_ROUTE:
                raise
        else:
            self.book.answers.add(sent[-1])

    async def _find(self, person: Person) -> bool:
        if person.customer_id:
            return True
        found = await self._api.call(
            "GET", "/api/v1/customers", contact_point=person.contact_point
        )
        person.customer_id = found["items"][0]["id"] if found["items"] else ""
        return bool(person.customer_id)

    async def _sell(self, number: int) -> None:
        buyer = self._people[number % len(self._people)].contact_point
        for version, status in ((1, "confirmed"), (2, "shipped")):
            body = {"customer": {"contact_point": buyer}, "status": status, "version": version}
            await persist(lambda body=body: self._order(number, body))  # type: ignore[misc]

    async def _order(self, number: int, body: dict[str, object]) -> None:
        await self._api.call("PUT", f"/api/v1/orders/soak-{number}", body)

    async def _harm(self, _number: int) -> None:
        channel = self._chance.choice(list(FAULTS))
        fault = self._chance.choice(FAULTS[channel])
        url = f"{self._twins[channel].page}faults"
        async with self._api.client.post(url, json=fault) as answer:
            assert answer.status < 300, await answer.text()
        self.book.faults += 1

    async def calm(self) -> None:
        """No more faults."""
        for channel, ends in (("telegram", "nothing"), ("sms", "calm")):
            url = f"{self._twins[channel].page}faults"
            async with self._api.client.post(url, json={"do": ends}) as answer:
                assert answer.status < 300, await answer.text()
        async with self._api.client.delete(f"{self._twins['email'].page}faults") as answer:
            assert answer.status < 300, await answer.text()


async def persist(attempt: Callable[[], Awaitable[None]]) -> None:
    """The same thing again until it is acknowledged; what is refused for good is a fault."""
    async with asyncio.timeout(120):
        while True:
            try:
                await attempt()
            except DoorClosed as error:
                if error.status not in {0, 429, 503}:
                    raise
            except _AWAY:
                pass
            else:
                return
            await asyncio.sleep(0.2)
