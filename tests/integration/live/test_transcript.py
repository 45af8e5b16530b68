"""A customer sees the messages of one contact point in one inbox, once they are sent."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.db import event_log
from hub.db.engine import Database
from hub.events import EventType, NewEvent
from hub.ports import Address, Seen, Signal, TranscriptEntry
from hub.tasks import Background
from hub.timeline.record import Recorded
from hub.timeline.transcript import News
from hub.timeline.transient import Transient
from tests.integration.live.conftest import Node, Shop, announce, start_node
from tests.integration.timeline.world import NOW, message

HELD_BACK = ["scheduled", "waiting", "queued", "cancelled", "suppressed", "failed"]
TOLD = ["sending", "sent", "delivered", "read", "unknown"]


def address(shop: Shop, stream: int = 0) -> Address:
    return Address("webchat", shop.person.values[stream])


def texts(entries: Any) -> list[str]:
    return [entry.text for entry in entries]


async def change_status(database: Database, place: Recorded, status: str) -> None:
    async with database.transaction() as session:
        await session.execute(
            text("UPDATE entries SET status = :status WHERE id = :id"),
            {"status": status, "id": place.id},
        )
        changed = NewEvent(
            EventType.MESSAGE_STATUS_CHANGED,
            NOW,
            stream_id=place.stream_id,
            position=place.position,
        )
        await event_log.append(session, [changed])


async def add_delivery(database: Database, shop: Shop, place: Recorded) -> UUID:
    async with database.transaction() as session:
        found = await session.execute(
            text("""
                INSERT INTO deliveries (entry_id, stream_id, position, customer_id,
                                        contact_point_id, inbox_id, scheme, address, status,
                                        deadline)
                VALUES (:entry, :stream, :position, :customer, :point, :inbox, 'webchat', 'x',
                        'sent', now())
                RETURNING id
            """),
            {
                "entry": place.id,
                "stream": place.stream_id,
                "position": place.position,
                "customer": shop.person.id,
                "point": shop.person.points[0],
                "inbox": shop.inbox,
            },
        )
        return UUID(str(found.scalar_one()))


async def test_only_messages_of_this_contact_point_and_inbox(node: Node, shop: Shop) -> None:
    await announce(
        node.database,
        shop.person.id,
        message(shop.person, "mine", external_id="m-1", inbox=shop.inbox),
        message(shop.person, "other channel", stream=1, inbox=shop.inbox),
        message(shop.person, "other inbox", inbox=shop.secret),
        message(shop.person, "private", kind="note", direction="", inbox=shop.inbox),
        message(shop.person, "closed", kind="activity", direction="", inbox=shop.inbox),
        message(shop.person, "answer", direction="outbound", status="sent", inbox=shop.inbox),
    )
    page = await node.transcripts.for_inbox(shop.inbox).page(address(shop))
    assert texts(page) == ["mine", "answer"]
    assert [entry.external_id for entry in page] == ["m-1", ""]
    nobody = Address("webchat", "never heard of")
    assert await node.transcripts.for_inbox(shop.inbox).page(nobody) == []


@pytest.mark.parametrize("status", HELD_BACK + TOLD)
async def test_an_answer_shows_from_the_moment_it_is_sent(
    node: Node, shop: Shop, status: str
) -> None:
    answer = message(shop.person, "answer", inbox=shop.inbox, direction="outbound", status=status)
    transcript = node.transcripts.for_inbox(shop.inbox)
    (place,) = await announce(node.database, shop.person.id, answer)
    expected = ["answer"] if status in TOLD else []
    assert texts(await transcript.page(address(shop))) == expected
    assert texts(await transcript.page(address(shop), after=place.position - 1)) == expected


async def test_pages_both_ways(node: Node, shop: Shop) -> None:
    entries = [message(shop.person, word, inbox=shop.inbox) for word in "abcdef"]
    places = await announce(node.database, shop.person.id, *entries)
    transcript, here = node.transcripts.for_inbox(shop.inbox), address(shop)
    assert texts(await transcript.page(here, limit=2)) == ["e", "f"]
    assert texts(await transcript.page(here, before=places[2].position, limit=9)) == ["a", "b"]
    assert texts(await transcript.page(here, after=places[1].position, limit=3)) == list("cde")


async def test_what_was_sent_late_is_not_missed(node: Node, shop: Shop) -> None:
    """Planned at position 1, sent after the customer had seen position 2."""
    planned = message(
        shop.person, "planned", inbox=shop.inbox, direction="outbound", status="scheduled"
    )
    places = await announce(
        node.database, shop.person.id, planned, message(shop.person, "mine", inbox=shop.inbox)
    )
    transcript = node.transcripts.for_inbox(shop.inbox)
    assert await transcript.page(address(shop), after=places[1].position) == []
    await change_status(node.database, places[0], "sent")
    assert texts(await transcript.page(address(shop), after=places[1].position)) == ["planned"]
    await change_status(node.database, places[0], "delivered")
    assert await transcript.page(address(shop), after=places[1].position) == []


async def test_a_deleted_message_keeps_its_place_only(node: Node, shop: Shop) -> None:
    (place,) = await announce(
        node.database, shop.person.id, message(shop.person, "oops", inbox=shop.inbox)
    )
    async with node.database.transaction() as session:
        await session.execute(
            text("UPDATE entries SET deleted_at = now() WHERE id = :id"), {"id": place.id}
        )
    (entry,) = await node.transcripts.for_inbox(shop.inbox).page(address(shop))
    assert (entry.text, entry.deleted) == ("", True)


async def test_following_on_the_other_node(node: Node, other_node: Node, shop: Shop) -> None:
    transcript = other_node.transcripts.for_inbox(shop.inbox)
    answer = message(
        shop.person,
        "answer",
        inbox=shop.inbox,
        direction="outbound",
        status="queued",
        data={"buttons": [{"label": "Да", "value": "yes"}]},
    )
    async with transcript.follow(address(shop)) as news, asyncio.timeout(10):
        await announce(
            node.database,
            shop.person.id,
            message(shop.person, "private", kind="note", direction="", inbox=shop.inbox),
            message(shop.person, "elsewhere", stream=1, inbox=shop.inbox),
            message(shop.person, "other inbox", inbox=shop.secret),
        )
        (place,) = await announce(node.database, shop.person.id, answer)
        delivery = await add_delivery(node.database, shop, place)
        await change_status(node.database, place, "sent")
        told = await anext(news)
    assert not isinstance(told, Signal | Seen)
    assert (told[0].text, told[0].status, told[0].delivery_ids) == ("answer", "sent", (delivery,))
    assert told[0].buttons[0].label == "Да"
    page = await transcript.page(address(shop))
    assert page == told, "a page shows the same as the news"


async def test_following_before_the_first_word(node: Node, shop: Shop) -> None:
    """A visitor who has written nothing yet has no stream to follow."""
    async with node.database.transaction() as session:
        await session.execute(
            text("UPDATE contact_points SET value = 'later' WHERE id = :id"),
            {"id": shop.person.points[0]},
        )
    transcript = node.transcripts.for_inbox(shop.inbox)
    async with transcript.follow(Address("webchat", "later")) as news, asyncio.timeout(10):
        await announce(
            node.database, shop.person.id, message(shop.person, "first", inbox=shop.inbox)
        )
        told = await anext(news)
    assert isinstance(told, list)
    assert texts(told) == ["first"]


async def test_the_customer_sees_operators_type_but_not_themselves(node: Node, shop: Shop) -> None:
    here = address(shop)
    point = (here.scheme, here.value)
    async with node.transcripts.for_inbox(shop.inbox).follow(here) as news, asyncio.timeout(10):
        node.feed.signal(Transient("typing", "customer", contact_point=point))
        node.feed.signal(Transient("presence", "operator", contact_point=point, state="online"))
        node.feed.signal(Transient("typing", "operator"))
        await asyncio.sleep(0.05)
        node.feed.signal(Transient("typing", "operator", contact_point=point))
        assert await anext(news) == Signal("typing", here)


async def read_up_to(node: Node, shop: Shop, place: Recorded, inbox: UUID | None = None) -> None:
    async with node.database.transaction() as session:
        await session.execute(
            text("""
                INSERT INTO reachability (contact_point_id, inbox_id, seen_position)
                VALUES (:point, :inbox, :position)
                ON CONFLICT (contact_point_id, inbox_id)
                DO UPDATE SET seen_position = excluded.seen_position
            """),
            {
                "point": shop.person.points[0],
                "inbox": inbox or shop.inbox,
                "position": place.position,
            },
        )
        seen = NewEvent(
            EventType.MESSAGE_SEEN,
            NOW,
            customer_id=shop.person.id,
            stream_id=place.stream_id,
            position=place.position,
            inbox_id=inbox or shop.inbox,
        )
        await event_log.append(session, [seen])


async def until_seen(news: AsyncIterator[News]) -> AsyncIterator[News]:
    async for piece in news:
        yield piece
        if isinstance(piece, Seen):
            return


async def test_the_customer_is_told_how_far_an_operator_has_read(node: Node, shop: Shop) -> None:
    transcript, here = node.transcripts.for_inbox(shop.inbox), address(shop)
    assert await transcript.seen(here) is None
    first, elsewhere = await announce(
        node.database,
        shop.person.id,
        message(shop.person, "hello", inbox=shop.inbox),
        message(shop.person, "other inbox", inbox=shop.secret),
    )
    async with transcript.follow(here) as news, asyncio.timeout(10):
        await read_up_to(node, shop, elsewhere, shop.secret)
        await read_up_to(node, shop, first)
        told = [piece async for piece in until_seen(news)]
    assert told[-1] == Seen(first.position)
    assert [len(piece) for piece in told[:-1] if isinstance(piece, list)] in ([], [1])
    assert await transcript.seen(here) == first.position


async def test_who_falls_behind_is_given_the_page_anew(
    database: Database, tasks: Background, shop: Shop
) -> None:
    node = await start_node(database, tasks, kept=3)
    async with (
        node.transcripts.for_inbox(shop.inbox).follow(address(shop)) as news,
        asyncio.timeout(10),
    ):
        words = [message(shop.person, str(n), inbox=shop.inbox) for n in range(6)]
        await announce(database, shop.person.id, *words)
        while node.feed.head < 6:  # noqa: ASYNC110 - a reader would not fall behind
            await asyncio.sleep(0.01)
        told = await anext(news)
        assert isinstance(told, list)
        assert texts(told) == [str(n) for n in range(6)]
        assert all(isinstance(entry, TranscriptEntry) for entry in told)
