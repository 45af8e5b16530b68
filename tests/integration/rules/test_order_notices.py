"""Order notices: a stored rule over the log, told once, to whoever it concerns, or explained."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from hub import clock
from hub.cli.rules import read
from hub.conversations.ingest import Ingest
from hub.db.engine import Database
from hub.db.reader import follow
from hub.db.relay import Relay
from hub.inboxes.open_inbox import InboxRef
from hub.inboxes.registry import Registry
from hub.objects.body import PushedBody
from hub.orders.put import put_order
from hub.ports import Accepted, Address, InboundMessage, Proof
from hub.rendering import Notices
from hub.rules import repository
from hub.rules.actions import Tools
from hub.rules.reader import RuleReader
from hub.rules.spec import parse
from hub.tasks import background
from hub.timeline.files import FileStore

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "order-status.yaml"
(SPEC,) = read(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name)
RULE: dict[str, Any] = SPEC.model_dump(mode="json")
_INBOX = text("""
    INSERT INTO inboxes (channel, name, settings) VALUES ('webchat', 'Shop', '{}') RETURNING id
""")
_SAID = text("""
    SELECT text FROM entries WHERE direction = 'outbound' ORDER BY position
""")
_DECIDED = text("SELECT outcome, reason FROM decisions WHERE rule_id IS NOT NULL ORDER BY at, id")


@dataclass
class Shop:
    database: Database
    inbox: InboxRef

    async def rule(self, **changes: object) -> UUID:
        async with self.database.transaction() as session:
            rule, _ = await repository.store(
                session,
                parse({**RULE, **changes}),
                templates=Notices().names(),
                now=clock.now(),
            )
            return rule.id

    async def customer(self, name: str, locale: str) -> str:
        """Somebody who wrote in the chat once; their contact point."""
        ingest = Ingest(self.database, clock.now, FileStore(self.database), tell=lambda _: None)
        value = f"{self.inbox.id}/u/{name}"
        taken = await ingest.sink(self.inbox).message(
            InboundMessage(
                external_id=f"hello-{name}",
                address=Address("webchat", value),
                text="Hello",
                occurred_at=clock.now(),
                proof=Proof.SIGNED,
                sender_name=name,
                locale=locale,
            )
        )
        await ingest.close()
        assert isinstance(taken, Accepted)
        return f"webchat:{value}"

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
    reader = RuleReader(Tools(Registry.load(), Notices()), clock.now)
    async with background() as tasks:
        tasks.start(Relay(database).run(), "relay")
        tasks.start(follow(database, RuleReader.NAME, reader), "rules")
        yield


@pytest.fixture
async def shop(database: Database) -> Shop:
    async with database.transaction() as session:
        inbox_id = await session.scalar(_INBOX)
    assert inbox_id is not None
    return Shop(database, InboxRef(inbox_id, "webchat", "Shop chat", "main"))


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("ru", "уже в пути"),
        ("en", "is on its way"),
        ("bg", "е на път към вас"),
        ("", "is on its way"),
    ],
)
async def test_a_new_status_is_told_in_the_customers_language(
    shop: Shop, locale: str, words: str
) -> None:
    await shop.rule()
    irina = await shop.customer("Ирина", locale)
    async with reading(shop.database):
        await shop.push(irina, "shipped", 1)
        await shop.read_to_the_end()
    (notice,) = await shop.said()
    assert words in notice
    assert (
        await shop.decided() == [("sent", "conversation")]
        or (await shop.decided())[0][0] == "sent"
    )


async def test_repeats_and_older_versions_are_not_told_again(shop: Shop) -> None:
    await shop.rule()
    irina = await shop.customer("Ирина", "ru")
    async with reading(shop.database):
        for version, status in [(1, "confirmed"), (3, "shipped"), (2, "packed"), (3, "shipped")]:
            await shop.push(irina, status, version)
            await shop.read_to_the_end()
        await shop.push(irina, "shipped", 4, tracking_url="https://t.example/1")
        await shop.read_to_the_end()
    assert len(await shop.said()) == 2


async def test_a_status_that_comes_back_is_told_once_unless_the_rule_has_another_key(
    shop: Shop,
) -> None:
    await shop.rule()
    await shop.rule(name="Every time", key=["order.id", "order.revision"])
    irina = await shop.customer("Irina", "en")
    async with reading(shop.database):
        for version, status in enumerate(["shipped", "delayed", "shipped"], 1):
            await shop.push(irina, status, version)
            await shop.read_to_the_end()
    assert len(await shop.said()) == 2 + 3


async def test_a_status_that_has_passed_meanwhile_is_not_announced(shop: Shop) -> None:
    await shop.rule()
    irina = await shop.customer("Irina", "en")
    await shop.push(irina, "packed", 1)
    await shop.push(irina, "shipped", 2)
    async with reading(shop.database):
        await shop.read_to_the_end()
    assert ["on its way" in one for one in await shop.said()] == [True]
    assert [outcome for outcome, _ in await shop.decided()] == ["superseded", "sent"]


async def test_two_nodes_tell_it_once(shop: Shop, database_url: str) -> None:
    await shop.rule()
    irina = await shop.customer("Irina", "en")
    async with (
        Database.open(database_url) as other,
        reading(shop.database),
        reading(other),
    ):
        for version, status in enumerate(["confirmed", "packed", "shipped", "delivered"], 1):
            await shop.push(irina, status, version)
            await shop.read_to_the_end()
    assert len(await shop.said()) == 4


async def test_nobody_to_tell_is_explained(shop: Shop) -> None:
    await shop.rule()
    async with reading(shop.database):
        await shop.push("tel:+79120000000", "shipped", 1)
        await shop.read_to_the_end()
    assert await shop.said() == []
    assert [outcome for outcome, _ in await shop.decided()] == ["no-route"]


async def test_who_asked_for_silence_gets_none(shop: Shop) -> None:
    await shop.rule()
    irina = await shop.customer("Irina", "en")
    async with shop.database.transaction() as session:
        await session.execute(text("UPDATE contact_points SET opted_out_at = now()"))
    async with reading(shop.database):
        await shop.push(irina, "shipped", 1)
        await shop.read_to_the_end()
    assert await shop.said() == []
    assert await shop.decided() == [("suppressed", "opted-out")]


async def test_what_is_late_is_not_sent_but_explained(shop: Shop) -> None:
    await shop.rule(late="1h")
    irina = await shop.customer("Irina", "en")
    await shop.push(irina, "shipped", 1)
    async with shop.database.transaction() as session:
        before = datetime.now(UTC) - timedelta(hours=2)  # noqa: TID251
        await session.execute(
            text("UPDATE pending_events SET occurred_at = :before"), {"before": before}
        )
    async with reading(shop.database):
        await shop.read_to_the_end()
    assert await shop.said() == []
    assert await shop.decided() == [("suppressed", "later than 1h")]


async def test_a_rule_that_fails_is_explained_and_stops_no_other(shop: Shop) -> None:
    await shop.rule(name="A broken one", actions=[{"send": {"text": "{{ customer.shoe_size }}"}}])
    await shop.rule(name="A good one")
    irina = await shop.customer("Irina", "en")
    async with reading(shop.database):
        await shop.push(irina, "shipped", 1)
        await shop.read_to_the_end()
    assert len(await shop.said()) == 1
    (failed, sent) = await shop.decided()
    assert failed[0] == "suppressed"
    assert "shoe_size" in failed[1]
    assert sent[0] == "sent"


async def test_disabled_rules_and_unmet_conditions_do_nothing(shop: Shop) -> None:
    await shop.rule(name="Off", enabled=False)
    await shop.rule(name="Rich only", conditions={"field": "order.total", "above": 1000})
    irina = await shop.customer("Irina", "en")
    async with reading(shop.database):
        await shop.push(irina, "shipped", 1, total="999.99", currency="EUR")
        await shop.read_to_the_end()
        assert await shop.said() == []
        await shop.push(irina, "delivered", 2, total="1000.01", currency="EUR")
        await shop.read_to_the_end()
    assert len(await shop.said()) == 1
