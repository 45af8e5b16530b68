"""A company with two inboxes, one of which belongs to a team, and a customer who wrote to both."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from hub.conversations.inbound.ingest import Ingest
from hub.db import event_log
from hub.db.relay import Relay
from hub.inboxes.open_inbox import InboxRef
from hub.operators import teams
from hub.operators.access import Role
from hub.ports import Accepted, Address, Attachment, InboundMessage, Proof
from hub.tasks import background
from hub.timeline import search_index
from tests.integration.timeline.world import add_inbox
from tests.integration.web.conftest import Client, World

API = "/api/v1"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(64)


@dataclass
class Room:
    """One inbox with a conversation: a message with a file, a note, an answer with a delivery."""

    inbox: UUID
    conversation: str
    message: str
    file: str
    answer: str
    delivery: str
    position: int


@dataclass
class Shop:
    customer: str
    public: Room
    secret: Room
    team: UUID
    boss: Client
    member: Client
    outsider: Client
    member_id: UUID
    outsider_id: UUID


async def json(answer: Any) -> Any:
    assert answer.ok, await answer.text()
    return await answer.json()


async def build(world: World) -> Shop:
    boss = await world.as_role(Role.ADMINISTRATOR)
    member_id = await world.operator(email="member@example.com", name="Member")
    outsider_id = await world.operator(email="outsider@example.com", name="Outsider")
    async with world.database.transaction() as session:
        inboxes = await add_inbox(session), await add_inbox(session)
        team = await teams.create(session, "Complaints", world.clock())
        await teams.set_members(session, team, [member_id])
        await teams.set_inboxes(session, team, [inboxes[1]])
    customer, public = await write(world, boss, inboxes[0], "public")
    _, secret = await write(world, boss, inboxes[1], "secret")
    await index(world)
    return Shop(
        customer,
        public,
        secret,
        team,
        boss,
        await world.as_operator(member_id),
        await world.as_operator(outsider_id),
        member_id,
        outsider_id,
    )


async def write(world: World, boss: Client, inbox: UUID, word: str) -> tuple[str, Room]:
    """The customer writes `word` to the inbox, and is answered and noted with it."""
    ingest = Ingest(world.database, world.clock, world.services.files, tell=lambda _: None)
    said = InboundMessage(
        external_id=f"{word}-1",
        address=Address("webchat", "visitor"),
        text=f"My {word} question",
        occurred_at=world.clock(),
        proof=Proof.PROVIDER,
        attachments=(Attachment(f"{word}.png", PICTURE + word.encode()),),
        sender_name="Ирина",
    )
    accepted = await ingest.sink(InboxRef(inbox, "webchat", "Chat", word)).message(said)
    await ingest.close()
    assert isinstance(accepted, Accepted)
    found = await json(await boss.get(f"{API}/conversations?inbox={inbox}"))
    (conversation,) = found["items"]
    customer = conversation["customer"]["id"]
    here = {"conversation_id": conversation["id"], "text": f"A {word} answer"}
    sent = await json(await boss.post(f"{API}/customers/{customer}/messages", json=here))
    noted = {**here, "text": f"A {word} note"}
    await json(await boss.post(f"{API}/customers/{customer}/notes", json=noted))
    timeline = await json(await boss.get(f"{API}/customers/{customer}/timeline"))
    (entry,) = [one for one in timeline["items"] if one["text"] == said.text]
    return customer, Room(
        inbox,
        conversation["id"],
        entry["id"],
        entry["files"][0]["id"],
        sent["message"]["id"],
        sent["deliveries"][0]["id"],
        sent["message"]["position"],
    )


async def index(world: World) -> None:
    """What the relay and the reader of the search index do."""
    async with background() as tasks:
        tasks.start(Relay(world.database).run(), "relay")
        while await _pending(world):  # noqa: ASYNC110 - another process might number them
            await asyncio.sleep(0.01)
    async with world.database.transaction() as session:
        await search_index.index(session, await event_log.read(session, after=0, limit=1000))


async def _pending(world: World) -> bool:
    async with world.database.reading() as session:
        return bool(await session.scalar(text("SELECT EXISTS (SELECT 1 FROM pending_events)")))
