"""What the tests of ingest share: an inbox, a sink over it, messages, and a look at the tables."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from hub import clock
from hub.conversations.inbound.ingest import InboxSink, Ingest
from hub.db.engine import Database
from hub.inboxes.open_inbox import InboxRef
from hub.ports import Address, InboundMessage, Proof
from hub.timeline.files import FileStore
from hub.timeline.transient import Transient

WRITTEN = datetime(2026, 5, 3, 9, 0, tzinfo=UTC)


def message(external_id: str, text: str = "Good day", **changed: Any) -> InboundMessage:
    """A message from `telegram:17`, unless told otherwise."""
    facts: dict[str, Any] = {
        "external_id": external_id,
        "address": Address("telegram", "17"),
        "text": text,
        "occurred_at": WRITTEN,
        "proof": Proof.PROVIDER,
        "sender_name": "Anna",
    }
    return InboundMessage(**{**facts, **changed})


async def rows(database: Database, sql: str, **values: object) -> list[dict[str, Any]]:
    async with database.reading() as session:
        return [dict(row) for row in (await session.execute(text(sql), values)).mappings()]


async def make_inbox(
    database: Database, channel: str = "telegram", pool: str = "main"
) -> InboxRef:
    async with database.transaction() as session:
        inbox_id: UUID = (
            await session.execute(
                text(
                    "INSERT INTO inboxes (channel, name, pool) VALUES (:channel, 'Shop', :pool)"
                    " RETURNING id"
                ),
                {"channel": channel, "pool": pool},
            )
        ).scalar_one()
    return InboxRef(inbox_id, channel, "Shop", pool)


@dataclass(frozen=True)
class Desk:
    """One process's way in: its ingest, an inbox, and what was told of transient signals."""

    database: Database
    ingest: Ingest
    inbox: InboxRef
    told: list[Transient]

    @property
    def sink(self) -> InboxSink:
        return self.ingest.sink(self.inbox)

    async def rows(self, sql: str, **values: object) -> list[dict[str, Any]]:
        return await rows(self.database, sql, **values)


OpenIngest = Callable[[Database], Ingest]


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    told: list[Transient] = []
    files = FileStore(database, max_bytes=5_000_000)
    ingest = Ingest(database, clock.now, files, tell=told.append)
    yield Desk(database, ingest, await make_inbox(database), told)
    await ingest.close()
