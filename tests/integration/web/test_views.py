"""The list's orders and filters, views under a name, labels, and who is there."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text

from hub.db.engine import Database, ReadSession
from hub.operators import viewers
from hub.operators.access import Role, Scope
from hub.timeline import presence
from hub.timeline.live import LiveFeed
from hub.timeline.operator_signals import OperatorSignals
from tests.integration.web.conftest import Client, World, no_summaries
from tests.integration.web.shop import API, Room, Shop, build, json
from tests.integration.web.test_notifications import writes
from tests.integration.web.test_teams import listening, running
from tests.nodes import eventually

LIST = f"{API}/conversations"
VIEWS = f"{API}/views"


@pytest.fixture
async def shop(world: World) -> Shop:
    return await build(world)


async def walk(client: Client, query: str, limit: int = 1) -> list[str]:
    """All pages of a list, one line after the other."""
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await json(
            await client.get(f"{LIST}?{query}", params={"limit": str(limit), "cursor": cursor})
        )
        found += [one["id"] for one in page["items"]]
        cursor = page["next"]
    return found


async def wait(world: World, room: Room, minutes: int | None) -> None:
    since = None if minutes is None else world.clock() - timedelta(minutes=minutes)
    async with world.database.transaction() as session:
        await session.execute(
            text("UPDATE conversations SET waiting_since = :since WHERE id = :id"),
            {"since": since, "id": room.conversation},
        )


# --- order, unread


async def test_who_waits_longest_comes_first_and_who_does_not_wait_last(world: World, shop: Shop):
    public, secret = shop.public.conversation, shop.secret.conversation
    await wait(world, shop.public, 5)
    await wait(world, shop.secret, 9)
    assert await walk(shop.boss, "sort=waiting") == [secret, public]
    await wait(world, shop.secret, None)
    for limit in [1, 2]:
        assert await walk(shop.boss, "sort=waiting", limit) == [public, secret]
    assert await walk(shop.outsider, "sort=waiting") == [public]
    async with world.database.transaction() as session:
        await session.execute(text("UPDATE conversations SET waiting_since = NULL"))
    assert sorted(await walk(shop.boss, "sort=waiting")) == sorted([public, secret])


async def test_a_cursor_of_the_other_order_is_refused(world: World, shop: Shop):
    for room in [shop.public, shop.secret]:
        await wait(world, room, None)
    page = await json(await shop.boss.get(f"{LIST}?sort=waiting&limit=1"))
    answer = await shop.boss.get(LIST, params={"cursor": page["next"]})
    assert answer.status == 422


async def test_unread_is_each_operators_own(world: World, shop: Shop):
    public, secret = shop.public.conversation, shop.secret.conversation
    assert sorted(await walk(shop.member, "unread=true")) == sorted([public, secret])
    await shop.member.post(f"{LIST}/{public}/read")
    assert await walk(shop.member, "unread=true") == [secret]
    assert await walk(shop.outsider, "unread=true") == [public]
    await writes(world, shop.public, "again")
    assert sorted(await walk(shop.member, "unread=true")) == sorted([public, secret])


# --- views


async def test_a_view_counts_what_its_filter_lets_through(shop: Shop):
    await json(
        await shop.boss.patch(f"{LIST}/{shop.public.conversation}", json={"labels": ["vip"]})
    )
    await json(
        await shop.boss.patch(
            f"{LIST}/{shop.secret.conversation}", json={"assignee": str(shop.member_id)}
        )
    )
    filters = [
        ({}, 2),
        ({"status": "open"}, 2),
        ({"status": "closed"}, 0),
        ({"assignee": "none"}, 1),
        ({"assignee": "me"}, 0),
        ({"assignee": str(shop.member_id)}, 1),
        ({"team": "none"}, 2),
        ({"team": str(shop.team)}, 0),
        ({"inbox": str(shop.secret.inbox)}, 1),
        ({"label": "vip", "status": "open"}, 1),
        ({"label": "vip", "assignee": "me"}, 0),
        ({"channel": "webchat"}, 2),
        ({"channel": "email"}, 0),
    ]
    for position, (asked, count) in enumerate(filters):
        body = {"name": f"view {position}", "filter": asked, "shared": True, "position": position}
        made = await json(await shop.boss.post(VIEWS, json=body))
        assert (made["filter"], made["count"]) == (asked, count), asked
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        assert len(await walk(shop.boss, query, 5)) == count, asked
    listed = (await json(await shop.boss.get(VIEWS)))["items"]
    assert [one["count"] for one in listed] == [count for _, count in filters]
    hidden = (await json(await shop.outsider.get(VIEWS)))["items"]
    assert [one["count"] for one in hidden][:2] == [1, 1]


async def test_whose_a_view_is(world: World, shop: Shop):
    shared = {"name": "All", "shared": True}
    assert (await shop.member.post(VIEWS, json=shared)).status == 403
    supervisor = await world.as_role(Role.SUPERVISOR)
    everybodys = await json(await supervisor.post(VIEWS, json=shared))
    own = await json(await shop.member.post(VIEWS, json={"name": "Own"}))
    program = await world.as_token(Scope.MESSAGES_READ)
    names = [
        [one["name"] for one in (await json(await client.get(VIEWS)))["items"]]
        for client in [shop.member, shop.outsider, program]
    ]
    assert names == [["All", "Own"], ["All"], ["All"]]
    assert (await program.post(VIEWS, json={"name": "Mine"})).status == 422
    other = f"{VIEWS}/{own['id']}"
    for client in [shop.outsider, supervisor]:
        assert (await client.patch(other, json={"name": "Stolen"})).status == 404
        assert (await client.delete(other)).status == 404
    theirs = f"{VIEWS}/{everybodys['id']}"
    assert (await shop.member.patch(theirs, json={"name": "Ours"})).status == 403
    assert (await shop.member.patch(other, json={"shared": True})).status == 403
    assert (await shop.member.delete(theirs)).status == 403
    changed = {"name": "Mine", "filter": {"assignee": "me"}, "position": 7}
    after = await json(await shop.member.patch(other, json=changed))
    assert {name: after[name] for name in changed} == changed
    assert (await supervisor.delete(theirs)).status == 204
    assert (await shop.member.delete(other)).status == 204
    assert (await json(await shop.member.get(VIEWS)))["items"] == []


async def test_a_program_makes_nothing_its_own(world: World):
    program = await world.as_token(Scope.MESSAGES_READ, Scope.SHARED_WRITE)
    shared = await json(await program.post(VIEWS, json={"name": "All", "shared": True}))
    answer = await program.patch(f"{VIEWS}/{shared['id']}", json={"shared": False})
    assert answer.status == 422
    assert [one["field"] for one in (await answer.json())["errors"]] == ["shared"]


# --- labels


async def test_labels_of_open_conversations_are_counted_for_who_sees_them(shop: Shop):
    for room, labels in [(shop.public, ["vip", "late"]), (shop.secret, ["late"])]:
        await json(await shop.boss.patch(f"{LIST}/{room.conversation}", json={"labels": labels}))
    late_first = [{"label": "late", "count": 2}, {"label": "vip", "count": 1}]
    assert (await json(await shop.boss.get(f"{API}/labels")))["items"] == late_first
    seen = (await json(await shop.outsider.get(f"{API}/labels")))["items"]
    assert seen == [{"label": "late", "count": 1}, {"label": "vip", "count": 1}]
    await json(
        await shop.boss.patch(f"{LIST}/{shop.public.conversation}", json={"status": "closed"})
    )
    after = (await json(await shop.boss.get(f"{API}/labels")))["items"]
    assert after == [{"label": "late", "count": 1}]


# --- presence


async def present(client: Client) -> list[tuple[str, str, str | None]]:
    found = (await json(await client.get(f"{API}/presence")))["items"]
    return [(one["operator"]["name"], one["state"], one["customer_id"]) for one in found]


async def test_who_comes_sees_who_is_there_already(world: World, shop: Shop):
    async with running(world), listening(world, shop.outsider) as watching:
        async with listening(world, shop.member) as socket:
            viewing = {"type": "presence", "state": "viewing", "customer_id": shop.customer}
            await socket.send_json(viewing)
            frame = await watching.receive_json(timeout=60)
            assert (frame["type"], frame["customer_id"]) == ("presence", shop.customer)
            # It is told first and written down then, and the next frame is read after that.
            await socket.send_json({"type": "ping"})
            while (await socket.receive_json(timeout=60))["type"] != "pong":
                pass
            assert await present(shop.boss) == [("Member", "viewing", shop.customer)]
        assert (await watching.receive_json(timeout=60))["data"]["state"] == "offline"
        async with world.database.reading() as session:
            # Here, too.
            await eventually(partial(nobody_is_there, session), within=60)
    assert await present(shop.boss) == []


async def nobody_is_there(session: ReadSession) -> bool:
    return not await presence.listing(session)


async def test_two_nodes_know_the_same_of_who_is_there(
    world: World, shop: Shop, database_url: str
):
    async with Database.open(database_url) as other:
        feed = LiveFeed(other, world.clock, summaries=no_summaries)
        viewer = await viewer_of(world, shop)
        screens = [OperatorSignals(feed, other, viewer, 0) for _ in range(2)]
        await screens[0].presence({"state": "viewing", "customer_id": shop.customer})
        await screens[1].presence({"state": "online"})
        assert await present(shop.boss) == [
            ("Member", "online", None),
            ("Member", "viewing", shop.customer),
        ]
        await screens[1].left()
        assert await present(shop.boss) == [("Member", "viewing", shop.customer)]
        await silence(world)
        assert await present(shop.boss) == []
        await screens[0].refresh()
        assert await present(shop.boss) == [("Member", "viewing", shop.customer)]


async def test_what_a_screen_says_too_soon_is_told_at_the_next_turn(world: World, shop: Shop):
    screen = OperatorSignals(
        world.services.feed, world.database, await viewer_of(world, shop), gap=60
    )
    await screen.presence({"state": "viewing", "customer_id": shop.customer})
    await screen.presence({"state": "away"})
    assert await present(shop.boss) == [("Member", "viewing", shop.customer)]
    await screen.refresh()
    assert await present(shop.boss) == [("Member", "away", None)]


async def test_a_screen_that_is_gone_does_not_come_back_by_what_was_asked_meanwhile(
    world: World, shop: Shop
):
    screen = OperatorSignals(
        world.services.feed, world.database, await viewer_of(world, shop), gap=0
    )
    await screen.presence({"state": "online"})
    await screen.left()
    await screen.refresh()
    assert await present(shop.boss) == []


async def viewer_of(world: World, shop: Shop):
    async with world.database.reading() as session:
        found = await viewers.by_operator(session, shop.member_id)
    assert found is not None
    return found


async def silence(world: World) -> None:
    """Nobody has said for a minute that they are there."""
    async with world.database.transaction() as session:
        await session.execute(text("UPDATE presence SET seen_at = now() - interval '1 minute'"))
