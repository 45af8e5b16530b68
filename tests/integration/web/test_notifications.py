"""Following, being mentioned, and being notified: who hears of what, and who does not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from hub.conversations import notify
from hub.conversations.inbound.ingest import Ingest
from hub.db import event_log
from hub.ids import new_id
from hub.inboxes.open_inbox import InboxRef
from hub.operators import teams
from hub.operators.access import Role, Scope
from hub.ports import Address, InboundMessage, Proof
from tests.integration.web.conftest import Client, World
from tests.integration.web.shop import API, Room, Shop, build, index, json
from tests.integration.web.test_teams import listening, running

LIST = f"{API}/notifications"


@pytest.fixture
async def shop(world: World) -> Shop:
    return await build(world)


class Reader:
    """The durable reader "notifications", step by step."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.place = 0

    async def reads(self) -> None:
        await index(self.world)
        async with self.world.database.transaction() as session:
            events = await event_log.read(session, after=self.place, limit=1000)
            await notify.notify(session, events)
        self.place = events[-1].seq if events else self.place


@pytest.fixture
async def reader(world: World) -> Reader:
    """It has read what the making of a shop, asked for first, has left."""
    made = Reader(world)
    await made.reads()
    return made


async def writes(world: World, room: Room, word: str, **fields: object) -> None:
    """The customer writes to the room's inbox."""
    ingest = Ingest(world.database, world.clock, world.services.files, tell=lambda _: None)
    facts: dict[str, object] = {
        "external_id": f"in-{new_id()}",
        "address": Address("webchat", "visitor"),
        "text": word,
        "occurred_at": world.clock(),
        "proof": Proof.PROVIDER,
    }
    pool = "secret" if word.startswith("secret") else "public"
    ref = InboxRef(room.inbox, "webchat", "Chat", pool)
    await ingest.sink(ref).message(InboundMessage(**{**facts, **fields}))  # type: ignore[arg-type]
    await ingest.close()


async def listed(client: Client, query: str = ""):
    return (await json(await client.get(f"{LIST}{query}")))["items"]


async def kinds(client: Client) -> list[str]:
    return [one["kind"] for one in await listed(client)]


def at(room: Room) -> str:
    return f"{API}/conversations/{room.conversation}"


async def give(client: Client, room: Room, **to: UUID | None) -> None:
    body = {name: str(one) if one else None for name, one in to.items()}
    await json(await client.patch(at(room), json=body))


# --- following


async def test_following_shows_on_the_conversation_for_each_in_their_own_way(
    world: World, shop: Shop
):
    for _ in range(2):
        assert (await shop.member.put(f"{at(shop.public)}/follow")).status == 204
    world.clock.move(seconds=1)
    assert (await shop.boss.put(f"{at(shop.public)}/follow")).status == 204
    seen = await json(await shop.member.get(at(shop.public)))
    assert [one["name"] for one in seen["followers"]] == ["Member", "Administrator"]
    assert seen["following"] is True
    others = await json(await shop.outsider.get(at(shop.public)))
    assert (others["following"], len(others["followers"])) == (False, 2)
    assert (await shop.member.delete(f"{at(shop.public)}/follow")).status == 204
    after = await json(await shop.member.get(at(shop.public)))
    assert (after["following"], len(after["followers"])) == (False, 1)
    assert after["updated_at"] == seen["updated_at"]


async def test_a_hidden_conversation_cannot_be_followed(shop: Shop):
    for method in ["PUT", "DELETE"]:
        answer = await shop.outsider.request(method, f"{at(shop.secret)}/follow")
        assert answer.status == 404


# --- mentions


async def test_who_is_mentioned_is_notified_with_what_was_written(shop: Shop, reader: Reader):
    note = {
        "text": "Look here, please",
        "conversation_id": shop.secret.conversation,
        "mentions": [str(shop.member_id), str(shop.member_id)],
    }
    people = f"{API}/customers/{shop.customer}/notes"
    entry = await json(await shop.boss.post(people, json=note))
    assert entry["data"]["mentions"] == [{"id": str(shop.member_id), "name": "Member"}]
    await reader.reads()
    (one,) = await listed(shop.member)
    assert (one["kind"], one["text"], one["read_at"]) == ("mention", "Look here, please", None)
    assert one["conversation_id"] == shop.secret.conversation
    assert one["entry_id"] == entry["id"]
    assert one["by"]["name"] == "Administrator"
    assert one["customer"] == {"id": shop.customer, "name": "Ирина"}
    assert await listed(shop.outsider) == []
    assert await listed(shop.boss) == []


async def test_a_mention_of_who_may_not_read_it_is_refused(shop: Shop):
    people = f"{API}/customers/{shop.customer}/notes"
    for mentioned in [shop.outsider_id, new_id()]:
        note = {
            "text": "Look",
            "conversation_id": shop.secret.conversation,
            "mentions": [str(mentioned)],
        }
        answer = await shop.boss.post(people, json=note)
        problem = await answer.json()
        assert (answer.status, problem["errors"][0]["field"]) == (422, "mentions")
    free = {"text": "Look", "mentions": [str(shop.outsider_id)]}
    assert (await shop.boss.post(people, json=free)).status == 201


# --- assignment, teams, replies


async def test_who_is_given_a_conversation_hears_of_it_unless_they_took_it(
    shop: Shop, reader: Reader
):
    await give(shop.member, shop.public, assignee=shop.member_id)
    await reader.reads()
    assert await listed(shop.member) == []
    await give(shop.member, shop.public, assignee=shop.outsider_id)
    await give(shop.member, shop.public, assignee=None)
    await reader.reads()
    (one,) = await listed(shop.outsider)
    assert (one["kind"], one["by"]["name"]) == ("assigned", "Member")


async def test_a_team_hears_of_what_it_is_given(world: World, shop: Shop, reader: Reader):
    await give(shop.boss, shop.public, team=shop.team)
    await reader.reads()
    assert await kinds(shop.member) == ["team"]
    assert await listed(shop.outsider) == []
    async with world.database.transaction() as session:
        team = await teams.create(session, "Both", world.clock())
        await teams.set_members(session, team, [shop.member_id, shop.outsider_id])
    await give(shop.boss, shop.public, team=team, assignee=shop.outsider_id)
    await reader.reads()
    assert await kinds(shop.outsider) == ["assigned"]


async def test_assignees_and_followers_hear_of_the_last_thing_a_customer_wrote(
    world: World, shop: Shop, reader: Reader
):
    await give(shop.member, shop.public, assignee=shop.member_id)
    await shop.outsider.put(f"{at(shop.public)}/follow")
    await writes(world, shop.public, "first")
    await writes(world, shop.public, "second")
    await reader.reads()
    await writes(world, shop.public, "third")
    await writes(world, shop.public, "out of office", automatic=True)
    await reader.reads()
    for client in [shop.member, shop.outsider]:
        (one,) = await listed(client)
        assert (one["kind"], one["text"], one["by"]) == ("reply", "third", None)
    assert await listed(shop.boss) == []
    assert (await shop.member.post(f"{at(shop.public)}/read")).status == 204
    assert await listed(shop.member, "?unread=true") == []
    await writes(world, shop.public, "fourth")
    await reader.reads()
    assert [one["text"] for one in await listed(shop.member)] == ["fourth", "third"]


async def test_who_may_no_longer_see_the_inbox_is_not_notified(
    world: World, shop: Shop, reader: Reader
):
    await shop.member.put(f"{at(shop.secret)}/follow")
    await writes(world, shop.secret, "secret one")
    await reader.reads()
    assert await kinds(shop.member) == ["reply"]
    await json(await shop.boss.patch(f"{API}/teams/{shop.team}", json={"members": []}))
    world.clock.move(seconds=3)
    await writes(world, shop.secret, "secret two")
    await reader.reads()
    assert await listed(shop.member) == []
    assert (await json(await shop.member.get(f"{API}/me")))["notifications"] == 0


# --- the list, preferences, live


async def test_notifications_are_counted_read_and_paged(shop: Shop, reader: Reader):
    people = f"{API}/customers/{shop.customer}/notes"
    for number in range(3):
        note = {"text": f"note {number}", "mentions": [str(shop.member_id)]}
        await json(await shop.boss.post(people, json=note))
    await reader.reads()
    me = f"{API}/me"
    assert (await json(await shop.member.get(me)))["notifications"] == 3
    first = await json(await shop.member.get(f"{LIST}?limit=2"))
    rest = await json(await shop.member.get(f"{LIST}?limit=2&cursor={first['next']}"))
    texts = [one["text"] for one in first["items"] + rest["items"]]
    assert (texts, rest["next"]) == (["note 2", "note 1", "note 0"], None)
    read = {"ids": [first["items"][0]["id"]]}
    assert (await shop.outsider.post(f"{LIST}/read", json=read)).status == 204
    assert (await json(await shop.member.get(me)))["notifications"] == 3
    assert (await shop.member.post(f"{LIST}/read", json=read)).status == 204
    assert [one["text"] for one in await listed(shop.member, "?unread=true")] == [
        "note 1",
        "note 0",
    ]
    assert (await shop.member.post(f"{LIST}/read", json={"all": True})).status == 204
    assert (await json(await shop.member.get(me)))["notifications"] == 0
    for wrong in [{}, {"ids": [], "all": True}]:
        assert (await shop.member.post(f"{LIST}/read", json=wrong)).status == 422


async def test_everybody_says_how_they_want_to_hear_of_what(world: World, shop: Shop):
    me = f"{API}/me"
    before = (await json(await shop.member.get(me)))["notify"]
    assert before["mention"] == ["page", "browser", "sound"]
    changed = await json(await shop.member.patch(me, json={"notify": {"mention": ["page"]}}))
    assert changed["notify"] == {**before, "mention": ["page"]}
    silent = await json(await shop.member.patch(me, json={"notify": {"reply": []}}))
    assert silent["notify"] == {**before, "mention": ["page"], "reply": []}
    wrong = await shop.member.patch(me, json={"notify": {"mention": ["fax"]}})
    assert wrong.status == 422
    program = await world.as_token(Scope.MESSAGES_READ)
    asked = await json(await program.get(me))
    assert (asked["notify"], asked["notifications"]) == (None, None)


async def test_the_live_socket_tells_only_who_is_notified(
    world: World, shop: Shop, reader: Reader
):
    note = {"text": "Look", "mentions": [str(shop.member_id)]}
    async with (
        running(world),
        listening(world, shop.member) as own,
        listening(world, shop.outsider) as other,
    ):
        await json(await shop.boss.post(f"{API}/customers/{shop.customer}/notes", json=note))
        await reader.reads()
        frame = await of_type(own, "notification.created")
        (one,) = await listed(shop.member)
        assert frame["data"]["notification_id"] == one["id"]
        assert frame["data"]["kind"] == "mention"
        await shop.member.post(f"{LIST}/read", json={"all": True})
        assert (await of_type(own, "notification.read"))["data"]["ids"] == [one["id"]]
        await json(await shop.boss.post(f"{API}/customers/{shop.customer}/notes", json=note))
        heard = [(await other.receive_json(timeout=10))["type"] for _ in range(2)]
        assert heard == ["note.created", "note.created"]


async def test_after_a_break_the_socket_tells_what_was_missed(
    world: World, shop: Shop, reader: Reader
):
    note = {"text": "Look", "mentions": [str(shop.member_id)]}
    async with running(world):
        async with listening(world, shop.member) as socket:
            await json(await shop.boss.post(f"{API}/customers/{shop.customer}/notes", json=note))
            seen = (await of_type(socket, "note.created"))["seq"]
        await reader.reads()
        async with resumed(world, shop.member, seen) as socket:
            await of_type(socket, "notification.created")
        # Now it is numbered: whoever may know of it would hear of it before the pong.
        async with resumed(world, shop.outsider, seen) as socket:
            await socket.send_json({"type": "ping"})
            assert (await socket.receive_json(timeout=10))["type"] == "pong"


@asynccontextmanager
async def resumed(world: World, client: Client, after: int) -> AsyncIterator[Any]:
    socket = await client.ws_connect(f"{API}/live", headers={"Origin": world.origin})
    await socket.send_json({"type": "hello", "after": after})
    assert (await socket.receive_json(timeout=10))["type"] == "ready"
    yield socket
    await socket.close()


async def of_type(socket, kind: str):
    while (frame := await socket.receive_json(timeout=10))["type"] != kind:
        pass
    return frame


async def test_a_supervisor_hears_of_every_inbox(world: World, shop: Shop, reader: Reader):
    supervisor_id = await world.operator(Role.SUPERVISOR)
    supervisor = await world.as_operator(supervisor_id)
    note = {
        "text": "Look",
        "conversation_id": shop.secret.conversation,
        "mentions": [str(supervisor_id)],
    }
    await json(await shop.boss.post(f"{API}/customers/{shop.customer}/notes", json=note))
    await reader.reads()
    assert await kinds(supervisor) == ["mention"]
