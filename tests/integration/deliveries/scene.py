"""A stage for the outbox: customers, inboxes, deliveries, a clock to turn, a channel to script."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import text

from hub.customers.identify import Home, Seen, identify
from hub.db.engine import Database, WriteSession
from hub.deliveries.enqueue import NewDelivery, enqueue
from hub.deliveries.outbox import Outbox
from hub.due import queue
from hub.due.loop import DueHandler
from hub.ids import new_id
from hub.inboxes.open_inbox import InboxRef, OpenInbox
from hub.ports import Capabilities, InboxMisconfigured, OutboundMessage, SendReceipt
from hub.timeline.record import NewEntry, record

CAPABILITIES = Capabilities(frozenset({"fake"}), 4096, can_start=True)
SAFE = replace(CAPABILITIES, repeat_is_safe=True)
START = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)

Behaviour = Callable[[OutboundMessage], Awaitable[SendReceipt | None]]


class Worker(Protocol):
    """Whatever has handlers for due work."""

    @property
    def handlers(self) -> Mapping[str, DueHandler]: ...


class Channel:
    """Takes what it is given, or does what it is told; remembers both."""

    def __init__(self, capabilities: Capabilities = CAPABILITIES) -> None:
        self.capabilities = capabilities
        self.sent: list[OutboundMessage] = []
        self.faults: defaultdict[str, list[Exception]] = defaultdict(list)
        """By text: what the next sends of it raise."""
        self.behave: Behaviour | None = None
        self.now_sending = 0
        self.most_at_once = 0
        self.misconfigured: list[InboxMisconfigured] = []

    async def send(self, message: OutboundMessage, /) -> SendReceipt:
        self.now_sending += 1
        self.most_at_once = max(self.most_at_once, self.now_sending)
        try:
            return await self._send(message)
        finally:
            self.now_sending -= 1

    async def _send(self, message: OutboundMessage) -> SendReceipt:
        if self.faults[message.text]:
            raise self.faults[message.text].pop(0)
        receipt = await self.behave(message) if self.behave else None
        self.sent.append(message)
        return receipt or SendReceipt(external_id=f"x-{message.delivery_id}")

    async def receive(self) -> None:
        await asyncio.Event().wait()

    @property
    def texts(self) -> list[str]:
        return [one.text for one in self.sent]

    def copies(self) -> Counter[UUID]:
        return Counter(one.delivery_id for one in self.sent)


@dataclass
class Turned:
    """A clock that stands until it is turned."""

    at: datetime = START

    def __call__(self) -> datetime:
        return self.at

    def turn(self, **by: float) -> None:
        self.at += timedelta(**by)


class Scene:
    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self.database = database
        self.clock = clock
        self.open: dict[UUID, OpenInbox] = {}

    async def inbox(
        self, channel: Channel | None, *, name: str = "shop", kind: str = "fake"
    ) -> UUID:
        """An inbox; open on this stage when there is a channel for it."""
        inbox_id = new_id()
        await self.execute(
            "INSERT INTO inboxes (id, channel, name, settings, state) "
            "VALUES (:id, :kind, :name, '{}', 'open')",
            id=inbox_id,
            kind=kind,
            name=name,
        )
        if channel is not None:
            self.open_inbox(inbox_id, channel)
        return inbox_id

    def open_inbox(self, inbox_id: UUID, channel: Channel) -> None:
        self.open[inbox_id] = OpenInbox(
            InboxRef(inbox_id, "fake", "shop", "main"),
            channel,
            channel.capabilities,
            channel.misconfigured.append,
        )

    async def contact(self, name: str) -> Home:
        async with self.database.transaction() as session:
            (home,) = await identify(
                session, [Seen("fake", name)], evidence_by=("system", None), now=self.clock()
            )
        return home

    async def deliver(self, home: Home, inbox_id: UUID, words: str, **changes: Any) -> UUID:
        """Queue one message of one part; returns the id of its delivery."""
        async with self.database.transaction() as session:
            return await self.queue(session, home, inbox_id, words, **changes)

    async def queue(
        self, session: WriteSession, home: Home, inbox_id: UUID, words: str, **changes: Any
    ) -> UUID:
        """`deliver` in a transaction that is open."""
        entry = NewEntry(
            home.stream_id,
            "message",
            "operator",
            self.clock(),
            new_id(),
            direction="outbound",
            inbox_id=inbox_id,
            contact_point_id=home.contact_point_id,
            text=words,
            status="queued",
        )
        (recorded,) = await record(session, [entry], now=self.clock())
        delivery = NewDelivery(
            new_id(),
            recorded.id,
            recorded.stream_id,
            recorded.position,
            home.root_id,
            home.contact_point_id,
            inbox_id,
            "fake",
            "somebody",
            {"text": words},
            self.clock() + timedelta(hours=1),
        )
        delivery = delivery._replace(**changes)
        await enqueue(session, [delivery], self.clock())
        return delivery.id

    def outbox(self) -> Outbox:
        return Outbox(self.database, self.clock, self.open.get, jitter=lambda: 0.5)

    async def pump(self, outbox: Worker, *, rounds: int = 20, limit: int = 50) -> int:
        """Do what is due by the clock, as the loop would, until nothing is; how much it was."""
        done = 0
        for _ in range(rounds):
            async with self.database.transaction() as session:
                claims = await queue.claim(
                    session,
                    list(outbox.handlers),
                    now=self.clock(),
                    limit=limit,
                    lease=timedelta(seconds=60),
                )
            if not claims:
                return done
            done += len(claims)
            for kind, handle in outbox.handlers.items():
                if mine := [one for one in claims if one.kind == kind]:
                    await handle(mine)
        raise AssertionError("It never came to rest.")

    async def next_ready(self) -> datetime | None:
        async with self.database.reading() as session:
            return await queue.next_ready(session, ["lane"])

    async def row(self, delivery_id: UUID) -> Any:
        rows = await self.execute("SELECT * FROM deliveries WHERE id = :id", id=delivery_id)
        return rows[0]

    async def status(self, delivery_id: UUID) -> str:
        return str((await self.row(delivery_id)).status)

    async def message_status(self, delivery_id: UUID) -> str:
        rows = await self.execute(
            "SELECT e.status FROM entries e JOIN deliveries d ON d.entry_id = e.id "
            "WHERE d.id = :id",
            id=delivery_id,
        )
        return str(rows[0].status)

    async def attempts(self, delivery_id: UUID) -> list[str]:
        rows = await self.execute(
            "SELECT outcome FROM attempts WHERE delivery_id = :id ORDER BY number", id=delivery_id
        )
        return [row.outcome for row in rows]

    async def execute(self, statement: str, **values: object) -> list[Any]:
        async with self.database.transaction() as session:
            result = await (await session.connection()).execute(text(statement), values)
            return list(result) if result.returns_rows else []
