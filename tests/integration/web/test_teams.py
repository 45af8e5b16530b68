"""Nobody sees what is not theirs: an inbox of a team is, with all in it, not there for others."""

from contextlib import asynccontextmanager

import pytest

from hub.db.relay import Relay
from hub.operators import teams
from hub.operators.access import Role, Scope
from hub.tasks import background
from tests.integration.web.conftest import Client, World
from tests.integration.web.shop import API, Room, Shop, build, json


@pytest.fixture
async def shop(world: World) -> Shop:
    return await build(world)


def addresses(room: Room) -> dict[str, str]:
    """Every address of the room that can be read."""
    return {
        "conversation": f"{API}/conversations/{room.conversation}",
        "entries": f"{API}/conversations/{room.conversation}/entries",
        "deliveries": f"{API}/messages/{room.answer}/deliveries",
        "file": f"{API}/files/{room.file}",
        "inbox": f"{API}/inboxes/{room.inbox}",
    }


async def everything(client: Client, shop: Shop) -> dict[str, str]:
    """All lists that could tell of a room, as text."""
    pages = [
        f"{API}/customers/{shop.customer}",
        f"{API}/customers/{shop.customer}/timeline",
        f"{API}/customers",
        f"{API}/conversations",
        f"{API}/conversations/counts",
        f"{API}/decisions?customer={shop.customer}",
        f"{API}/inboxes",
        f"{API}/customers/{shop.customer}/files",
        f"{API}/customers/{shop.customer}/routes",
        f"{API}/customers/{shop.customer}/merges",
        f"{API}/customers/{shop.customer}/consents",
        f"{API}/customers/{shop.customer}/preferences",
        f"{API}/conversations/{shop.public.conversation}/merges",
        f"{API}/notifications",
        f"{API}/presence",
        f"{API}/problems",
        f"{API}/problems/counts",
        f"{API}/reminders",
        f"{API}/settings/routing",
        f"{API}/settings/sending",
        f"{API}/timer-policies",
        f"{API}/views",
        f"{API}/search?q=question",
        f"{API}/search?q=note",
        f"{API}/search?q=answer",
    ]
    return {page: await (await client.get(page)).text() for page in pages}


def found(seen: dict[str, str], mark: str) -> list[str]:
    return [page for page, words in seen.items() if mark in words]


def marks(room: Room, word: str) -> list[str]:
    return [
        str(room.inbox),
        room.conversation,
        room.message,
        room.file,
        room.answer,
        f"My {word} question",
        f"A {word} answer",
        f"A {word} note",
    ]


async def test_members_and_those_who_lead_see_everything(world: World, shop: Shop):
    supervisor = await world.as_role(Role.SUPERVISOR)
    program = await world.as_token(Scope.MESSAGES_READ, Scope.CUSTOMERS_READ)
    for client in [shop.member, shop.boss, supervisor, program]:
        seen = await everything(client, shop)
        for mark in marks(shop.secret, "secret") + marks(shop.public, "public"):
            assert found(seen, mark), mark
        for room in [shop.secret, shop.public]:
            for name, address in addresses(room).items():
                assert (await client.get(address)).status == 200, name


async def test_of_a_merged_conversation_each_sees_what_came_through_their_inboxes(
    shop: Shop,
):
    """Whoever worked on a part finds what it is part of, and of that what they may see."""
    stays, goes = shop.public.conversation, shop.secret.conversation
    merge = f"{API}/conversations/{stays}/merge"
    await json(await shop.boss.post(merge, json={"from": goes}))
    inside = f"{API}/conversations/{stays}/entries"
    for client in (shop.member, shop.outsider):
        listed = await json(await client.get(f"{API}/conversations"))
        assert [one["id"] for one in listed["items"]] == [stays]
    assert "My secret question" in await (await shop.member.get(inside)).text()
    seen = await everything(shop.outsider, shop)
    seen["inside"] = await (await shop.outsider.get(inside)).text()
    for mark in set(marks(shop.secret, "secret")) - {goes}:
        assert found(seen, mark) == [], mark
    for name in ("deliveries", "file", "inbox"):
        assert (await shop.outsider.get(addresses(shop.secret)[name])).status == 404, name
    # Its old id leads where they may look.
    assert (await json(await shop.outsider.get(f"{API}/conversations/{goes}")))["id"] == stays


async def test_no_merge_takes_a_conversation_out_of_anybodys_sight(world: World, shop: Shop):
    async def refusal(stays: Room, goes: Room) -> str:
        path = f"{API}/conversations/{stays.conversation}/merge"
        answer = await shop.boss.post(path, json={"from": goes.conversation})
        return "" if answer.ok else (await answer.json())["code"]

    public, secret = shop.public, shop.secret
    assert await refusal(secret, public) == "out-of-sight"
    async with world.database.transaction() as session:
        orders = await teams.create(session, "Orders", world.clock())
        await teams.set_inboxes(session, orders, [public.inbox])
    # Two inboxes of two teams: whichever stayed, the other team would look for it in vain.
    assert await refusal(secret, public) == await refusal(public, secret) == "out-of-sight"
    async with world.database.transaction() as session:
        await teams.set_inboxes(session, orders, [public.inbox, secret.inbox])
    assert await refusal(secret, public) == ""


async def test_others_find_no_trace(world: World, shop: Shop):
    reader = await world.as_role(Role.READER)
    for client in [shop.outsider, reader]:
        seen = await everything(client, shop)
        for mark in marks(shop.secret, "secret"):
            assert found(seen, mark) == [], mark
        for mark in marks(shop.public, "public"):
            assert found(seen, mark), mark
        for name, address in addresses(shop.secret).items():
            assert (await client.get(address)).status == 404, name
        for name, address in addresses(shop.public).items():
            assert (await client.get(address)).status == 200, name
        counted = await json(await client.get(f"{API}/conversations/counts"))
        assert sum(counted[status] for status in ("open", "pending", "snoozed", "closed")) == 1


async def test_others_can_change_nothing_there(shop: Shop):
    secret, people = shop.secret, f"{API}/customers/{shop.customer}"
    here = {"text": "Let me in", "conversation_id": secret.conversation}
    tries = [
        ("PATCH", f"{API}/conversations/{secret.conversation}", {"status": "closed"}),
        ("POST", f"{API}/conversations/{secret.conversation}/read", None),
        ("POST", f"{API}/conversations/{secret.conversation}/unread", None),
        ("PATCH", f"{API}/messages/{secret.answer}", {"text": "Other words"}),
        ("DELETE", f"{API}/messages/{secret.answer}", None),
        ("POST", f"{API}/deliveries/{secret.delivery}/retry", {}),
        ("POST", f"{people}/messages", here),
        ("POST", f"{people}/notes", here),
        ("POST", f"{people}/messages", {"text": "Look", "files": [secret.file]}),
        ("POST", f"{people}/notes", {"text": "Look", "files": [secret.file]}),
    ]
    for method, address, body in tries:
        answer = await shop.outsider.request(method, address, json=body)
        assert answer.status == 404, (method, address, await answer.text())
    untouched = await json(await shop.boss.get(f"{API}/conversations/{secret.conversation}"))
    assert untouched["status"] == "open"


async def test_a_reply_never_leaves_by_an_inbox_the_author_may_not_see(shop: Shop):
    answer = await json(
        await shop.outsider.post(
            f"{API}/customers/{shop.customer}/messages", json={"text": "Hello"}
        )
    )
    assert {one["inbox_id"] for one in answer["deliveries"]} == {str(shop.public.inbox)}


async def test_a_missed_answer_in_a_hidden_inbox_is_not_shown(shop: Shop):
    """The 409 says that there is one; its words stay where they are."""
    stale = {"text": "Hello", "in_reply_to_position": shop.public.position}
    answer = await shop.outsider.post(f"{API}/customers/{shop.customer}/messages", json=stale)
    assert answer.status == 409
    assert "A secret answer" not in await answer.text()


async def test_joining_and_leaving_a_team_counts_within_seconds(world: World, shop: Shop):
    address = f"{API}/conversations/{shop.secret.conversation}"
    team = f"{API}/teams/{shop.team}"
    both = [str(shop.member_id), str(shop.outsider_id)]
    assert (await shop.outsider.get(address)).status == 404
    await json(await shop.boss.patch(team, json={"members": both}))
    world.clock.move(seconds=3)
    assert (await shop.outsider.get(address)).status == 200
    await json(await shop.boss.patch(team, json={"members": []}))
    world.clock.move(seconds=3)
    for client in [shop.outsider, shop.member]:
        assert (await client.get(address)).status == 404
    await shop.boss.delete(team)
    world.clock.move(seconds=3)
    assert (await shop.outsider.get(address)).status == 200


async def test_who_asks_why_a_rule_did_nothing_may_read_what_it_found(world: World, shop: Shop):
    rule = {
        "name": "Refunds",
        "trigger": {"on": "message.received"},
        "conditions": {"all": [{"field": "message.text", "contains": "refund"}]},
        "actions": [{"label": ["refund"]}],
    }
    stored = await json(await shop.boss.put(f"{API}/rules", json=rule))
    why = f"{API}/rules/{stored['id']}/why?customer={shop.customer}"
    assert "question" in (await (await shop.boss.get(why)).text())
    for more in ((), (Scope.CUSTOMERS_READ,), (Scope.MESSAGES_READ,)):
        program = await world.as_token(Scope.RULES_ADMIN, *more)
        refused = await program.get(why)
        assert refused.status == 403
        assert "question" not in await refused.text()


async def test_an_upload_is_its_uploaders_until_it_is_sent(shop: Shop):
    made = await json(await shop.member.post(f"{API}/files?name=a.txt", data=b"plain words"))
    address = f"{API}/files/{made['id']}"
    assert (await shop.member.get(address)).status == 200
    assert (await shop.outsider.get(address)).status == 404
    sent = {"text": "See", "files": [made["id"]], "conversation_id": shop.public.conversation}
    await json(await shop.member.post(f"{API}/customers/{shop.customer}/messages", json=sent))
    assert (await shop.outsider.get(address)).status == 200


async def test_live_events_of_a_hidden_inbox_are_not_sent(world: World, shop: Shop):
    words = {"text": "secret", "conversation_id": shop.secret.conversation}
    public = {"text": "public", "conversation_id": shop.public.conversation}
    notes = f"{API}/customers/{shop.customer}/notes"
    async with (
        running(world),
        listening(world, shop.outsider) as outsider,
        listening(world, shop.member) as member,
    ):
        for note in [words, public]:
            await json(await shop.boss.post(notes, json=note))
        assert await notes_heard(member, 2) == ["secret", "public"]
        assert await notes_heard(outsider, 1) == ["public"]


@asynccontextmanager
async def running(world: World):
    async with background() as tasks:
        tasks.start(Relay(world.database).run(), "relay")
        tasks.start(world.services.feed.run(), "feed")
        yield


@asynccontextmanager
async def listening(world: World, client: Client):
    socket = await client.ws_connect(f"{API}/live", headers={"Origin": world.origin})
    await socket.send_json({"type": "hello", "after": None})
    assert (await socket.receive_json(timeout=60))["type"] == "ready"
    yield socket
    await socket.close()


async def notes_heard(socket, count: int) -> list[str]:
    heard: list[str] = []
    while len(heard) < count:
        frame = await socket.receive_json(timeout=60)
        if frame["type"] == "note.created" and "entry" in frame["data"]:
            heard.append(frame["data"]["entry"]["text"])
    return heard


async def test_the_live_socket_asks_who_is_there(world: World, shop: Shop):
    stranger = await world.client()
    assert (await stranger.get(f"{API}/live")).status == 401
    orders = await world.as_token(Scope.ORDERS_WRITE)
    assert (await orders.get(f"{API}/live")).status == 403
    for headers in [{"Origin": "https://evil.example"}, {}]:
        assert (await shop.boss.get(f"{API}/live", headers=headers)).status == 403
