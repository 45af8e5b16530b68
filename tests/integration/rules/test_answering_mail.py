"""Which mails no rule answers, whatever sets the rule off."""

from typing import Any

import pytest
from sqlalchemy import text

from hub import clock
from hub.conversations.inbound.ingest import Ingest
from hub.customers.identify import Seen, identify
from hub.db.engine import Database
from hub.ids import new_id
from hub.inboxes.open_inbox import InboxRef
from hub.ports import Accepted, Address, InboundMessage
from hub.timeline.files import FileStore
from hub.timeline.record import NewEntry, record
from tests.integration.rules.shop import Shop, reading

ANNA = Address("email", "anna@home.example")
ANSWERS = {"send": {"text": "We have your mail."}}


@pytest.fixture
async def shop(database: Database) -> Shop:
    async with database.transaction() as session:
        inbox_id = await session.scalar(
            text(
                "INSERT INTO inboxes (channel, name, settings) VALUES ('email', 'Shop', "
                """'{"address": "help@shop.example"}') RETURNING id"""
            )
        )
    assert inbox_id is not None
    return Shop(database, InboxRef(inbox_id, "email", "Shop", "main"))


async def mails(shop: Shop, subject: str, **changes: Any) -> None:
    ingest = Ingest(shop.database, clock.now, FileStore(shop.database), tell=lambda _: None)
    one = InboundMessage(
        external_id=subject,
        address=ANNA,
        text="Where is it?",
        occurred_at=clock.now(),
        data={"subject": subject},
        **changes,
    )
    assert isinstance(await ingest.sink(shop.inbox).message(one), Accepted)
    await ingest.close()


async def answered(shop: Shop, times: int) -> None:
    """So many answers of machines have gone to her just now, each under another subject."""
    now = clock.now()
    async with shop.database.transaction() as session:
        (home,) = await identify(
            session, [Seen(ANNA.scheme, ANNA.value)], evidence_by=("system", None), now=now
        )
        entries = [
            NewEntry(
                home.stream_id,
                "message",
                "rule",
                now,
                new_id(),
                direction="outbound",
                channel="email",
                inbox_id=shop.inbox.id,
                contact_point_id=home.contact_point_id,
                text="sent",
                data={"subject": f"Order {number}"},
                automatic=True,
            )
            for number in range(times)
        ]
        await record(session, entries, now=now)


async def run(shop: Shop, *triggers: str) -> None:
    """Rules that answer whenever one of these happens."""
    for name in triggers:
        await shop.rule({"name": name, "trigger": {"on": name}, "actions": [ANSWERS]})


@pytest.mark.parametrize("trigger", ["message.received", "conversation.opened"])
async def test_a_machine_that_hides_is_answered_ten_times(shop: Shop, trigger: str) -> None:
    await run(shop, trigger)
    await answered(shop, 9)
    async with reading(shop.database):
        await mails(shop, "Once more")
        await shop.read_to_the_end()
        assert (await shop.said()).count("We have your mail.") == 1
        async with shop.database.transaction() as session:
            await session.execute(text("UPDATE conversations SET status = 'closed'"))
        await mails(shop, "And again")
        await shop.read_to_the_end()
    assert (await shop.said()).count("We have your mail.") == 1
    assert (await shop.decided())[-1] == ("suppressed", "too-many-answers")


async def test_what_calls_itself_a_machine_is_never_answered(shop: Shop) -> None:
    label = {"label": ["seen"]}
    await shop.rule({"name": "Label", "trigger": {"on": "message.created"}, "actions": [label]})
    await run(shop, "message.created", "conversation.updated")
    async with reading(shop.database):
        await mails(shop, "Out of office", automatic=True)
        await shop.read_to_the_end()
    assert await shop.said() == []
    assert await shop.decided() == [("suppressed", "automatic-mail")] * 2
