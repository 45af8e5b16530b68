"""The search box, a jump to a date, and the files of a customer."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from hub.clock import rfc3339
from hub.operators.access import Scope
from hub.ports import Attachment
from tests.integration.web.conftest import Client, World
from tests.integration.web.shop import API, PICTURE, Shop, build, index, json
from tests.integration.web.test_notifications import writes


@pytest.fixture
async def shop(world: World) -> Shop:
    return await build(world)


async def find(client: Client, q: str, **only: object):
    params = [("q", q)]
    for name, value in only.items():
        values = value if isinstance(value, list) else [value]
        params += [(name.strip("_"), str(one)) for one in values]
    return await json(await client.get(f"{API}/search", params=params))


def said(found) -> list[str]:
    return sorted(one["entry"]["text"] for one in found["messages"])


# --- search


async def test_the_last_word_may_be_only_begun(shop: Shop):
    for typed in ["que", "quest", "public quest", "question", "questions"]:
        found = await find(shop.boss, typed)
        assert "My public question" in said(found), typed
    assert said(await find(shop.boss, "quest ")) == []
    assert said(await find(shop.boss, "nothing quest")) == []
    (hit,) = [one for one in (await find(shop.boss, "publ"))["messages"] if "question" in str(one)]
    assert [piece["text"] for piece in hit["snippet"] if piece["match"]] == ["public"]
    assert said(await find(shop.outsider, "quest")) == ["My public question"]


async def test_a_search_is_grouped_and_says_what_matched(world: World, shop: Shop):
    await json(
        await shop.boss.patch(
            f"{API}/conversations/{shop.secret.conversation}", json={"labels": ["Ирония"]}
        )
    )
    found = await find(shop.boss, "Ири")
    assert [(one["id"], one["matched"]) for one in found["customers"]] == [
        (shop.customer, "Ирина")
    ]
    matched = {one["id"]: one["matched"] for one in found["conversations"]}
    assert matched == {
        shop.public.conversation: "customer",
        shop.secret.conversation: "customer",
    }
    labelled = await find(shop.boss, "ирон")
    assert [(one["id"], one["matched"]) for one in labelled["conversations"]] == [
        (shop.secret.conversation, "label")
    ]
    assert (await find(shop.outsider, "ирон"))["conversations"] == []
    address = await find(shop.boss, "visito")
    assert [one["matched"] for one in address["customers"]] == ["webchat:visitor"]
    hidden = (await find(shop.outsider, "Ири"))["conversations"]
    assert [one["id"] for one in hidden] == [shop.public.conversation]
    program = await world.as_token(Scope.MESSAGES_READ)
    assert (await find(program, "Ири"))["conversations"] == []


async def test_a_search_is_narrowed_to_kinds(shop: Shop):
    everything = {"customers", "orders", "conversations", "messages"}
    for kinds in [["customers"], ["messages"], ["conversations"], ["customers", "messages"]]:
        found = await find(shop.boss, "Ирина", kinds=kinds)
        talk = await find(shop.boss, "question", kinds=kinds)
        filled = {kind for kind in everything if found[kind] or talk[kind]}
        assert filled == set(kinds), kinds
    assert (await shop.boss.get(f"{API}/search?q=a&kinds=files")).status == 422


async def test_a_search_is_narrowed_by_channel_and_time(world: World, shop: Shop):
    now = world.clock()
    await writes(world, shop.public, "an old question", imported=True,
                 occurred_at=now - timedelta(days=400))  # fmt: skip
    await index(world)
    before, after = rfc3339(now - timedelta(days=30)), rfc3339(now + timedelta(seconds=1))
    assert said(await find(shop.boss, "question", to=before)) == ["an old question"]
    since = await find(shop.boss, "question", from_=before, to=after)
    assert said(since) == ["My public question", "My secret question"]
    assert (since["customers"], since["conversations"]) == ([], [])
    assert len((await find(shop.boss, "question", channel="webchat"))["messages"]) == 3
    assert said(await find(shop.boss, "question", channel="email")) == []
    by_channel = await find(shop.boss, "Ирина", channel="webchat")
    assert len(by_channel["conversations"]) >= 2
    assert (await find(shop.boss, "Ирина", channel="email"))["conversations"] == []


# --- a jump to a date


async def test_a_timeline_is_shown_around_a_moment(world: World, shop: Shop):
    start = world.clock()
    for number in range(10):
        world.clock.move(hours=1)
        await writes(world, shop.public, f"word {number}")
    timeline = f"{API}/customers/{shop.customer}/timeline"
    at = rfc3339(start + timedelta(hours=5, minutes=30))
    page = await json(await shop.boss.get(timeline, params={"around": at, "limit": "4"}))
    assert [one["text"] for one in page["items"]] == ["word 3", "word 4", "word 5", "word 6"]
    older = await json(
        await shop.boss.get(timeline, params={"before": page["before"], "limit": "2"})
    )
    newer = await json(
        await shop.boss.get(timeline, params={"after": page["after"], "limit": "2"})
    )
    assert [one["text"] for one in older["items"]] == ["word 1", "word 2"]
    assert [one["text"] for one in newer["items"]] == ["word 7", "word 8"]
    first = await json(await shop.boss.get(timeline, params={"around": "1999-01-01T00:00:00Z"}))
    assert first["before"] is None
    assert first["items"][0]["text"] == "My public question"
    last = await json(
        await shop.boss.get(timeline, params={"around": "2199-01-01T00:00:00Z", "limit": "4"})
    )
    assert [one["text"] for one in last["items"]] == ["word 8", "word 9"]
    assert last["after"] is not None
    both = {"around": at, "after": page["after"]}
    assert (await shop.boss.get(timeline, params=both)).status == 422
    hidden = await json(await shop.outsider.get(timeline, params={"around": rfc3339(start)}))
    assert "secret" not in str(hidden["items"])
    nobody = f"{API}/customers/{shop.secret.conversation}/timeline"
    assert (await shop.boss.get(nobody, params={"around": at})).status == 404


# --- files


async def test_the_files_of_a_customer_come_newest_first_and_in_pages(world: World, shop: Shop):
    world.clock.move(hours=1)
    await writes(
        world,
        shop.public,
        "two more",
        attachments=(Attachment("a.png", PICTURE + b"a"), Attachment("b.png", PICTURE + b"b")),
    )
    files = f"{API}/customers/{shop.customer}/files"
    listed = (await json(await shop.boss.get(files)))["items"]
    assert [one["name"] for one in listed] == ["b.png", "a.png", "secret.png", "public.png"]
    assert listed[0]["content_type"] == "image/png"
    assert listed[3]["entry_id"] == shop.public.message
    walked: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await json(await shop.boss.get(files, params={"limit": "1", "cursor": cursor}))
        walked += [one["name"] for one in page["items"]]
        cursor = page["next"]
    assert walked == [one["name"] for one in listed]
    seen = (await json(await shop.outsider.get(files)))["items"]
    assert [one["name"] for one in seen] == ["b.png", "a.png", "public.png"]
    async with world.database.transaction() as session:
        await session.execute(text("UPDATE entries SET deleted_at = now() WHERE file_count = 2"))
    left = (await json(await shop.boss.get(files)))["items"]
    assert [one["name"] for one in left] == ["secret.png", "public.png"]
    nobody = f"{API}/customers/{shop.secret.conversation}/files"
    assert (await shop.boss.get(nobody)).status == 404
