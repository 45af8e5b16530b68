"""Conversations merged, split and put back over the API: what it answers, refuses, writes down."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from tests.integration.web.conftest import Client, World
from tests.integration.web.shop import API, build


async def post(client: Client, path: str, body: Any, status: int = 200) -> Any:
    async with client.post(f"{API}/conversations/{path}", json=body) as answer:
        shown = await answer.json()
        assert answer.status == status, shown
        return shown


async def get(client: Client, path: str = "") -> Any:
    async with client.get(f"{API}/conversations{path}") as answer:
        assert answer.status == 200
        return await answer.json()


async def events(world: World) -> int:
    async with world.database.reading() as session:
        return int((await session.execute(text("SELECT count(*) FROM events"))).scalar_one())


async def test_what_was_merged_and_split_is_put_back(world: World) -> None:
    shop = await build(world)
    olga, stays, goes = shop.boss, shop.public.conversation, shop.secret.conversation
    merged = await post(olga, f"{stays}/merge", {"from": goes})
    assert merged["conversation_id"] == stays
    assert (await get(olga, f"/{goes}"))["id"] == stays
    assert [one["id"] for one in (await get(olga))["items"]] == [stays]
    inside = [
        one for one in (await get(olga, f"/{goes}/entries"))["items"] if one["kind"] != "activity"
    ]
    assert len(inside) == 6
    refused = await post(olga, f"{stays}/merge", {"from": goes}, 409)
    assert (refused["code"], refused["conversation_id"]) == ("already-merged", stays)

    refused = await post(olga, f"{stays}/split", {}, 422)
    assert [one["field"] for one in refused["errors"]] == ["entries"]
    out = await post(olga, f"{stays}/split", {"entries": [inside[0]["id"], inside[-1]["id"]]})
    acts = (await get(olga, f"/{stays}/merges"))["items"]
    assert [(one["act"], one["messages"], one["undone_at"]) for one in acts] == [
        ("split", 2, None),
        ("merge", 0, None),
    ]
    # In the order in which they were made, not the one they would be taken back in by hand.
    for act in (merged, out):
        await post(olga, f"{stays}/unmerge", {"merge_id": act["merge_id"]})
    assert {one["id"] for one in (await get(olga))["items"]} == {stays, goes}
    for conversation in (stays, goes):
        back = (await get(olga, f"/{conversation}/entries"))["items"]
        assert len([one for one in back if one["kind"] != "activity"]) == 3
    async with world.database.reading() as session:
        rows = await session.execute(
            text("SELECT action, object_id FROM audit WHERE action LIKE 'conversation.%'")
        )
        assert sorted(map(tuple, rows)) == sorted(
            [
                ("conversation.merged", UUID(stays)),
                ("conversation.split", UUID(out["conversation_id"])),
                ("conversation.unmerged", UUID(stays)),
                ("conversation.unmerged", UUID(out["conversation_id"])),
            ]
        )
    # Nobody merges what they may not see, or takes from others what they see; nor is it told live.
    told = await events(world)
    blinding = await post(olga, f"{goes}/merge", {"from": stays}, 409)
    assert blinding["code"] == "out-of-sight"
    await post(shop.outsider, f"{stays}/merge", {"from": goes}, 404)
    await post(shop.outsider, f"{goes}/split", {"from_position": 1}, 404)
    assert await events(world) == told
