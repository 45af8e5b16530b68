"""How the installation sends, and how a customer wants to be written to, over the API."""

from typing import Any

import pytest
from sqlalchemy import text

from hub import clock
from hub.customers.identify import Home, Seen
from hub.operators.access import Role
from hub.rules import repository as rules
from hub.rules.spec import parse
from tests.channels import INSTALLED
from tests.integration.web.conftest import Client, World
from tests.integration.web.test_identity import audited, get, people

NOTHING: dict[str, Any] = {
    "channels": [],
    "costs": {"sms": 1.0},
    "quiet": None,
    "time_zone": "",
    "caps": {},
}
NIGHT = {"from": "22:00", "until": "08:00"}


async def call(client: Client, method: str, path: str, body: object, status: int = 200) -> Any:
    async with client.request(method, f"/api/v1{path}", json=body) as answer:
        shown = await answer.json()
        assert answer.status == status, shown
        return shown


async def test_administrators_say_how_the_installation_sends(world: World) -> None:
    boss, path = await world.as_role(Role.ADMINISTRATOR), "/settings/sending"
    assert await get(boss, path) == NOTHING
    new = {"channels": ["telegram", "sms"], "quiet": NIGHT, "time_zone": "Europe/Sofia"}
    assert await call(boss, "PATCH", path, new) == NOTHING | new
    more = {"caps": {"survey": {"most": 1, "days": 30}}, "costs": {"sms": 2}, "quiet": None}
    assert await call(boss, "PATCH", path, more) == NOTHING | new | more
    assert (await audited(world))[-1][0] == "settings.changed"
    for wrong in (
        {"quiet": {"from": "22:00", "until": "22:00"}},
        {"quiet": {"from": "25:00", "until": "22:00"}},
        {"time_zone": "Mars/Base"},
        {"caps": {"survey": {"most": 0, "days": 30}}},
        {"caps": {"surveys": {"most": 1, "days": 30}}},
    ):
        await call(boss, "PATCH", path, wrong, 422)
    assert await get(boss, path) == NOTHING | new | more


async def test_another_zone_counts_the_days_of_reminders_anew(world: World) -> None:
    boss = await world.as_role(Role.ADMINISTRATOR)
    spec = parse({
        "name": "A day before",
        "trigger": {"before": "appointment.starts_at", "by": "1d"},
        "actions": [{"note": "Soon."}],
    })  # fmt: skip
    async with world.database.transaction() as session:
        rule, _ = await rules.store(session, spec, channels=INSTALLED, now=clock.now())
    for zone, scans in (("", []), ("Europe/Sofia", [str(rule.id)])):
        await call(boss, "PATCH", "/settings/sending", {"time_zone": zone})
        async with world.database.reading() as session:
            found = await session.scalars(text("SELECT key FROM due WHERE kind = 'reminder-scan'"))
            assert list(found) == scans


@pytest.fixture
async def anna(world: World) -> Home:
    [home] = await people(world, Seen("email", "anna@example.com", name="Anna"))
    return home


async def test_a_customers_wishes_are_written_down(world: World, anna: Home) -> None:
    olga, path = await world.as_role(Role.OPERATOR), f"/customers/{anna.root_id}/preferences"
    assert await get(olga, path) == {"channels": [], "quiet": "default", "time_zone": ""}
    for quiet in (NIGHT, "none", "default"):
        new = {"channels": ["sms", "email"], "quiet": quiet}
        assert await call(olga, "PUT", path, new) == {**new, "time_zone": ""}
        assert await get(olga, path) == {**new, "time_zone": ""}
    assert (await audited(world))[-1][0] == "customer.preferences"
