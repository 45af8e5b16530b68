"""Rules and a customer who is merged into another while the rules wait for them."""

import asyncio
from contextlib import AsyncExitStack
from uuid import UUID

from sqlalchemy import text

from hub.clock import now
from hub.conversations.draft import Author
from hub.conversations.merging.by import By
from hub.conversations.merging.reshape import merge
from hub.customers.evidence import Evidence, Grounds
from hub.db.engine import WriteSession
from hub.rules import repository, skips
from tests.integration.rules.shop import Shop, reading

RECEIVED = {"on": "message.received"}
MARK = [{"label": "seen"}]
_WAITS = text("""
    SELECT EXISTS (SELECT FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock')
""")
_PLANNED = text("SELECT key FROM due WHERE kind = 'rule-moment' FOR UPDATE NOWAIT")


async def test_the_survivor_counts_and_nothing_due_is_held_meanwhile(shop: Shop) -> None:
    unanswered = {"after": "conversation.waiting_since", "by": "2h"}
    await shop.rule({"name": "Unanswered", "trigger": unanswered, "actions": MARK})
    ids = [
        await shop.rule({"name": name, "trigger": RECEIVED, "actions": MARK, **more})
        for name, more in [
            ("All", {}),
            ("One", {"conditions": {"field": "customer.name", "is": "Irina"}}),
            ("Other", {"conditions": {"field": "customer.name", "is": "Boris"}}),
        ]
    ]
    async with reading(shop.database):
        await shop.customer("Irina", "en")
        await shop.customer("Boris", "en")
        await shop.read_to_the_end()
    people = dict(map(tuple, await shop.rows("SELECT name, id FROM customers")))
    await shop.hears("Irina", "Anybody there?", "again")

    async with asyncio.timeout(60), AsyncExitStack() as stack:
        async with shop.database.transaction() as session:
            await _merge(session, people["Boris"], people["Irina"])
            await stack.enter_async_context(reading(shop.database))
            await _until_somebody_waits(shop)
            # The reader waits for its customer, and holds up no due work by that.
            assert len((await session.execute(_PLANNED)).all()) == 2
        await shop.read_to_the_end()

    newest = "SELECT customer_id FROM rule_firings WHERE rule_id = :rule ORDER BY id DESC LIMIT 1"
    assert (await shop.rows(newest, rule=ids[0]))[0].customer_id == people["Boris"]
    async with shop.database.reading() as reader:
        for rule_id in ids[1:]:
            fired = await repository.last_firing(reader, rule_id, people["Boris"])
            assert fired is not None
            assert await skips.listed(reader, rule_id, root=people["Boris"])


async def _merge(session: WriteSession, survivor: UUID, other: UUID) -> None:
    grounds = Grounds(Evidence.OPERATOR, ("operator", None))
    await merge(session, survivor, other, grounds, By(Author("operator", None, "Olga"), now()))


async def _until_somebody_waits(shop: Shop) -> None:
    async with asyncio.timeout(20):
        while True:
            async with shop.database.reading() as session:
                if await session.scalar(_WAITS):
                    return
            await asyncio.sleep(0.02)
