"""A message with further ways: they wait, take their turn, or are left alone; all of it told."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from hub.conversations import problems
from hub.conversations.draft import Draft, Sender
from hub.conversations.merging.adding import add
from hub.conversations.merging.by import By
from hub.conversations.outbound import correct, fallbacks, options, unsent
from hub.conversations.outbound.fallbacks import Fallbacks
from hub.conversations.outbound.posting import Sent
from hub.conversations.outbound.unsent import Change
from hub.customers import consents
from hub.customers.consents import Purpose, Said
from hub.customers.identify import Home
from hub.deliveries import receipts, turns
from hub.deliveries.route import Fallback
from hub.due import queue
from hub.due.loop import DueHandler
from hub.due.queue import Claim
from hub.errors import Conflict
from hub.events import Event
from hub.operators.access import Viewer
from hub.ports import Capabilities, DeliveryReceipt, PermanentError, Reason
from tests.integration.conversations.stage import Stage
from tests.integration.deliveries.scene import CAPABILITIES, Channel, Turned

CHAT = replace(CAPABILITIES, delivery_receipts=True, edits=True, deletes=True)
TEXT = Capabilities(frozenset({"tel"}), 40, can_start=True, delivery_receipts=True)
TO_TEXT = (Fallback("text", timedelta(minutes=2)),)
LONG = "Your parcel is at the counter; it stays there until Friday evening."


@dataclass
class Shop:
    """A customer who chats, and has a telephone."""

    stage: Stage
    chat: Channel
    text: Channel
    anna: Home
    olga: Viewer
    inboxes: Mapping[str, UUID]
    telephone: UUID

    async def send(self, words: str = "Hello", **changes: Any) -> Sent:
        sent = await self.stage.sends(
            self.anna, self.olga, words, **{"channel": "fake", "fallback": TO_TEXT, **changes}
        )
        await self.work()
        return sent

    async def work(self) -> None:
        await self.stage.pump(self)

    @property
    def handlers(self) -> Mapping[str, DueHandler]:
        looks = Fallbacks(self.stage.database, self.stage.clock, self.stage.registry)
        return {**self.stage.outbox().handlers, **looks.handlers}

    async def after(self, **time: float) -> None:
        assert isinstance(self.stage.clock, Turned)
        self.stage.clock.turn(**time)
        await self.work()

    async def receipt(self, sent: Sent, turn: int, status: Any = "delivered") -> None:
        one = sent.deliveries[turn]
        told = DeliveryReceipt(status, self.stage.clock(), delivery_id=one.id)
        await receipts.take(self.stage.database, one.inbox_id, [told], self.stage.clock())
        await self.work()

    async def stand(self, sent: Sent) -> list[tuple[int, str, str]]:
        rows = await self.stage.execute(
            "SELECT turn, status, reason FROM deliveries WHERE entry_id = :id "
            "ORDER BY turn, part, number",
            id=sent.entry_id,
        )
        return [(row.turn, row.status, row.reason) for row in rows]

    async def decided(self) -> list[tuple[str, str]]:
        rows = await self.stage.execute("SELECT outcome, reason FROM decisions ORDER BY at, id")
        return [(row.outcome, row.reason) for row in rows]

    async def writes(self) -> None:
        await self.stage.writes(self.inboxes["fake"], "anna", "Thanks")
        [event] = (await self.stage.events("message.created"))[-1:]
        facts = {one: getattr(event, one) for one in event._fields if one not in ("n", "xid")}
        async with self.stage.database.transaction() as session:
            await fallbacks.answered(session, [Event(seq=1, **facts)])
        await self.work()


@pytest.fixture
async def shop(stage: Stage) -> Shop:
    stage.registry.channels |= {"fake": CHAT, "text": TEXT}
    chat, text = Channel(CHAT), Channel(TEXT)
    inboxes = {"fake": await stage.inbox(chat), "text": await stage.inbox(text, kind="text")}
    await stage.writes(inboxes["fake"], "anna", "Where is my parcel?")
    anna, olga = await stage.contact("anna"), await stage.operator("Olga")
    async with stage.database.transaction() as session:
        by = By(Sender.of(olga).author, stage.clock())
        added = await add(session, anna.root_id, ("tel", "+359888123456"), by)
    stage.clock.turn(minutes=1)  # type: ignore[attr-defined]
    return Shop(stage, chat, text, anna, olga, inboxes, added.contact_point_id)


async def test_no_receipt_in_time_and_it_goes_by_the_next_way_too(shop: Shop):
    sent = await shop.send(LONG)
    assert [(one.scheme, one.status) for one in sent.deliveries] == [
        ("fake", "queued"),
        ("tel", "waiting"),
        ("tel", "waiting"),
    ]
    await shop.after(minutes=1, seconds=59)
    assert (shop.chat.texts, shop.text.texts) == ([LONG], [])
    await shop.after(seconds=1)
    assert "".join(shop.text.texts).split() == LONG.split()
    assert await shop.stand(sent) == [(0, "sent", ""), (1, "sent", ""), (1, "sent", "")]
    assert await shop.decided() == [("sent", "channel-named"), ("sent", "no-receipt")]


async def test_a_dry_run_shows_every_way_and_when_it_would_begin(shop: Shop):
    now = shop.stage.clock()
    draft = Draft("", channel="fake", fallback=TO_TEXT)
    async with shop.stage.database.reading() as session:
        shown = await options.dry_run(
            session,
            shop.anna.root_id,
            draft,
            viewer=shop.olga,
            registry=shop.stage.registry,
            now=now,
        )
    assert [(one["channel"], one["after"], one["at"]) for one in shown["ways"]] == [
        ("fake", 0, now),
        ("text", 120, now + timedelta(minutes=2)),
    ]
    assert [(one["channel"], one["reason"]) for one in shown["candidates"]] == [
        ("fake", "channel-named"),
        ("text", "fallback"),
    ]
    assert (shown["outcome"], shown["reason"]) == ("sent", "channel-named")


async def test_a_receipt_leaves_the_customer_in_peace(shop: Shop):
    sent = await shop.send()
    await shop.receipt(sent, 0)
    assert await shop.stand(sent) == [(0, "delivered", ""), (1, "cancelled", "arrived")]
    await shop.after(minutes=10)
    assert shop.text.texts == []
    assert await shop.stage.message_status(sent.deliveries[0].id) == "delivered"


async def test_what_fails_goes_on_at_once_and_is_no_trouble(shop: Shop):
    shop.chat.faults["Hello"] = [PermanentError("gone", reason=Reason.UNREACHABLE)]
    sent = await shop.send()
    assert shop.text.texts == ["Hello"]
    assert await shop.stand(sent) == [(0, "failed", "unreachable"), (1, "sent", "")]
    assert await shop.decided() == [("sent", "channel-named"), ("sent", "way-failed")]
    async with shop.stage.database.reading() as session:
        assert not any((await problems.counts(session, shop.olga, shop.stage.clock())).values())


async def test_an_answer_says_that_it_was_seen(shop: Shop):
    sent = await shop.send()
    await shop.after(seconds=30)
    await shop.writes()
    assert await shop.stand(sent) == [(0, "sent", ""), (1, "cancelled", "answered")]


async def test_what_has_not_left_in_time_is_overtaken(shop: Shop):
    shop.stage.open.pop(shop.inboxes["fake"])
    sent = await shop.send()
    await shop.after(minutes=2)
    assert await shop.stand(sent) == [(0, "cancelled", "overtaken"), (1, "sent", "")]
    shop.stage.open_inbox(shop.inboxes["fake"], shop.chat)
    await shop.after(minutes=2)
    assert shop.chat.texts == []


async def test_a_way_that_is_closed_by_then_is_explained(shop: Shop):
    sent = await shop.send(purpose="reminder")
    async with shop.stage.database.transaction() as session:
        no = Said(shop.telephone, Purpose.REMINDER, False, "link", shop.stage.clock())
        await consents.add(session, no)
    await shop.after(minutes=2)
    assert await shop.stand(sent) == [(0, "sent", ""), (1, "suppressed", "no-consent")]
    assert await shop.decided() == [("sent", "channel-named"), ("suppressed", "no-consent")]


async def test_a_scheduled_message_counts_from_when_it_leaves(shop: Shop):
    sent = await shop.send(send_at=shop.stage.clock() + timedelta(hours=1))
    await shop.after(minutes=59)
    assert await shop.stand(sent) == [(0, "scheduled", ""), (1, "waiting", "")]
    await shop.after(minutes=1)
    await shop.after(minutes=1)
    assert shop.text.texts == []
    await shop.after(minutes=1)
    assert shop.text.texts == ["Hello"]


async def test_what_is_changed_or_taken_back_is_so_by_every_way(shop: Shop):
    by, clock = Sender.of(shop.olga), shop.stage.clock
    later = {"send_at": clock() + timedelta(hours=1)}
    changed, taken, left = [await shop.send(one, **later) for one in ("one", "two", "three")]
    async with shop.stage.database.transaction() as session:
        registry, words = shop.stage.registry, Change("other words")
        await unsent.edit(session, changed.entry_id, words, by=by, registry=registry, now=clock())
        await unsent.cancel(session, taken.entry_id, by=by, now=clock())
        await unsent.send_now(session, left.entry_id, by=by, now=clock())
    await shop.work()
    async with shop.stage.database.transaction() as session:
        await correct.delete(
            session, left.entry_id, by=by, registry=shop.stage.registry, now=clock()
        )
        with pytest.raises(Conflict):
            await unsent.cancel(session, left.entry_id, by=by, now=clock())
    assert await shop.stand(left) == [(0, "sent", ""), (1, "cancelled", "changed")]
    assert [one[1] for one in await shop.stand(taken)] == ["cancelled", "cancelled"]
    await shop.after(hours=1)
    await shop.after(minutes=2)
    assert shop.text.texts == ["other words"]


async def test_the_decision_names_every_way(shop: Shop):
    far = Fallback("pigeon", timedelta(seconds=1))
    await shop.send(fallback=(far, *TO_TEXT))
    [row] = await shop.stage.execute("SELECT candidates FROM decisions")
    lines = {one["channel"]: (one["chosen"], one["reason"], one["facts"]) for one in row[0]}
    assert lines == {
        "fake": (True, "channel-named", {}),
        # There is no pigeon: the next one stands in its place.
        "text": (False, "fallback", {"turn": 1, "after": 1.0}),
    }


async def test_who_cannot_be_reached_by_the_first_way_is_by_the_second_at_once(shop: Shop):
    sent = await shop.send(channel="pigeon")
    assert [(one.scheme, one.status) for one in sent.deliveries] == [("tel", "queued")]
    assert shop.text.texts == ["Hello"]
    assert await shop.decided() == [("sent", "stand-in")]


async def test_of_two_nodes_that_look_one_begins_the_next_way(shop: Shop):
    await shop.send()
    assert isinstance(shop.stage.clock, Turned)
    shop.stage.clock.turn(minutes=2)
    database, clock = shop.stage.database, shop.stage.clock
    claims: list[Claim] = []
    # The first one's lease has run out when the second claims; both believe they have it.
    for _ in range(2):
        async with database.transaction() as session:
            claims += await queue.claim(
                session, [turns.KIND], now=clock(), limit=1, lease=timedelta(seconds=-1)
            )
    nodes = [Fallbacks(database, clock, shop.stage.registry) for _ in claims]
    await asyncio.gather(*(node.look([one]) for node, one in zip(nodes, claims, strict=True)))
    await shop.work()
    assert shop.text.texts == ["Hello"]
    assert await shop.decided() == [("sent", "channel-named"), ("sent", "no-receipt")]
