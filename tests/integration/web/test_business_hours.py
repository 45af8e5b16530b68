"""Business hours over the API: weeks with holidays, a default, and whose they are."""

from typing import Any
from uuid import UUID

from hub.customers.identify import Seen
from hub.hours import store
from hub.operators.access import Role
from hub.rules import context
from hub.rules.context import Subject
from tests.integration.timeline.world import add_inbox
from tests.integration.web.conftest import World
from tests.integration.web.test_identity import audited, get, people
from tests.integration.web.test_sending import call

WEEK = [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "until": "18:00"}]
NEW: dict[str, Any] = {"name": "Office", "time_zone": "Europe/Sofia", "week": WEEK}


async def are_read_alone(world: World, inbox: UUID) -> None:
    """One inbox's hours are what they are among all; without its own it has the company's."""
    async with world.database.reading() as session:
        known = await store.load(session)
        assert await store.of_inbox(session, inbox) == known.of(inbox) != known.default
        assert await store.of_inbox(session, UUID(int=1)) == known.default


async def test_hours_are_set_given_away_and_removed(world: World) -> None:
    boss, path = await world.as_role(Role.ADMINISTRATOR), "/business-hours"
    async with world.database.transaction() as session:
        inbox = await add_inbox(session)
    holidays = [{"date": "2026-12-25", "yearly": True, "name": "Коледа"}]
    body = {**NEW, "holidays": holidays, "default": True, "inboxes": [str(inbox)]}
    office = await call(boss, "POST", path, body, 201)
    assert {name: office[name] for name in body} == body
    assert office["next_opening"] is not None
    taken = await call(boss, "POST", path, NEW, 409)
    assert taken["id"] == office["id"]

    never = {"name": "Never", "time_zone": "UTC", "default": True, "inboxes": [str(inbox)]}
    second = await call(boss, "POST", path, never, 201)
    assert (second["open"], second["next_opening"]) == (False, None)
    first, other = (await get(boss, path))["items"]
    assert (first["default"], first["inboxes"]) == (False, []), "there is one of each"
    assert (other["default"], other["inboxes"]) == (True, [str(inbox)])
    async with world.database.reading() as session:
        known = await store.load(session)
    assert known.of(inbox) == known.default
    assert known.default.spans == ()

    saturdays = [{"days": ["sat"], "from": "10:00", "until": "14:00"}]
    changes = {"week": saturdays, "holidays": [], "inboxes": [str(inbox)]}
    changed = await call(boss, "PATCH", f"{path}/{office['id']}", changes)
    assert (changed["week"], changed["name"]) == (saturdays, "Office")
    await are_read_alone(world, inbox)
    async with boss.delete(f"/api/v1{path}/{second['id']}") as answer:
        assert answer.status == 204
    async with world.database.reading() as session:
        assert (await store.load(session)).default.open_at(world.services.clock())
    assert [one[0] for one in await audited(world)][-3:] == [
        "hours.created",
        "hours.changed",
        "hours.removed",
    ]


async def test_what_makes_no_sense_is_refused(world: World) -> None:
    boss = await world.as_role(Role.ADMINISTRATOR)
    for wrong in (
        {"time_zone": "Mars/Base"},
        {"week": [{**WEEK[0], "until": "09:00"}]},
        {"week": [{**WEEK[0], "days": []}]},
        {"holidays": [{"date": "2026-02-30"}]},
        {"inboxes": ["00000000-0000-7000-8000-000000000000"]},
    ):
        await call(boss, "POST", "/business-hours", {**NEW, **wrong}, 422)
    assert (await get(boss, "/business-hours"))["items"] == []


async def test_rules_ask_whether_it_is_open(world: World) -> None:
    [anna] = await people(world, Seen("email", "anna@example.com", name="Anna"))
    boss, now = await world.as_role(Role.ADMINISTRATOR), world.services.clock()
    asked = [Subject("customer", anna.root_id)]
    async with world.database.reading() as session:
        [seen] = await context.load(session, asked, now)
    assert seen is not None
    assert seen.facts["hours.open"] is True, "nobody has set any"
    never = {"name": "Never", "time_zone": "UTC", "default": True}
    await call(boss, "POST", "/business-hours", never, 201)
    async with world.database.reading() as session:
        [seen] = await context.load(session, asked, now)
    assert seen is not None
    assert seen.facts["hours.open"] is False
