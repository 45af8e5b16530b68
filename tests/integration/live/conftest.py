"""Nodes for the live tests: a database and a feed each, wake-ups between them; one numbers."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from hub import clock
from hub.db import event_log
from hub.db.engine import AnySession, Database
from hub.db.relay import Relay
from hub.db.wakeups import WakeUps
from hub.events import EventType, NewEvent
from hub.tasks import Background, background
from hub.timeline.hydrate import Summaries
from hub.timeline.live import LiveFeed
from hub.timeline.record import NewEntry, Recorded, record
from hub.timeline.transcript import Transcripts
from tests.integration.timeline.world import NOW, Person, add_inbox, add_person


async def open_ones(_: AnySession, ids: Sequence[UUID]) -> Mapping[UUID, Mapping[str, Any]]:
    return {conversation: {"id": str(conversation), "status": "open"} for conversation in ids}


@dataclass(frozen=True, slots=True)
class Node:
    database: Database
    feed: LiveFeed
    transcripts: Transcripts


@dataclass(frozen=True, slots=True)
class Shop:
    inbox: UUID
    secret: UUID
    person: Person


async def start_node(
    database: Database,
    tasks: Background,
    *,
    leads: bool = True,
    kept: int = 2048,
    summaries: Summaries = open_ones,
) -> Node:
    feed = LiveFeed(database, clock.now, summaries=summaries, kept=kept)
    tasks.start(WakeUps(database).run(), "wake-ups")
    if leads:
        tasks.start(Relay(database).run(), "relay")
    tasks.start(feed.run(), "feed")
    return Node(database, feed, Transcripts(database, feed))


async def announce(
    database: Database,
    customer: UUID,
    *entries: NewEntry,
    kind: EventType = EventType.MESSAGE_CREATED,
) -> list[Recorded]:
    """Record entries and their events, as ingest does."""
    async with database.transaction() as session:
        recorded = await record(session, entries, now=NOW)
        await event_log.append(
            session,
            [
                NewEvent(
                    kind,
                    NOW,
                    customer_id=customer,
                    conversation_id=entry.conversation_id,
                    stream_id=place.stream_id,
                    position=place.position,
                    inbox_id=entry.inbox_id,
                    data={"direction": entry.direction},
                )
                for entry, place in zip(entries, recorded, strict=True)
            ],
        )
    return recorded


@asynccontextmanager
async def second_node(url: str) -> AsyncIterator[Node]:
    async with Database.open(url) as database, background() as tasks:
        yield await start_node(database, tasks, leads=False)


@pytest.fixture
async def tasks() -> AsyncIterator[Background]:
    async with background() as owner:
        yield owner


@pytest.fixture
async def node(database: Database, tasks: Background) -> Node:
    """A running node that numbers events."""
    return await start_node(database, tasks)


@pytest.fixture
async def other_node(node: Node, database_url: str) -> AsyncIterator[Node]:
    """A second node on the same database, once both know of each other."""
    async with second_node(database_url) as other:
        assert node.database is not other.database
        yield other


@pytest.fixture
async def shop(database: Database) -> Shop:
    async with database.transaction() as session:
        inbox, secret = await add_inbox(session), await add_inbox(session)
        return Shop(inbox, secret, await add_person(session, streams=2))
