"""Customers merged and taken apart over the API: what it answers, refuses and writes down."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.customers import reachability
from hub.customers.identify import Home, Seen, identify
from hub.operators.access import Role, Scope
from tests.integration.web.conftest import Client, World


@pytest.fixture
async def olga(world: World) -> Client:
    return await world.as_role(Role.OPERATOR)


async def people(world: World, *seen: Seen) -> list[Home]:
    async with world.database.transaction() as session:
        return await identify(session, seen, evidence_by=("system", None), now=world.clock())


async def post(client: Client, path: str, body: Any, status: int = 200) -> Any:
    async with client.post(f"/api/v1{path}", json=body) as answer:
        shown = await answer.json()
        assert answer.status == status, shown
        return shown


async def get(client: Client, path: str, status: int = 200) -> Any:
    async with client.get(f"/api/v1{path}") as answer:
        shown = await answer.json()
        assert answer.status == status, shown
        return shown


async def audited(world: World) -> list[tuple[str, UUID | None]]:
    async with world.database.reading() as session:
        rows = await session.execute(text("SELECT action, object_id FROM audit ORDER BY id"))
        return [(row.action, row.object_id) for row in rows if "." in row.action]


async def test_a_merge_and_its_undo(world: World, olga: Client) -> None:
    one, two = await people(
        world, Seen("email", "anna@example.com", name="Anna"), Seen("tel", "+79123456789")
    )
    path = f"/customers/{two.root_id}"
    before = await get(olga, path)
    body = {"from": str(one.root_id), "reason": "said so on the phone"}
    merged = await post(olga, f"{path}/merge", body)
    assert merged["customer_id"] == str(two.root_id)
    shown = await get(olga, f"/customers/{one.root_id}")
    assert (shown["id"], shown["name"]) == (str(two.root_id), "Anna")
    assert shown["merged_from"] == [str(one.root_id)]

    refused = await post(olga, f"{path}/merge", body, 409)
    assert (refused["code"], refused["customer_id"]) == ("already-merged", str(two.root_id))

    [line] = (await get(olga, f"{path}/merges"))["items"]
    assert (line["id"], line["act"], line["evidence"]) == (merged["merge_id"], "merge", "operator")
    assert (line["reason"], line["by"]["name"]) == ("said so on the phone", "Operator")
    assert line["from"] == {"id": str(one.root_id), "name": "Anna"}
    assert (line["undoable"], line["undone_at"]) == (True, None)

    undo = {"merge_id": merged["merge_id"]}
    assert (await post(olga, f"{path}/unmerge", undo))["customer_id"] == str(one.root_id)
    assert await get(olga, path) == before
    refused = await post(olga, f"{path}/unmerge", undo, 409)
    assert refused["code"] == "already-undone"
    [line] = (await get(olga, f"{path}/merges"))["items"]
    assert (line["undoable"], line["undone_by"]["name"]) == (False, "Operator")
    assert await audited(world) == [
        ("customer.merged", two.root_id),
        ("customer.unmerged", one.root_id),
    ]


async def test_an_address_is_added_taken_out_and_returned(world: World, olga: Client) -> None:
    one, other = await people(
        world, Seen("email", "anna@example.com"), Seen("tel", "+79123456789")
    )
    path = f"/customers/{one.root_id}"
    new = {"scheme": "email", "value": "Anna.P@Example.org"}
    added = await post(olga, f"{path}/contact-points", new, 201)
    values = [point["value"] for point in (await get(olga, path))["contact_points"]]
    assert values == ["anna@example.com", "anna.p@example.org"]
    again = await post(olga, f"{path}/contact-points", new, 201)
    assert again == {**added, "merge_id": None}
    taken = {"scheme": "tel", "value": "8 912 345-67-89"}
    refused = await post(olga, f"{path}/contact-points", taken, 409)
    assert (refused["code"], refused["customer_id"]) == ("address-in-use", str(other.root_id))
    await post(olga, f"{path}/contact-points", {"scheme": "email", "value": "x"}, 422)

    point = f"/contact-points/{added['contact_point_id']}/split"
    split = await post(olga, point, {"reason": "her mother's"})
    assert split["customer_id"] != str(one.root_id)
    [line, first] = (await get(olga, f"{path}/merges"))["items"]
    assert (line["act"], line["contact_point"]["value"]) == ("split", "anna.p@example.org")
    assert (first["act"], first["undoable"]) == ("added", False)
    undo = {"merge_id": split["merge_id"]}
    assert (await post(olga, f"{path}/unmerge", undo))["customer_id"] == str(one.root_id)
    assert len((await get(olga, path))["contact_points"]) == 2

    gone = await post(olga, f"{path}/unmerge", {"merge_id": added["merge_id"]})
    assert len((await get(olga, path))["contact_points"]) == 1
    assert (await get(olga, f"/customers/{gone['customer_id']}"))["contact_points"][0][
        "value"
    ] == ("anna.p@example.org")
    refused = await post(olga, f"/contact-points/{one.contact_point_id}/split", {}, 409)
    assert refused["code"] == "nothing-to-split"


async def test_two_are_compared(world: World, olga: Client) -> None:
    one, two = await people(
        world, Seen("email", "a@example.com", name="Anna"), Seen("tel", "+79123456789", name="Ann")
    )
    path = f"/customers/{one.root_id}"
    async with olga.patch(f"/api/v1{path}", json={"attributes": {"size": 38, "vip": 1}}) as answer:
        assert answer.status == 200
    async with olga.patch(
        f"/api/v1/customers/{two.root_id}",
        json={"attributes": {"size": 40}, "time_zone": "Europe/Sofia"},
    ) as answer:
        assert answer.status == 200
    shown = await get(olga, f"{path}/compare?with={two.root_id}")
    assert shown["conflicts"] == [
        {"field": "name", "customer": "Anna", "other": "Ann"},
        {"field": "attributes.size", "customer": 38, "other": 40},
    ]
    assert shown["amounts"]["other"]["conversations"] == 0
    await post(olga, f"{path}/merge", {"from": str(two.root_id)})
    merged = await get(olga, path)
    # What was promised is what is shown, up to when it was changed last.
    assert {**shown["merged"], "updated_at": ""} == {**merged, "updated_at": ""}
    refused = await get(olga, f"{path}/compare?with={two.root_id}", 409)
    assert refused["code"] == "already-merged"


async def test_orders_follow_their_address(world: World) -> None:
    shop = await world.as_token(Scope.ORDERS_WRITE, Scope.CUSTOMERS_READ, Scope.CUSTOMERS_WRITE)
    one, two = await people(world, Seen("email", "a@example.com"), Seen("tel", "+79123456789"))

    async def order() -> str:
        async with shop.put(
            "/api/v1/orders/7",
            json={"customer": {"contact_point": "tel:+79123456789"}, "status": "paid"},
        ) as answer:
            assert answer.status == 200
            return str((await answer.json())["order"]["customer_id"])

    merge = {"from": str(two.root_id)}
    merged = await post(shop, f"/customers/{one.root_id}/merge", merge)
    assert await order() == str(one.root_id)
    split = await post(shop, f"/contact-points/{two.contact_point_id}/split", {})
    assert await order() == split["customer_id"]
    undo = {"merge_id": split["merge_id"]}
    await post(shop, f"/customers/{one.root_id}/unmerge", undo)
    assert await order() == str(one.root_id)
    await post(shop, f"/customers/{one.root_id}/unmerge", {"merge_id": merged["merge_id"]})
    assert await order() == str(two.root_id)
    [line, _] = (await get(shop, f"/customers/{two.root_id}/merges"))["items"]
    assert (line["evidence"], line["by"]["kind"]) == ("integration", "integration")


async def claim(world: World, home: Home, email: str) -> None:
    async with world.database.transaction() as session:
        await reachability.set_claimed(session, home.contact_point_id, {"email": email})


async def suggested(client: Client, home: Home) -> dict[str, tuple[int, list[str]]]:
    found = await get(client, f"/customers/{home.root_id}/suggestions")
    return {
        one["customer"]["id"]: (one["score"], [reason["kind"] for reason in one["reasons"]])
        for one in found["items"]
    }


async def test_who_may_be_the_same_is_suggested_to_both(world: World, olga: Client) -> None:
    one, tagged, visit, namesake, stranger = await people(
        world,
        Seen("email", "an.na@gmail.com", name="Anna Petrova"),
        Seen("email", "anna+shop@googlemail.com"),
        Seen("webchat", "v1"),
        Seen("telegram", "17", name="Петрова Анна"),
        Seen("email", "boris@example.com", name="Boris Kostov"),
    )
    (same_name,) = await people(world, Seen("telegram", "18", name="petrova anna"))
    await claim(world, visit, "Anna@gmail.com")
    assert await suggested(olga, one) == {
        str(tagged.root_id): (70, ["same-address"]),
        str(visit.root_id): (60, ["claimed-address"]),
        str(same_name.root_id): (20, ["similar-name"]),
    }
    assert str(one.root_id) in await suggested(olga, tagged)
    assert str(one.root_id) in await suggested(olga, visit)
    assert await suggested(olga, namesake) == {}
    assert await suggested(olga, stranger) == {}

    path = f"/api/v1/customers/{tagged.root_id}/suggestions/{one.root_id}"
    async with olga.delete(path) as answer:
        assert answer.status == 204
    assert str(tagged.root_id) not in await suggested(olga, one)
    assert str(one.root_id) not in await suggested(olga, tagged)
    # Whatever becomes of either: who is somebody else stays somebody else.
    await post(olga, f"/customers/{visit.root_id}/merge", {"from": str(one.root_id)})
    assert str(tagged.root_id) not in await suggested(olga, visit)
    async with olga.delete(
        f"/api/v1/customers/{visit.root_id}/suggestions/{one.root_id}"
    ) as answer:
        assert answer.status == 409
    assert [action for action, _ in await audited(world)] == [
        "suggestion.dismissed",
        "customer.merged",
    ]


async def test_a_link_code_is_shown_once(world: World, olga: Client) -> None:
    [one] = await people(world, Seen("email", "a@example.com"))
    async with world.database.transaction() as session:
        await session.execute(text("INSERT INTO inboxes (channel, name) VALUES ('sms', 'SMS')"))
    body = {"channel": "sms", "minutes": 10}
    made = await post(olga, f"/customers/{one.root_id}/link-codes", body, 201)
    assert (made["code"][:3], made["link"]) == ("BK-", "")
    assert made["expires_at"] == "2026-05-03T09:10:00Z"
    refused = await post(olga, f"/customers/{one.root_id}/link-codes", {"channel": "fax"}, 422)
    assert refused["errors"]
    assert [action for action, _ in await audited(world)] == ["link_code.issued"]
