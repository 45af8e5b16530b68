"""A webhook, a receiver that answers as it is told, and a clock that a test moves."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import orjson
import pytest
from aiohttp import web
from sqlalchemy import text

from hub.conversations.repository import summaries
from hub.crypto import Keyring
from hub.db import event_log
from hub.db.engine import Database
from hub.db.relay import Relay
from hub.due import queue
from hub.due.queue import Claim
from hub.events import Event, EventType, NewEvent
from hub.inboxes.outgoing_http import outgoing_http
from hub.tasks import background
from hub.webhooks import repository
from hub.webhooks.enqueue import KIND
from hub.webhooks.reader import WebhookReader
from hub.webhooks.repository import Draft
from hub.webhooks.sending import WebhookSender

LOCAL = (ip_network("127.0.0.0/8"),)
LEASE = timedelta(seconds=60)


@dataclass
class Called:
    """One call, as the receiver saw it."""

    id: str
    signature: str
    timestamp: str
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(self.raw)
        return found


@dataclass
class Receiver:
    """Answers with the next of `answers`, then with 204; `holding` makes it wait."""

    url: str = ""
    calls: list[Called] = field(default_factory=list)
    answers: list[web.Response] = field(default_factory=list)
    holding: asyncio.Event | None = None
    called: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        carried = request.headers
        self.calls.append(
            Called(
                carried["webhook-id"],
                carried["webhook-signature"],
                carried["webhook-timestamp"],
                await request.read(),
            )
        )
        self.called.set()
        if self.holding is not None:
            await self.holding.wait()
        return self.answers.pop(0) if self.answers else web.Response(status=204)

    @property
    def seqs(self) -> list[int]:
        return [one.body["seq"] for one in self.calls]


@dataclass
class Stand:
    """All that it takes to tell a webhook something."""

    database: Database
    receiver: Receiver
    sender: WebhookSender
    keyring: Keyring
    now: datetime = field(default_factory=lambda: datetime(2026, 5, 3, 9, 0, tzinfo=UTC))

    def clock(self) -> datetime:
        return self.now

    def move(self, by: timedelta) -> None:
        self.now += by

    async def webhook(self, *events: str, name: str = "shop", url: str = "") -> tuple[UUID, str]:
        draft = Draft(name, url or self.receiver.url, events or ("*",))
        async with self.database.transaction() as session:
            row, secret = await repository.create(
                session, draft, keyring=self.keyring, exempt=LOCAL, now=self.now
            )
        return row.id, secret

    async def happens(
        self, *customers: UUID | None, kind: EventType = EventType.CUSTOMER_UPDATED
    ) -> Sequence[Event]:
        """Events of these customers, numbered; the reader has seen them."""
        before = await self._events()
        async with self.database.transaction() as session:
            told = [NewEvent(kind, self.now, customer_id=one) for one in customers]
            await event_log.append(session, told)
        async with background() as tasks, asyncio.timeout(30):
            tasks.start(Relay(self.database).run(), "relay")
            while len(events := await self._events()) < len(before) + len(customers):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        fresh = events[len(before) :]
        async with self.database.transaction() as session:
            await WebhookReader(self.clock)(session, fresh)
        return fresh

    async def _events(self) -> Sequence[Event]:
        async with self.database.reading() as session:
            return await event_log.read(session, after=0, limit=10_000)

    async def claims(self) -> Sequence[Claim]:
        async with self.database.transaction() as session:
            return await queue.claim(session, [KIND], now=self.now, limit=100, lease=LEASE)

    async def works(self) -> None:
        """What the due loop does in one turn."""
        await self.sender.deliver(await self.claims())

    async def rows(self, query: str, **values: object) -> list[Any]:
        async with self.database.reading() as session:
            return list((await session.execute(text(query), values)).all())

    async def statuses(self) -> list[str]:
        found = await self.rows("SELECT status FROM webhook_deliveries ORDER BY seq, id")
        return [row.status for row in found]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made, app = Receiver(), web.Application()
    app.router.add_post("/hook", made.answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield made
    if made.holding is not None:
        made.holding.set()
    await runner.cleanup()


@pytest.fixture
async def stand(database: Database, receiver: Receiver) -> AsyncIterator[Stand]:
    keyring = Keyring("a secret for tests")
    async with outgoing_http(LOCAL) as http:
        made: Stand

        def clock() -> datetime:
            return made.now

        sender = WebhookSender(database, clock, keyring, http, summaries)
        made = Stand(database, receiver, sender, keyring)
        yield made
