"""Trouble of the hub reaches who can help: in the list, on the page Problems, at their address."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.alerts import telling, watch
from hub.alerts.telling import Messages
from hub.clock import rfc3339
from hub.due import queue
from hub.inboxes.open_inbox import InboxRef, OpenInbox
from hub.operators.access import Role
from hub.ports import Capabilities, OutboundMessage, SendReceipt, TransientError
from hub.ports.fake.channel import CAPABILITIES
from tests.integration.timeline.world import add_inbox
from tests.integration.web.conftest import Client, World
from tests.integration.web.shop import API, build, json
from tests.integration.web.test_notifications import listed
from tests.integration.web.test_problems import execute, fails

MAIL = replace(CAPABILITIES, address_schemes=frozenset({"email"}))


@dataclass
class Post:
    """A channel that keeps what it is given, or is in trouble itself."""

    capabilities: Capabilities = MAIL
    sent: list[OutboundMessage] = field(default_factory=list)
    away: bool = False

    async def send(self, message: OutboundMessage, /) -> SendReceipt:
        if self.away:
            raise TransientError("away")
        self.sent.append(message)
        return SendReceipt(external_id="1")

    async def receive(self) -> None:
        raise NotImplementedError


@dataclass
class Alerting:
    """The watch and the messages, step by step, on a clock of its own."""

    world: World
    boss: Client
    inbox: UUID
    posts: dict[UUID, Post] = field(default_factory=dict)

    async def looks(self, *, minutes: float = 0) -> None:
        self.world.clock.move(seconds=minutes * 60)
        async with self.world.database.transaction() as session:
            await watch.look(session, self.world.clock())

    async def is_now(self, state: str) -> None:
        await execute(
            self.world,
            "UPDATE inboxes SET state = :state, state_at = :at WHERE id = :id",
            state=state,
            at=self.world.clock(),
            id=self.inbox,
        )

    async def tells(self) -> Sequence[OutboundMessage]:
        """Do what is due of messages; what was sent."""
        messages = Messages(self.world.database, self.world.clock, self.sender, "https://h.test")
        now, sent = self.world.clock(), sum(len(one.sent) for one in self.posts.values())
        async with self.world.database.at_once() as session:
            lease = timedelta(minutes=1)
            claims = await queue.claim(session, [telling.KIND], now=now, limit=9, lease=lease)
        await messages(claims)
        return [one for post in self.posts.values() for one in post.sent][sent:]

    def sender(self, inbox_id: UUID) -> OpenInbox | None:
        post = self.posts.get(inbox_id)
        ref = InboxRef(inbox_id, "email", "Mail", "")
        if post is None:
            return None
        return OpenInbox(ref, post, post.capabilities, lambda _: None)

    async def opens(self) -> Post:
        """Another inbox that sends mail."""
        async with self.world.database.transaction() as session:
            key = await add_inbox(session)
        await execute(self.world, "UPDATE inboxes SET state = 'open' WHERE id = :id", id=key)
        self.posts[key] = Post()
        return self.posts[key]


@pytest.fixture
async def alerting(world: World) -> Alerting:
    boss = await world.as_role(Role.ADMINISTRATOR)
    async with world.database.transaction() as session:
        inbox = await add_inbox(session)
    made = Alerting(world, boss, inbox)
    await made.is_now("open")
    return made


async def alerts(client: Client) -> list[tuple[str, str, bool]]:
    said = [one["alert"] for one in await listed(client) if one["kind"] == "alert"]
    return [(one["kind"], one["subject"], one["over"]) for one in said]


async def test_an_inbox_that_is_down_is_told_to_administrators_once_and_then_that_it_is_back(
    world: World, alerting: Alerting
) -> None:
    supervisor = await world.as_role(Role.SUPERVISOR)
    operator = await world.as_role(Role.OPERATOR)
    await alerting.is_now("misconfigured")
    for _ in range(4):
        await alerting.looks(minutes=1)
    assert await alerts(alerting.boss) == []
    for _ in range(10):
        await alerting.looks(minutes=1)
    assert await alerts(alerting.boss) == [("inbox-down", "Shop", False)]
    (one,) = await listed(alerting.boss)
    assert (one["customer"], one["conversation_id"], one["by"]) == (None, None, None)
    assert (await json(await alerting.boss.get(f"{API}/me")))["notifications"] == 1
    await alerting.is_now("open")
    await alerting.looks(minutes=1)
    await alerting.looks(minutes=1)
    assert await alerts(alerting.boss) == [
        ("inbox-down", "Shop", True),
        ("inbox-down", "Shop", False),
    ]
    assert await alerts(supervisor) == await alerts(operator) == []


async def test_what_messages_suffer_is_told_to_supervisors_too(world: World) -> None:
    shop = await build(world)
    supervisor = await world.as_role(Role.SUPERVISOR)
    await execute(world, "UPDATE inboxes SET state = 'open', state_at = :at", at=world.clock())
    await fails(world, shop.public, "unknown", ago=400)
    await fails(world, shop.secret, "queued", ago=700)
    async with world.database.transaction() as session:
        await watch.look(session, world.clock())
    expected = [("in-doubt", "Shop", False), ("stuck", "Shop", False)]
    assert sorted(await alerts(shop.boss)) == sorted(await alerts(supervisor)) == expected
    assert await alerts(shop.member) == []


async def test_trouble_that_has_no_line_of_its_own_is_a_problem_too(
    world: World, alerting: Alerting
) -> None:
    supervisor = await world.as_role(Role.SUPERVISOR)
    await execute(
        world,
        "INSERT INTO quarantine (inbox_id, external_id, raw, error, created_at) "
        "VALUES (:id, 'x', 'raw', 'unreadable', :at)",
        id=alerting.inbox,
        at=world.clock(),
    )
    await execute(
        world,
        "INSERT INTO due (kind, key, due_at, ready_at) VALUES ('lane', 'x', :at, :at)",
        at=world.clock(),
    )
    await alerting.looks(minutes=2)
    await alerting.looks(minutes=4)
    await alerting.looks(minutes=4)
    assert await alerts(alerting.boss) == [
        ("due-late", "lane", False),
        ("quarantine", "Shop", False),
    ]
    assert await alerts(supervisor) == []
    problems = (await json(await alerting.boss.get(f"{API}/problems")))["items"]
    assert [(one["kind"], one["why"], one["detail"], one["inbox"]) for one in problems][:1] == [
        ("alert", "due-late", "lane", None)
    ]
    assert "worker" in problems[0]["remedy"]
    assert (await json(await alerting.boss.get(f"{API}/problems/counts")))["alert"] == 1
    hidden = (await json(await supervisor.get(f"{API}/problems")))["items"]
    assert [one["kind"] for one in hidden] == []


async def test_all_news_goes_to_the_chosen_address_in_one_message(
    world: World, alerting: Alerting
) -> None:
    chosen = {"alert_to": "email:Boss@Example.com", "locale": "ru"}
    me = await json(await alerting.boss.patch(f"{API}/me", json=chosen))
    assert me["alert_to"] == "email:boss@example.com"
    first = await alerting.opens()
    first.away = True
    await alerting.is_now("down")
    await execute(
        world,
        "INSERT INTO skipped_events (reader, seq, event_id, error, at) "
        "VALUES ('rules', 1, uuidv7(), 'broken', :at)",
        at=world.clock() + timedelta(minutes=5),
    )
    await alerting.looks(minutes=6)
    # The only inbox cannot take it: the news waits for one that can.
    assert await alerting.tells() == []
    second = await alerting.opens()
    world.clock.move(seconds=61)
    (message,) = await alerting.tells()
    assert second.sent == [message]
    assert (message.address.value, message.automatic) == ("boss@example.com", True)
    assert message.subject == "Besedka: Требуют внимания: 2"
    assert "Ящик Shop не работает" in message.text
    assert "https://h.test/#/problems" in message.text
    world.clock.move(seconds=600)
    assert await alerting.tells() == []


async def test_messages_keep_a_distance_however_much_happens(
    world: World, alerting: Alerting
) -> None:
    await json(await alerting.boss.patch(f"{API}/me", json={"alert_to": "email:b@example.com"}))
    await alerting.opens()
    await alerting.is_now("down")
    await alerting.looks(minutes=6)
    assert len(await alerting.tells()) == 1
    await alerting.is_now("open")
    await alerting.looks(minutes=2)
    assert await alerting.tells() == []
    world.clock.move(seconds=200)
    (message,) = await alerting.tells()
    assert message.subject.endswith("The inbox Shop is open again")


async def test_who_gives_an_address_later_hears_of_what_comes_then(
    alerting: Alerting,
) -> None:
    await alerting.opens()
    await alerting.is_now("down")
    await alerting.looks(minutes=6)
    await json(await alerting.boss.patch(f"{API}/me", json={"alert_to": "email:b@example.com"}))
    await alerting.is_now("open")
    await alerting.looks(minutes=3)
    (message,) = await alerting.tells()
    assert message.subject.endswith("is open again")


async def test_an_address_for_alerts_is_one_that_a_channel_sends_to(
    world: World, alerting: Alerting
) -> None:
    for wrong in ("boss@example.com", "fax:123", "webchat:x", "email:nobody"):
        answer = await alerting.boss.patch(f"{API}/me", json={"alert_to": wrong})
        assert answer.status == 422, wrong
    operator = await world.as_role(Role.OPERATOR)
    refused = await operator.patch(f"{API}/me", json={"alert_to": "email:a@example.com"})
    assert refused.status == 403
    assert (await alerting.boss.post(f"{API}/me/alert-test")).status == 409
    await json(await alerting.boss.patch(f"{API}/me", json={"alert_to": "telegram:4711"}))
    tried = await json(await alerting.boss.post(f"{API}/me/alert-test"))
    assert tried["outcome"] == "not-started"
    assert "No inbox" in tried["detail"]


async def test_a_trial_is_on_record_and_goes_once_a_minute(alerting: Alerting) -> None:
    await json(await alerting.boss.patch(f"{API}/me", json={"alert_to": "telegram:4711"}))

    async def tries() -> list[int]:
        both = [alerting.boss.post(f"{API}/me/alert-test") for _ in range(2)]
        answers = await asyncio.gather(*both)
        assert {one.headers.get("Retry-After") for one in answers if one.status == 429} == {"60"}
        return sorted(one.status for one in answers)

    assert await tries() == [200, 429]
    alerting.world.clock.move(seconds=60)
    assert await tries() == [200, 429]
    async with alerting.world.database.reading() as session:
        sql = "SELECT action, detail FROM audit WHERE action LIKE '%alert%' ORDER BY id"
        kept = [tuple(row) for row in await session.execute(text(sql))]
    telegram = {"kind": "telegram"}
    tried = ("operator.alert_tried", telegram)
    assert kept == [("operator.alerts_redirected", telegram), tried, tried]


async def test_the_watch_goes_on_by_itself_on_one_node(world: World) -> None:
    await watch.begin(world.database, world.clock)
    await watch.begin(world.database, world.clock)
    looking = watch.Watch(world.database, world.clock)
    for _ in range(3):
        async with world.database.at_once() as session:
            claims = await queue.claim(
                session,
                [watch.KIND],
                now=world.clock(),
                limit=9,
                lease=timedelta(minutes=1),
            )
        assert len(claims) == 1
        await looking(claims)
        world.clock.move(seconds=watch.EVERY.total_seconds())
    async with world.database.reading() as session:
        rows = await session.execute(text("SELECT key, ready_at FROM due"))
        assert [(row.key, rfc3339(row.ready_at)) for row in rows] == [
            ("hub", rfc3339(world.clock()))
        ]
