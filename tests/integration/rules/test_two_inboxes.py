"""One mail addressed to two of our inboxes is two messages; who wrote it is answered once."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from hub import clock
from hub.conversations.inbound.ingest import Ingest
from hub.db.engine import Database
from hub.hours import store
from hub.inboxes.open_inbox import InboxRef
from hub.ports import Accepted, Address, InboundMessage
from hub.rules import repository, yaml_text
from hub.rules.planning import GATHER
from hub.timeline.files import FileStore
from tests.integration.rules.shop import Shop, reading

(AWAY,) = yaml_text.read(Path("docs/examples/rules/out-of-hours.yaml").read_text(), "out-of-hours")


async def inbox(database: Database, name: str, pool: str) -> InboxRef:
    made = text("""
        INSERT INTO inboxes (channel, name, pool, settings)
        VALUES ('email', :name, :pool, jsonb_build_object('address', :name || '@shop.example'))
        RETURNING id
    """)
    async with database.transaction() as session:
        inbox_id = await session.scalar(made, {"name": name, "pool": pool})
    assert inbox_id is not None
    return InboxRef(inbox_id, "email", name, pool)


async def arrives(database: Database, at: InboxRef, subject: str = "Hello") -> None:
    """The mail that both were written to, as each of their mailboxes brings it."""
    ingest = Ingest(database, clock.now, FileStore(database), tell=lambda _: None)
    mail = InboundMessage(
        external_id=f"{subject}@home.example",
        address=Address("email", "anna@home.example"),
        text="Are you open?",
        occurred_at=clock.now(),
        data={"subject": subject},
    )
    assert isinstance(await ingest.sink(at).message(mail), Accepted)
    await ingest.close()


async def out_of_hours(database: Database, pools: tuple[str, str]) -> tuple[Shop, list[InboxRef]]:
    """The shipped rule, switched on, in a company that is never open."""
    inboxes = [await inbox(database, *one) for one in zip(("help", "sales"), pools, strict=True)]
    shop = Shop(database, inboxes[0])
    never = {"name": "Never", "time_zone": "UTC", "week": [], "holidays": [], "default": True}
    async with database.transaction() as session:
        await store.create(session, never, clock.now())
        await repository.store(session, AWAY.model_copy(update={"enabled": True}), now=clock.now())
    return shop, inboxes


async def gathered(shop: Shop) -> int:
    return await shop.come_due(GATHER, clock.now() + timedelta(seconds=30))


@pytest.mark.parametrize("pools", [("main", "main"), ("main", "sales")])
async def test_the_shipped_out_of_hours_answer_goes_once(
    database: Database, pools: tuple[str, str]
) -> None:
    """Also where the two flow into conversations of their own."""
    shop, inboxes = await out_of_hours(database, pools)
    async with reading(database):
        for one in inboxes:
            await arrives(database, one)
            await shop.read_to_the_end()
        assert await gathered(shop) == 1
    assert len(await shop.said()) == 1
    found = await shop.rows("SELECT DISTINCT inbox_id FROM entries WHERE direction = 'inbound'")
    assert len(found) == 2, "two messages, each where its inbox's people see it"


async def test_one_that_a_mailbox_brings_later_is_not_answered_again(database: Database) -> None:
    shop, inboxes = await out_of_hours(database, ("main", "main"))
    async with reading(database):
        for one in inboxes:
            await arrives(database, one)
            await shop.read_to_the_end()
            assert await gathered(shop) == 1
    assert len(await shop.said()) == 1


async def test_what_greets_a_new_conversation_greets_once(database: Database) -> None:
    inboxes = [await inbox(database, name, "main") for name in ("help", "sales")]
    shop = Shop(database, inboxes[0])
    greeting = {"send": {"text": "We have your mail."}}
    opened = {"on": "conversation.opened"}
    await shop.rule({"name": "Greet", "trigger": opened, "actions": [greeting]})
    async with reading(database):
        for one in inboxes:
            await arrives(database, one)
            await shop.read_to_the_end()
    assert await shop.said() == ["We have your mail."]
