"""Owners, turns and reply times over the API."""

from typing import Any

from hub.customers.identify import Seen
from hub.operators.access import Role
from tests.integration.web.conftest import World
from tests.integration.web.test_identity import audited, get, people
from tests.integration.web.test_sending import call


async def test_customers_are_found_by_who_is_responsible(world: World) -> None:
    anna, boris = await people(
        world, Seen("email", "anna@example.com", name="Anna"), Seen("tel", "+79123456789")
    )
    operator = await world.operator(email="olga@example.com", name="Olga")
    olga = await world.as_operator(operator)
    body = {"owner": str(operator)}
    shown = await call(olga, "PATCH", f"/customers/{anna.root_id}", body)
    assert shown["owner"] == str(operator)
    for asked in ("owner=me", f"owner={operator}", "owner=me&q=ann"):
        found = (await get(olga, f"/customers?{asked}"))["items"]
        assert [one["id"] for one in found] == [str(anna.root_id)], asked
    assert (await get(olga, "/customers?owner=me&q=912"))["items"] == []
    assert boris.root_id != anna.root_id


async def test_how_a_team_and_the_company_give_work_away(world: World) -> None:
    boss = await world.as_role(Role.ADMINISTRATOR)
    assert await get(boss, "/settings/routing") == {"owners": "active"}
    assert await call(boss, "PATCH", "/settings/routing", {"owners": "present"}) == {
        "owners": "present"
    }
    await call(boss, "PATCH", "/settings/routing", {"owners": "sometimes"}, 422)
    team = await call(boss, "POST", "/teams", {"name": "Desk"}, 201)
    assert (team["routing"], team["capacity"]) == ("by-hand", 20)
    changes = {"routing": "round-robin", "capacity": 3}
    changed = await call(boss, "PATCH", f"/teams/{team['id']}", changes)
    assert (changed["routing"], changed["capacity"]) == ("round-robin", 3)
    operator = await world.operator(email="olga@example.com", name="Olga")
    for capacity in (0, 7, None):
        body = {"capacity": capacity}
        shown = await call(boss, "PATCH", f"/operators/{operator}", body)
        assert shown["capacity"] == capacity
    await call(boss, "PATCH", f"/operators/{operator}", {"capacity": -1}, 422)


async def test_reply_times_are_promised_changed_and_taken_back(world: World) -> None:
    boss, path = await world.as_role(Role.ADMINISTRATOR), "/timer-policies"
    new: dict[str, Any] = {"name": "All", "first_reply": 60}
    made = await call(boss, "POST", path, new, 201)
    assert {**made, **new, "resolution": None, "warn_percent": 80} == made
    assert (await call(boss, "POST", path, new, 409))["id"] == made["id"]
    for wrong in (
        {"first_reply": None},
        {"first_reply": 0},
        {"warn_percent": 101},
        {"teams": ["00000000-0000-7000-8000-000000000000"]},
        {"name": None},
    ):
        await call(boss, "PATCH", f"{path}/{made['id']}", wrong, 422)
    changed = await call(boss, "PATCH", f"{path}/{made['id']}", {"resolution": 480})
    assert (changed["first_reply"], changed["resolution"]) == (60, 480)
    async with boss.delete(f"/api/v1{path}/{made['id']}") as answer:
        assert answer.status == 204
    assert (await get(boss, path))["items"] == []
    assert [one[0] for one in await audited(world)][-3:] == [
        "timers.created",
        "timers.changed",
        "timers.removed",
    ]
