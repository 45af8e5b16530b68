"""A hub with one reminder rule, a booking system that pushes, and time in the test's hand."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from hub.appointments.put import put_appointment
from hub.conversations.inbound.ingest import Ingest
from hub.db import event_log
from hub.db.engine import Database
from hub.db.relay import Relay
from hub.due.loop import DueHandler
from hub.due.queue import Claim, claim
from hub.events import Event
from hub.inboxes.open_inbox import InboxRef
from hub.inboxes.registry import Registry
from hub.objects.body import PushedBody
from hub.ports import Accepted, Address, InboundMessage, Proof
from hub.reminders import loops, repository
from hub.reminders.answering import AnswerReader
from hub.reminders.reader import ReminderReader
from hub.reminders.repository import Only
from hub.rules import repository as rules
from hub.rules.actions import Tools
from hub.rules.later import LaterRules
from hub.rules.replies import QuestionReader
from hub.rules.spec import parse
from hub.tasks import background
from hub.timeline.files import FileStore
from tests.channels import INSTALLED

START = datetime(2026, 5, 3, 9, tzinfo=UTC)
RULE: dict[str, Any] = {
    "name": "A day before",
    "trigger": {"before": "appointment.starts_at", "by": "24h"},
    "conditions": {"field": "appointment.status", "is": "booked"},
    "actions": [{"send": {"text": "See you at {{ appointment.place }}", "purpose": "reminder"}}],
    "late": "30m",
}
_INBOX = text("""
    INSERT INTO inboxes (channel, name, settings) VALUES ('webchat', 'Desk', '{}') RETURNING id
""")


@dataclass
class Desk:
    """`seen`: how far the reader has come, as a durable reader would keep it."""

    database: Database
    now: datetime = START
    seen: int = 0
    version: int = 0
    written: int = 0
    inbox: InboxRef | None = None
    tools: Tools = field(default_factory=lambda: Tools(Registry.load()))

    def clock(self) -> datetime:
        return self.now

    async def customer(self, name: str = "ann", zone: str = "") -> str:
        """Somebody who wrote in the chat once; their contact point."""
        if self.inbox is None:
            async with self.database.transaction() as session:
                inbox_id = await session.scalar(_INBOX)
            assert inbox_id is not None
            self.inbox = InboxRef(inbox_id, "webchat", "Desk", "main")
        await self.says(name, "Hello")
        if zone:
            async with self.database.transaction() as session:
                await session.execute(
                    text("UPDATE customers SET time_zone = :zone"), {"zone": zone}
                )
        return f"webchat:{self.inbox.id}/u/{name}"

    async def says(
        self,
        name: str,
        words: str,
        *,
        button: str = "",
        under: str = "",
        calendar: dict[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        **facts: Any,
    ) -> None:
        """Write in the chat, press a button `under` a message of ours, or answer by calendar."""
        assert self.inbox is not None
        self.written += 1
        ingest = Ingest(self.database, self.clock, FileStore(self.database), tell=lambda _: None)
        taken = await ingest.sink(self.inbox).message(
            InboundMessage(
                external_id=f"message-{self.written}",
                address=Address("webchat", f"{self.inbox.id}/u/{name}"),
                text=words,
                occurred_at=self.now,
                sender_name=name,
                thread=(under,) if under else (),
                data={
                    **({"button": button} if button else {}),
                    **({"calendar": calendar} if calendar else {}),
                    **(data or {}),
                },
                **{"proof": Proof.SIGNED, **facts},
            )
        )
        await ingest.close()
        assert isinstance(taken, Accepted)

    async def rule(self, **changes: object) -> UUID:
        async with self.database.transaction() as session:
            rule, _ = await rules.store(
                session, parse({**RULE, **changes}), channels=INSTALLED, now=self.now
            )
            return rule.id

    async def push(self, contact_point: str, key: str = "7", **body: Any) -> UUID:
        self.version += 1
        pushed = {
            "customer": {"contact_point": contact_point},
            "version": self.version,
            "place": "Nevsky 10",
            **body,
        }
        async with self.database.transaction() as session:
            done = await put_appointment(
                session, "desk", key, PushedBody.model_validate(pushed), by=None, now=self.now
            )
            return done.row.id

    async def events(self) -> Sequence[Event]:
        """Every event that has been committed and not been read."""
        async with background() as tasks:
            tasks.start(Relay(self.database).run(), "relay")
            async with asyncio.timeout(20):
                while await self._behind():  # noqa: ASYNC110 - there is nothing to wait on
                    await asyncio.sleep(0.01)
        async with self.database.transaction() as session:
            return await event_log.read(session, after=self.seen, limit=1000)

    async def read(self) -> None:
        """Let the readers see every event that has been committed."""
        events, registry = await self.events(), self.tools.registry
        readers = (
            ReminderReader(self.clock),
            AnswerReader(registry, self.clock),
            QuestionReader(registry, self.clock),
        )
        for reader in readers:
            async with self.database.transaction() as session:
                await reader(session, events)
        self.seen = events[-1].seq if events else self.seen

    async def _behind(self) -> bool:
        async with self.database.reading() as session:
            pending = await session.scalar(text("SELECT count(*) FROM pending_events"))
        return bool(pending)

    async def work(self, after: timedelta = timedelta(0)) -> None:
        """Do all that is due, then or earlier."""
        self.now += after
        handlers = self.handlers()
        for _ in range(50):
            claims = await self.claim(handlers)
            if not claims:
                return
            for kind, handler in handlers.items():
                if mine := [one for one in claims if one.kind == kind]:
                    await handler(mine)
        raise AssertionError("it does not come to an end")

    def handlers(self) -> Mapping[str, DueHandler]:
        """By kind, what does the due work of reminders and rules."""
        later = LaterRules(self.database, self.tools, self.clock)
        return {**loops.handlers(self.database, self.clock, self.tools), **later.handlers}

    async def claim(self, kinds: Collection[str]) -> Sequence[Claim]:
        """Take what is due of these kinds."""
        async with self.database.transaction() as session:
            return await claim(
                session, list(kinds), now=self.now, limit=50, lease=timedelta(minutes=1)
            )

    async def reminders(self, object_id: UUID | None = None) -> list[tuple[str, str, str]]:
        """(status, reason, due) of each, the oldest first."""
        async with self.database.reading() as session:
            found = await repository.listed(session, Only(object=object_id), limit=100)
        return [(one["status"], one["reason"], one["due_at"][5:16]) for one in reversed(found)]

    async def until_somebody_waits(self) -> None:
        """Until a transaction waits for what another one has locked."""
        waits = text("""SELECT EXISTS (SELECT FROM pg_stat_activity
                        WHERE datname = current_database() AND wait_event_type = 'Lock')""")
        while True:
            async with self.database.reading() as session:
                if await session.scalar(waits):
                    return
            await asyncio.sleep(0.02)

    async def said(self) -> list[str]:
        async with self.database.reading() as session:
            rows = await session.scalars(
                text("SELECT text FROM entries WHERE direction = 'outbound' ORDER BY position")
            )
            return list(rows)

    async def waiting(self) -> int:
        async with self.database.reading() as session:
            return int(
                await session.scalar(text("SELECT count(*) FROM due WHERE kind = 'reminder'")) or 0
            )
