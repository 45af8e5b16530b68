"""One mail addressed to two of our inboxes is two messages; who wrote it is answered once."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from hub import clock
from hub.conversations.draft import Author, Sender
from hub.conversations.inbound.ingest import Ingest
from hub.conversations.outbound import unsent
from hub.conversations.status import ConversationStatus, Patch
from hub.conversations.update import update
from hub.db.engine import Database
from hub.hours import store
from hub.inboxes.open_inbox import InboxRef
from hub.operators.access import SYSTEM
from hub.ports import Accepted, Address, InboundMessage
from hub.rules import repository, yaml_text
from hub.rules.planning import GATHER
from hub.timeline.files import FileStore
from tests.channels import INSTALLED
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


async def arrives(
    database: Database, at: InboxRef, subject: str = "Hello", name: str = "1@home.example"
) -> None:
    """The mail that both were written to, as each of their mailboxes brings it."""
    ingest = Ingest(database, clock.now, FileStore(database), tell=lambda _: None)
    mail = InboundMessage(
        external_id=f"INBOX/{at.name}/{name}",
        address=Address("email", "anna@home.example"),
        text="Are you open?",
        occurred_at=clock.now(),
        data={"subject": subject, "message_id": name},
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
        await repository.store(
            session, AWAY.model_copy(update={"enabled": True}), channels=INSTALLED, now=clock.now()
        )
    return shop, inboxes


HUB = Sender(SYSTEM, Author("system", None, ""))


def answering(name: str, words: str) -> dict[str, Any]:
    said = {"send": {"text": words}}
    return {"name": name, "trigger": {"on": "message.received"}, "actions": [said]}


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


@pytest.mark.parametrize("pools", [("main", "main"), ("main", "sales")])
async def test_one_that_a_mailbox_brings_later_is_not_answered_again(
    database: Database, pools: tuple[str, str]
) -> None:
    shop, inboxes = await out_of_hours(database, pools)
    async with reading(database):
        for one in inboxes:
            await arrives(database, one)
            await shop.read_to_the_end()
            assert await gathered(shop) == 1
    assert len(await shop.said()) == 1


GREETING = {
    "name": "Greet",
    "trigger": {"on": "conversation.opened"},
    "actions": [{"send": {"text": "We have your mail."}}],
}


async def two_inboxes(database: Database, pools: tuple[str, str]) -> tuple[Shop, list[InboxRef]]:
    inboxes = [await inbox(database, *one) for one in zip(("help", "sales"), pools, strict=True)]
    return Shop(database, inboxes[0]), inboxes


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("pools", [("main", "main"), ("main", "sales")])
async def test_what_greets_a_new_conversation_greets_once(
    database: Database, pools: tuple[str, str], together: bool
) -> None:
    """Also where the mail opens one in each pool."""
    shop, inboxes = await two_inboxes(database, pools)
    await shop.rule(GREETING)
    async with reading(database):
        for one in inboxes:
            await arrives(database, one)
            if not together:
                await shop.read_to_the_end()
        await shop.read_to_the_end()
    assert await shop.said() == ["We have your mail."]
    copies = [one for one in await shop.decided() if one == ("suppressed", "copy-answered")]
    assert len(copies) == (pools[0] != pools[1])


async def test_a_conversation_that_was_greeted_before_the_copy_came_says_nothing_of_it(
    database: Database,
) -> None:
    """The copy opens one in one pool only: in the other it goes on with an older conversation."""
    shop, inboxes = await two_inboxes(database, ("main", "sales"))
    await shop.rule(GREETING)
    async with reading(database):
        await arrives(database, inboxes[0], name="0@home.example")
        await shop.read_to_the_end()
        for one in inboxes:
            await arrives(database, one, "Prices")
            await shop.read_to_the_end()
    assert await shop.said() == ["We have your mail."] * 2


async def test_what_asks_of_each_conversation_asks_in_each(database: Database) -> None:
    """A rule that a mail does not set off by itself answers no mail."""
    shop, inboxes = await two_inboxes(database, ("main", "sales"))
    await shop.rule({**GREETING, "trigger": {"on": "conversation.closed"}})
    async with reading(database):
        for one in inboxes:
            await arrives(database, one)
        await shop.read_to_the_end()
        for row in await shop.rows("SELECT id FROM conversations ORDER BY id"):
            async with database.transaction() as session:
                closed = Patch(status=ConversationStatus.CLOSED)
                await update(session, row.id, closed, by=HUB, now=clock.now())
            await shop.read_to_the_end()
    assert len(await shop.said()) == 2


@pytest.mark.parametrize("pools", [("main", "main"), ("main", "sales")])
async def test_a_rule_without_a_key_answers_one_of_the_copies(
    database: Database, pools: tuple[str, str]
) -> None:
    shop, inboxes = await two_inboxes(database, pools)
    await shop.rule(answering("Anybody", "We have your mail."))
    async with reading(database):
        for one in inboxes:
            await arrives(database, one)
            await shop.read_to_the_end()
        assert await shop.said() == ["We have your mail."]
        assert await shop.decided() == [
            ("sent", "conversation"),
            ("suppressed", "copy-answered"),
        ]
        # Another mail is another matter, whatever it is called and whoever it came to.
        for at, subject, name in (
            (inboxes[1], "Prices", "2@home.example"),
            (inboxes[0], "Parking", ""),
            (inboxes[1], "The way in", ""),
        ):
            await arrives(database, at, subject, name)
            await shop.read_to_the_end()
    assert len(await shop.said()) == 4


async def test_each_rule_answers_and_none_twice(database: Database) -> None:
    """A rule for each of the inboxes has something of its own to say."""
    inboxes = [await inbox(database, name, "main") for name in ("help", "sales")]
    shop = Shop(database, inboxes[0])
    for one in inboxes:
        only = {"field": "message.inbox", "is": one.name}
        await shop.rule({**answering(one.name, f"Here is {one.name}."), "conditions": only})
    async with reading(database):
        for one in inboxes:
            await arrives(database, one)
            await shop.read_to_the_end()
    assert await shop.said() == ["Here is help.", "Here is sales."]


async def test_what_was_taken_back_was_no_answer(database: Database) -> None:
    inboxes = [await inbox(database, name, "main") for name in ("help", "sales")]
    shop = Shop(database, inboxes[0])
    await shop.rule(answering("Anybody", "We have your mail."))
    async with reading(database):
        await arrives(database, inboxes[0])
        await shop.read_to_the_end()
        async with database.transaction() as session:
            found = await session.scalar(
                text("SELECT id FROM entries WHERE direction = 'outbound'")
            )
            assert found is not None
            await unsent.cancel(session, found, by=HUB, now=clock.now())
        await arrives(database, inboxes[1])
        await shop.read_to_the_end()
    assert len(await shop.said()) == 2
