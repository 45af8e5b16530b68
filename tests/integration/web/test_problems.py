"""What went wrong is listed for who can mend it; who is blocked disturbs nobody."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from hub.conversations.inbound import quarantine
from hub.conversations.inbound.quarantine import Rejected
from hub.operators.access import Role, Scope
from tests.integration.web.conftest import Client, World
from tests.integration.web.shop import API, Room, Shop, build, json
from tests.integration.web.test_notifications import Reader, kinds, writes

LIST = f"{API}/problems"


@pytest.fixture
async def shop(world: World) -> Shop:
    return await build(world)


async def execute(world: World, statement: str, **values: object) -> None:
    async with world.database.transaction() as session:
        await session.execute(text(statement), values)


async def fails(world: World, room: Room, status: str, reason: str = "", *, ago: float = 0):
    await execute(
        world,
        "UPDATE deliveries SET status = :status, reason = :reason, detail = 'no such user', "
        "updated_at = :at WHERE id = :id",
        status=status,
        reason=reason,
        at=world.clock() - timedelta(seconds=ago),
        id=room.delivery,
    )


async def problems(client: Client, query: str = "") -> list[tuple[str, str]]:
    found = (await json(await client.get(f"{LIST}{query}")))["items"]
    return [(one["kind"], one["id"]) for one in found]


# --- problems


async def test_a_failed_message_is_a_problem_until_it_is_sent_again(world: World, shop: Shop):
    assert await problems(shop.boss) == []
    await fails(world, shop.public, "failed", "invalid_address")
    (one,) = (await json(await shop.member.get(LIST)))["items"]
    assert (one["kind"], one["id"], one["action"]) == ("failed", shop.public.delivery, "retry")
    assert (one["why"], one["detail"]) == ("invalid_address", "no such user")
    assert "another address" in one["remedy"]
    assert one["customer"] == {"id": shop.customer, "name": "Ирина"}
    assert one["message_id"] == shop.public.answer
    retried = f"{API}/deliveries/{one['id']}/retry"
    await json(await shop.member.post(retried, json={"force": True}))
    assert await problems(shop.member) == []


async def test_a_failed_message_is_dismissed_and_called_back(world: World, shop: Shop):
    await fails(world, shop.public, "failed", "invalid_address")
    dismissal = f"{API}/deliveries/{shop.public.delivery}/dismissal"
    assert (await shop.member.put(dismissal, json={})).status == 204
    assert await problems(shop.boss) == []
    assert (await json(await shop.boss.get(f"{LIST}/counts")))["failed"] == 0
    # The message itself goes on saying that it failed.
    deliveries = await shop.boss.get(f"{API}/messages/{shop.public.answer}/deliveries")
    assert [one["status"] for one in (await json(deliveries))["items"]] == ["failed"]
    assert (await shop.member.delete(dismissal)).status == 204
    assert await problems(shop.boss) == [("failed", shop.public.delivery)]
    hidden = f"{API}/deliveries/{shop.secret.delivery}/dismissal"
    assert (await shop.outsider.put(hidden, json={})).status == 404


async def test_every_kind_is_listed_newest_first_and_counted(world: World, shop: Shop):
    await fails(world, shop.public, "unknown", "in-doubt", ago=50)
    await fails(world, shop.secret, "queued", ago=700)
    await execute(world, "UPDATE inboxes SET state = 'open', state_at = :at", at=world.clock())
    rejected = Rejected(shop.public.inbox, "odd", b"raw", "Nobody can read this.")
    async with world.database.transaction() as session:
        await quarantine.put(session, rejected, world.clock() - timedelta(seconds=20))
    listed = await problems(shop.boss)
    assert [kind for kind, _ in listed] == ["quarantined", "unknown", "stuck"]
    await execute(
        world,
        "UPDATE inboxes SET state = 'down', detail = 'refused', remedy = 'Look.', state_at = :at "
        "WHERE id = :id",
        at=world.clock(),
        id=shop.secret.inbox,
    )
    found = (await json(await shop.boss.get(LIST)))["items"]
    # What an inbox that is down holds up is not stuck by itself.
    assert [one["kind"] for one in found] == ["inbox-down", "quarantined", "unknown"]
    assert (found[0]["detail"], found[0]["remedy"]) == ("refused", "Look.")
    assert found[1]["why"] == "Nobody can read this."
    counted = await json(await shop.boss.get(f"{LIST}/counts"))
    expected = {"unknown": 1, "quarantined": 1, "inbox_down": 1}
    assert counted == {"failed": 0, "stuck": 0, "alert": 0, "reminder": 0, **expected}
    assert await problems(shop.boss, "?kind=unknown") == [("unknown", shop.public.delivery)]
    pages: list[tuple[str, str]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await json(await shop.boss.get(LIST, params={"limit": "1", "cursor": cursor}))
        pages += [(one["kind"], one["id"]) for one in page["items"]]
        cursor = page["next"]
    assert pages == [(one["kind"], one["id"]) for one in found]


async def test_problems_are_shown_to_who_may_see_and_mend_them(world: World, shop: Shop):
    await fails(world, shop.public, "failed")
    await fails(world, shop.secret, "failed")
    rejected = Rejected(shop.public.inbox, "odd", b"raw", "Nobody can read this.")
    async with world.database.transaction() as session:
        await quarantine.put(session, rejected, world.clock())
    supervisor = await world.as_role(Role.SUPERVISOR)
    reading = await world.as_token(Scope.MESSAGES_READ)
    seen = {
        who: sorted(kind for kind, _ in await problems(client))
        for who, client in {
            "boss": shop.boss,
            "supervisor": supervisor,
            "program": reading,
            "member": shop.member,
            "outsider": shop.outsider,
        }.items()
    }
    assert seen == {
        "boss": ["failed", "failed", "quarantined"],
        "supervisor": ["failed", "failed"],
        "program": ["failed", "failed"],
        "member": ["failed", "failed"],
        "outsider": ["failed"],
    }
    assert (await json(await shop.outsider.get(f"{LIST}/counts")))["failed"] == 1


async def test_old_failures_and_what_waits_its_turn_are_no_problem(world: World, shop: Shop):
    await execute(world, "UPDATE inboxes SET state = 'open'")
    await fails(world, shop.public, "queued", ago=500)
    await fails(world, shop.secret, "failed", ago=31 * 24 * 3600)
    assert await problems(shop.boss) == []


# --- blocking


async def point_of(shop: Shop):
    customer = await json(await shop.boss.get(f"{API}/customers/{shop.customer}"))
    (point,) = customer["contact_points"]
    return point


async def conversations(client: Client, query: str = ""):
    return (await json(await client.get(f"{API}/conversations{query}")))["items"]


async def test_who_is_blocked_is_recorded_and_disturbs_nobody(world: World, shop: Shop):
    reader = Reader(world)
    await json(
        await shop.boss.patch(
            f"{API}/conversations/{shop.public.conversation}",
            json={"assignee": str(shop.outsider_id)},
        )
    )
    await reader.reads()
    before = await kinds(shop.outsider)
    point = await point_of(shop)
    block = f"{API}/contact-points/{point['id']}/block"
    blocked = await json(await shop.boss.put(block, json={"reason": "sells shoes"}))
    (shown,) = blocked["contact_points"]
    assert (shown["blocked"], shown["blocked_reason"]) == (True, "sells shoes")
    for one in await conversations(shop.boss):
        assert (one["status"], one["close_reason"]) == ("closed", "spam")
    await writes(world, shop.public, "Buy shoes!")
    await reader.reads()
    assert await conversations(shop.boss, "?status=open") == []
    assert await kinds(shop.outsider) == before
    timeline = await json(await shop.boss.get(f"{API}/customers/{shop.customer}/timeline"))
    assert "Buy shoes!" in [one["text"] for one in timeline["items"]]
    freed = await json(await shop.boss.delete(block))
    assert freed["contact_points"][0]["blocked"] is False
    await writes(world, shop.public, "Sorry.")
    (again,) = await conversations(shop.boss, "?status=open")
    assert (again["close_reason"], again["unread"]) == ("", 1)


async def test_a_first_message_to_another_inbox_of_who_is_blocked_is_born_closed(
    world: World, shop: Shop
):
    point = await point_of(shop)
    await json(await shop.boss.put(f"{API}/contact-points/{point['id']}/block", json={}))
    await execute(world, "UPDATE conversations SET pool = 'elsewhere'")
    await writes(world, shop.public, "Buy shoes!")
    listed = await conversations(shop.boss)
    assert len(listed) == 3
    assert {(one["status"], one["close_reason"]) for one in listed} == {("closed", "spam")}


async def test_blocking_leaves_what_one_may_not_see(shop: Shop):
    point = await point_of(shop)
    block = f"{API}/contact-points/{point['id']}/block"
    await json(await shop.outsider.put(block, json={}))
    states = {one["id"]: one["status"] for one in await conversations(shop.boss)}
    assert states == {shop.public.conversation: "closed", shop.secret.conversation: "open"}
    unknown = f"{API}/contact-points/{shop.customer}/block"
    assert (await shop.boss.put(unknown, json={})).status == 404
    assert (await shop.boss.delete(unknown)).status == 404


# --- reasons


async def test_a_conversation_is_closed_with_a_reason_that_goes_when_it_opens(shop: Shop):
    here = f"{API}/conversations/{shop.public.conversation}"
    refused = await shop.boss.patch(here, json={"close_reason": "solved"})
    assert refused.status == 422
    closed = {"status": "closed", "close_reason": "solved"}
    assert (await json(await shop.boss.patch(here, json=closed)))["close_reason"] == "solved"
    entries = (await json(await shop.boss.get(f"{here}/entries")))["items"]
    assert entries[-1]["data"] == {"activity": "conversation.closed", "reason": "solved"}
    again = await json(await shop.boss.patch(here, json={"close_reason": "duplicate"}))
    assert again["close_reason"] == "duplicate"
    opened = await json(await shop.boss.patch(here, json={"status": "open"}))
    assert opened["close_reason"] == ""
    for wrong in ["Two words", "x" * 41, None]:
        body = {"status": "closed", "close_reason": wrong}
        assert (await shop.boss.patch(here, json=body)).status == 422
