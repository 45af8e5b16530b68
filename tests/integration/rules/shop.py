"""A shop whose customers write in a chat: what the tests of rules happen in."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from hub import clock
from hub.conversations.inbound.ingest import Ingest
from hub.db.engine import Database
from hub.db.reader import follow
from hub.db.relay import Relay
from hub.due import queue
from hub.due.loop import Pace
from hub.due.queue import Claim
from hub.inboxes.open_inbox import InboxRef
from hub.inboxes.registry import Registry
from hub.objects.body import PushedBody
from hub.orders.put import put_order
from hub.ports import Accepted, Address, InboundMessage, Proof
from hub.rules import repository
from hub.rules.actions import Tools
from hub.rules.clock_times import ClockRules
from hub.rules.later import LaterRules
from hub.rules.reader import RuleReader
from hub.rules.spec import parse
from hub.tasks import background
from hub.timeline.files import FileStore
from tests.channels import INSTALLED

_SAID = text("""
    SELECT text FROM entries WHERE direction = 'outbound' ORDER BY position
""")
_DECIDED = text("SELECT outcome, reason FROM decisions WHERE rule_id IS NOT NULL ORDER BY at, id")


@dataclass
class Shop:
    database: Database
    inbox: InboxRef

    async def rule(self, document: Any) -> UUID:
        async with self.database.transaction() as session:
            rule, _ = await repository.store(
                session,
                parse(document),
                channels=INSTALLED,
                now=clock.now(),
            )
            return rule.id

    async def customer(self, name: str, locale: str) -> str:
        """Somebody who wrote in the chat once; their contact point."""
        return await self.hears(name, "Hello", "hello", locale)

    async def hears(self, name: str, words: str, key: str, locale: str = "en") -> str:
        """They write; their contact point."""
        ingest = Ingest(self.database, clock.now, FileStore(self.database), tell=lambda _: None)
        value = f"{self.inbox.id}/u/{name}"
        taken = await ingest.sink(self.inbox).message(
            InboundMessage(
                external_id=f"{key}-{name}",
                address=Address("webchat", value),
                text=words,
                occurred_at=clock.now(),
                proof=Proof.SIGNED,
                sender_name=name,
                locale=locale,
            )
        )
        await ingest.close()
        assert isinstance(taken, Accepted)
        return f"webchat:{value}"

    async def rows(self, sql: str, **values: object) -> Sequence[Any]:
        async with self.database.reading() as session:
            return (await session.execute(text(sql), values)).all()

    async def come_due(self, kind: str, at: datetime) -> int:
        """Do what is due of `kind` by then, as if it were then; how much it was."""
        claims = await self.claim(kind, at)
        await self.do(kind, claims, at)
        return len(claims)

    async def claim(self, kind: str, at: datetime) -> Sequence[Claim]:
        """Take what is due of `kind` by then."""
        async with self.database.transaction() as session:
            return await queue.claim(session, [kind], now=at, limit=100, lease=Pace().lease)

    async def do(self, kind: str, claims: Sequence[Claim], at: datetime) -> None:
        """Do what was taken, as if it were then."""
        tools = Tools(Registry.load())
        later = LaterRules(self.database, tools, lambda: at)
        clocks = ClockRules(self.database, tools, lambda: at)
        await {**later.handlers, **clocks.handlers}[kind](claims)

    async def push(self, contact_point: str, status: str, version: int, **more: object) -> None:
        body = PushedBody.model_validate(
            {
                "customer": {"contact_point": contact_point},
                "number": "1043",
                "status": status,
                "version": version,
                **more,
            }
        )
        async with self.database.transaction() as session:
            await put_order(session, "shop", "1043", body, by=None, now=clock.now())

    async def said(self) -> list[str]:
        async with self.database.reading() as session:
            return list((await session.scalars(_SAID)).all())

    async def decided(self) -> list[tuple[str, str]]:
        async with self.database.reading() as session:
            return [(row.outcome, row.reason) for row in await session.execute(_DECIDED)]

    async def read_to_the_end(self) -> None:
        """Until the reader has come to the end of the log."""
        behind = text("""
            SELECT EXISTS (SELECT FROM pending_events)
                OR coalesce((SELECT max(seq) FROM events), 0)
                   > (SELECT seq FROM event_readers WHERE name = 'rules')
        """)
        async with asyncio.timeout(15):
            while True:
                async with self.database.reading() as session:
                    if (await session.scalar(behind)) is False:
                        return
                await asyncio.sleep(0.02)


@asynccontextmanager
async def reading(database: Database) -> AsyncIterator[None]:
    """A node that numbers events and runs rules."""
    reader = RuleReader(Tools(Registry.load()), clock.now)
    async with background() as tasks:
        tasks.start(Relay(database).run(), "relay")
        tasks.start(follow(database, RuleReader.NAME, reader), "rules")
        yield
