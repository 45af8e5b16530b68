"""Appointments pushed, moved, ended: versions, events, the timeline, the lists of the API."""

from typing import Any

from hub.operators.access import Scope
from tests.integration.web.conftest import Client, World

API = "/api/v1"
WHOSE = {"contact_point": "tel:+79120000000", "name": "Ирина"}
PUSHED: dict[str, Any] = {
    "customer": WHOSE,
    "version": 1,
    "starts_at": "2026-05-05T09:00:00+03:00",
    "ends_at": "2026-05-05T09:30:00+03:00",
    "place": "Luna Optics, Nevsky 10",
    "items": [{"name": "Eye test"}],
}


async def put(client: Client, body: Any, key: str = "7") -> tuple[int, Any]:
    answer = await client.put(f"{API}/appointments/{key}", json=body)
    return answer.status, await answer.json()


async def get(client: Client, path: str) -> Any:
    answer = await client.get(f"{API}/{path}")
    assert answer.ok, await answer.text()
    return await answer.json()


async def test_what_is_misspelt_is_told_in_words(world: World) -> None:
    client = await world.as_token(Scope.ORDERS_WRITE)
    wrong = {"customer": WHOSE, "status": "Ready!", "currency": "euro", "tracking_url": "ups"}
    answer = await client.put(f"{API}/orders/1", json=wrong)
    assert answer.status == 422
    assert (await answer.json())["errors"] == [
        {
            "field": "status",
            "message": "Write small Latin letters, digits, `_`, `.` or `-`, "
            "such as out_for_delivery.",
        },
        {
            "field": "currency",
            "message": "Write the three capital letters of the currency, such as EUR.",
        },
        {
            "field": "tracking_url",
            "message": "Write an address that begins with https:// or http://, or nothing.",
        },
    ]


async def test_an_appointment_lives_through_its_versions(world: World) -> None:
    client = await world.as_token(Scope.ORDERS_WRITE, Scope.CUSTOMERS_READ, Scope.MESSAGES_READ)
    status, told = await put(client, PUSHED)
    assert (status, told["applied"]) == (200, True)
    made = told["appointment"]
    assert (made["status"], made["starts_at"]) == ("booked", "2026-05-05T06:00:00.000000Z")
    moved = {"version": 3, "starts_at": "2026-05-06T06:00:00Z", "ends_at": "2026-05-06T06:30:00Z"}
    assert (await put(client, moved))[1]["applied"]
    status, stale = await put(client, {"version": 2, "starts_at": "2026-05-07T06:00:00Z"})
    assert (status, stale["applied"]) == (200, False)
    assert stale["appointment"]["starts_at"] == "2026-05-06T06:00:00.000000Z"
    assert (await put(client, {**moved, "status": "cancelled"}))[0] == 409
    assert (await put(client, {"version": 4, "ends_at": "2026-05-01T06:00:00Z"}))[0] == 422
    assert (await put(client, {"version": 4, "status": "cancelled"}))[1]["applied"]
    [kept] = (await get(client, f"appointments?customer={made['customer_id']}"))["items"]
    assert (kept["status"], kept["place"], kept["revision"]) == ("cancelled", PUSHED["place"], 3)
    assert kept == await get(client, "appointments/7")
    lines = (await get(client, f"customers/{made['customer_id']}/timeline"))["items"]
    assert [one["data"]["activity"] for one in lines] == [
        "appointment.created",
        "appointment.moved",
        "appointment.cancelled",
    ]
    assert {one["author"]["name"] for one in lines} == {"shop"}


async def test_whose_it_is_and_when(world: World) -> None:
    client = await world.as_token(Scope.ORDERS_WRITE, Scope.CUSTOMERS_READ)
    assert (await put(client, {"version": 1}))[0] == 422
    unknown = {"customer": {"external_id": "nobody"}, "version": 1}
    assert (await put(client, unknown))[0] == 404
    naive = {**PUSHED, "starts_at": "2026-05-05T09:00:00"}
    assert (await put(client, naive))[0] == 422
    await put(client, PUSHED)
    await put(client, {**PUSHED, "starts_at": "2026-05-08T06:00:00Z", "ends_at": None}, "8")
    day = "since=2026-05-08T00:00:00Z&until=2026-05-09T00:00:00Z"
    assert [one["external_id"] for one in (await get(client, f"appointments?{day}"))["items"]] == [
        "8"
    ]


async def test_orders_say_when_they_are_handed_over(world: World) -> None:
    client = await world.as_token(Scope.ORDERS_WRITE, Scope.CUSTOMERS_READ)
    answer = await client.put(f"{API}/orders/1", json={**PUSHED, "status": "ready"})
    order = (await answer.json())["order"]
    assert (order["place"], order["starts_at"]) == (PUSHED["place"], "2026-05-05T06:00:00.000000Z")


async def test_lists_by_time_number_and_status(world: World) -> None:
    client = await world.as_token(Scope.ORDERS_WRITE, Scope.CUSTOMERS_READ)
    for key, hour in (("late", 15), ("early", 9), ("noon%", 12)):
        at = {"starts_at": f"2026-05-05T{hour:02}:00:00Z", "ends_at": None}
        await put(client, {**PUSHED, **at, "number": f"A-{key}"}, key.strip("%"))
    await put(client, {"customer": WHOSE, "version": 1, "status": "confirmed"}, "untimed")

    async def found(query: str) -> list[str]:
        listed, cursor = [], ""
        for _ in range(9):
            page = await get(client, f"appointments?{query}&limit=2&cursor={cursor}")
            listed += [one["external_id"] for one in page["items"]]
            cursor = page["next"]
            if cursor is None:
                return listed
        raise AssertionError("the list has no end")

    assert await found("sort=starts_at") == ["early", "noon", "late"]
    assert await found("q=EARL") == ["early"]
    assert await found("q=n%25") == ["noon"]
    assert await found("sort=starts_at&until=2026-05-05T12:00:00Z") == ["early"]
    assert await found("status=confirmed") == ["untimed"]
    assert await found("made_until=2020-01-01T00:00:00Z") == []
    assert len(await found("made_since=2020-01-01T00:00:00Z")) == 4
    refused = await client.get(f"{API}/appointments?sort=starts_at&cursor=nonsense")
    assert refused.status == 422
