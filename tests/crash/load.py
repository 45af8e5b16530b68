"""Customers, operators and a shop that keep at it until each thing they say is acknowledged."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import aiohttp

from hub import clock
from hub.clock import rfc3339
from hub.ports.fake import FakeProvider
from tests.crash.bookings import Bookings
from tests.crash.world import World

AWAY = (aiohttp.ClientError, ConnectionError, TimeoutError)
"""What a client of a killed hub is met with: no answer, or none that counts."""
TALKERS = 7
"""So many of the speakers go on talking; the others only begin."""
A_MOMENT = timedelta(seconds=1)
_AGAIN = 0.05
"""Seconds until an unanswered client tries the same thing again."""


@dataclass
class Speaker:
    """A customer at one address, and what the hub has acknowledged of what they said, in order."""

    address: str
    say: Callable[[str, str], Awaitable[int]]
    """Say (message id, text) once; the HTTP status it was answered with."""
    said: list[str] = field(default_factory=list)


@dataclass
class Replies:
    """What an operator told one customer: (entry id, text) as accepted, in order."""

    address: str
    accepted: list[tuple[str, str]] = field(default_factory=list)


class Load:
    """Everybody at once, each with one thing at a time. New people with every load."""

    def __init__(self, world: World) -> None:
        world.loads += 1
        self._world = world
        self._name = f"load{world.loads}"
        self._chance = random.Random(world.loads)
        self._stopping = False
        self._all_sent = False
        self.speakers: list[Speaker] = []
        self.replies: list[Replies] = []
        self.later: list[Replies] = []
        """What was to be sent a moment later, and what was to go by a second way."""
        self.put_off = {f"{self._name}-l", f"{self._name}-f"}
        """Where these go."""
        self.orders: dict[str, str] = {}
        """Order to the buyer's address."""
        self.bookings = Bookings(self._name)

    @property
    def acknowledged(self) -> int:
        """How many things everybody together was told are safe."""
        said = sum(len(one.said) for one in self.speakers)
        replies = sum(len(one.accepted) for one in (*self.replies, *self.later))
        return said + replies + len(self.orders) + len(self.bookings.places)

    async def progress(self, things: int) -> None:
        """Wait until so many more are acknowledged."""
        before = self.acknowledged
        async with asyncio.timeout(60):
            while self.acknowledged < before + things:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    @asynccontextmanager
    async def running(self, *, within: float = 60) -> AsyncIterator[None]:
        """Load while the body runs; then everybody finishes, and so does the hub, in time."""
        await self._open()
        async with asyncio.TaskGroup() as reporters:
            for provider in (self._world.careful, self._world.forgiving):
                reporters.create_task(self._report(provider))
            async with asyncio.TaskGroup() as group:
                for speaker in self.speakers[:TALKERS]:
                    group.create_task(self._talk(speaker))
                for replies in self.replies:
                    group.create_task(self._reply(replies))
                group.create_task(self._sell())
                group.create_task(self._book())
                group.create_task(self._put_off(self.later[0]))
                group.create_task(self._insist(self.later[1]))
                try:
                    yield
                finally:
                    self._stopping = True
            await self._world.drained(within=within)
            self._all_sent = True
        await self._world.drained(within=within)

    async def _open(self) -> None:
        """Everybody says hello, and so becomes somebody who can be answered."""
        for n in range(3):
            self.speakers.append(await self._visitor())
            self.speakers.append(self._writer(f"fake:{self._name}-w{n}"))
        self.speakers.append(self._polled(f"fake:{self._name}-p"))
        # These two say hello and no more: what is planned for them is not overtaken by them.
        self.speakers.append(self._writer(f"fake:{self._name}-l"))
        self.speakers.append(await self._visitor())
        await asyncio.gather(*(self._say(one, "hello") for one in self.speakers))
        # One of each kind; the others only write.
        answered = (self.speakers[0], self.speakers[1], self.speakers[TALKERS - 1])
        self.replies = [Replies(one.address) for one in answered]
        self.later = [Replies(one.address) for one in self.speakers[TALKERS:]]

    # --- customers ------------------------------------------------------------------------

    async def _visitor(self) -> Speaker:
        chat = f"channels/{self._world.inboxes['chat']}"
        visit: dict[str, Any] = {}

        async def start() -> None:
            url = f"{self._world.node.url}/{chat}/visits"
            async with self._world.http.post(url, json={}) as answer:
                answer.raise_for_status()
                visit.update(await answer.json())

        await persist(start)
        headers = {"Authorization": f"Bearer {visit['token']}"}

        async def say(message_id: str, text: str) -> int:
            body = {"client_id": message_id, "text": text}
            url = f"{self._world.node.url}/{chat}/messages"
            async with self._world.http.post(url, json=body, headers=headers) as answer:
                return answer.status

        return Speaker(visit["contact_point"], say)

    def _writer(self, address: str) -> Speaker:
        sender = address.partition(":")[2]

        async def say(message_id: str, text: str) -> int:
            async with asyncio.timeout(10):
                return await self._world.careful.write(sender, text, message_id=message_id)

        return Speaker(address, say)

    def _polled(self, address: str) -> Speaker:
        provider, sender = self._world.forgiving, address.partition(":")[2]

        async def say(message_id: str, text: str) -> int:
            number = provider.queue(sender, text, message_id=message_id)
            while provider.confirmed < number:  # noqa: ASYNC110 - the hub asks when it likes
                await asyncio.sleep(0.01)
            return 200

        return Speaker(address, say)

    async def _talk(self, speaker: Speaker) -> None:
        while not self._stopping:
            await self._say(speaker, f"message {len(speaker.said)}")
            await self._pause()

    async def _say(self, speaker: Speaker, text: str) -> None:
        who = self.speakers.index(speaker)
        message_id = f"{self._name}-{who}-{len(speaker.said)}"

        async def attempt() -> None:
            _acknowledged(await speaker.say(message_id, text))

        await persist(attempt)
        speaker.said.append(text)

    # --- operators and the shop -----------------------------------------------------------

    async def _reply(self, replies: Replies) -> None:
        customer = await self._customer(replies.address)
        while not self._stopping:
            await self._write(customer, replies)
            await self._pause()

    async def _put_off(self, replies: Replies) -> None:
        """Write for a moment later, and put the conversation to sleep for a moment."""
        customer = await self._customer(replies.address)
        while not self._stopping:
            sent = await self._write(customer, replies, send_at=_in(A_MOMENT))
            conversation = f"conversations/{sent['message']['conversation_id']}"
            await persist(lambda one=conversation: self._snooze(one))  # type: ignore[misc]
            await asyncio.sleep(2 * A_MOMENT.total_seconds())

    async def _snooze(self, conversation: str) -> None:
        url = f"{self._world.node.url}/api/v1/{conversation}"
        headers = {"Authorization": f"Bearer {self._world.token}"}
        body = {"snoozed_until": _in(A_MOMENT)}
        async with self._world.http.patch(url, json=body, headers=headers) as answer:
            # What was to come has passed when the hub was away meanwhile: said anew.
            _acknowledged(503 if answer.status == 422 else answer.status)

    async def _insist(self, replies: Replies) -> None:
        """Write to a page that nobody looks at, and by another way a moment later."""
        customer = await self._customer(replies.address)
        other = {"scheme": "fake", "value": f"{self._name}-f"}
        await self._api("POST", f"customers/{customer}/contact-points", json=other)
        while not self._stopping:
            ways = [{"channel": "fake", "after": "1s"}]
            await self._write(customer, replies, fallback=ways)
            await asyncio.sleep(A_MOMENT.total_seconds())

    async def _customer(self, address: str) -> str:
        found = await self._api("GET", "customers", params={"contact_point": address})
        return str(found["items"][0]["id"])

    async def _write(self, customer: str, replies: Replies, **more: Any) -> Mapping[str, Any]:
        number = len(replies.accepted)
        text = f"answer {number} to {replies.address}"
        once = {"Idempotency-Key": f"{replies.address}-{number}"}
        body = {"text": text, "contact_point": replies.address, **more}
        sent = await self._api("POST", f"customers/{customer}/messages", json=body, headers=once)
        replies.accepted.append((sent["message"]["id"], text))
        return sent

    async def _sell(self) -> None:
        """Push orders, each through two states, with a repeat and a version that comes late."""
        while not self._stopping:
            order = f"{self._name}-o{len(self.orders)}"
            buyer = f"fake:{order}"
            self.orders[order] = buyer
            for version, status in (
                (1, "confirmed"),
                (1, "confirmed"),
                (2, "shipped"),
                (1, "confirmed"),
            ):
                body = {"customer": {"contact_point": buyer}, "status": status, "version": version}
                await self._api("PUT", f"orders/{order}", json=body)
            await self._pause()

    async def _book(self) -> None:
        async def push(appointment: str, body: Mapping[str, Any]) -> None:
            await self._api("PUT", f"appointments/{appointment}", json=body)

        while not self._stopping or not self.bookings.of_every_kind:
            await self.bookings.book(push)
            await self._pause()

    async def _report(self, provider: FakeProvider) -> None:
        """Tell the hub of every message that it has arrived."""
        done = 0
        while not self._all_sent or done < len(provider.taken):
            for handed in provider.taken[done:]:
                await persist(lambda one=handed.id: _receipt(provider, one))  # type: ignore[misc]
                done += 1
            await asyncio.sleep(0.02)

    async def _api(self, method: str, path: str, **sent: Any) -> Mapping[str, Any]:
        answer: dict[str, Any] = {}

        async def attempt() -> None:
            answer.update(await self._world.api(method, path, **sent))

        await persist(attempt)
        return answer

    async def _pause(self) -> None:
        await asyncio.sleep(self._chance.uniform(0, 0.2))


def _in(span: timedelta) -> str:
    return rfc3339(clock.now() + span)


async def _receipt(provider: FakeProvider, message_id: str) -> None:
    async with asyncio.timeout(10):
        _acknowledged(await provider.receipts([(message_id, "delivered")]))


def _acknowledged(status: int) -> None:
    """Only a hub that is not able just now may refuse, and says so: 404 would end the matter."""
    if status == 503:
        raise aiohttp.ClientError
    assert status in {200, 201}, status


async def persist(attempt: Callable[[], Awaitable[None]], *, within: float = 300) -> None:
    """The same thing again until it is acknowledged."""
    async with asyncio.timeout(within) as limit:
        while True:
            try:
                await attempt()
            except AWAY:
                if limit.expired():
                    raise
                await asyncio.sleep(_AGAIN)
            else:
                return
