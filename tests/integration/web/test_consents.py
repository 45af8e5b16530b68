"""What customers allow, over the API: written down, shown, and obeyed."""

from typing import Any

import pytest
from sqlalchemy import text

from hub.conversations.outbound import stopping
from hub.customers.consents import Purpose
from hub.customers.identify import Home, Seen
from hub.operators.access import Role
from tests.integration.web.conftest import Client, World
from tests.integration.web.test_identity import audited, get, people, post


@pytest.fixture
async def olga(world: World) -> Client:
    return await world.as_role(Role.OPERATOR)


@pytest.fixture
async def anna(world: World) -> Home:
    [home] = await people(world, Seen("email", "anna@example.com", name="Anna"))
    return home


def line(**changes: Any) -> dict[str, Any]:
    return {
        "contact_point": "email:Anna@Example.com",
        "purpose": "marketing",
        "given": True,
        "wording": "News by mail, once a month",
    } | changes


async def test_each_line_is_kept_and_the_newest_counts(
    world: World, olga: Client, anna: Home
) -> None:
    path = f"/customers/{anna.root_id}"
    await post(olga, f"{path}/consents", line(), 201)
    told = await post(olga, f"{path}/consents", line(given=False, wording=""), 201)
    assert [(one["given"], one["source"]) for one in told["items"]] == [
        (False, "operator"),
        (True, "operator"),
    ]
    assert told["items"][1]["wording"] == "News by mail, once a month"
    assert told == await get(olga, f"{path}/consents")
    [point] = (await get(olga, path))["contact_points"]
    assert (point["consents"], point["consent"]) == ({"marketing": False}, "none")
    actions = [action for action, _ in await audited(world)]
    assert actions[-2:] == ["consent.given", "consent.withdrawn"]


async def test_all_is_silence_and_giving_it_again_lifts_that(
    world: World, olga: Client, anna: Home
) -> None:
    path = f"/customers/{anna.root_id}"
    await post(olga, f"{path}/consents", line(purpose="all", given=False), 201)
    [point] = (await get(olga, path))["contact_points"]
    assert (point["consent"], point["consents"]) == ("opted_out", {})
    async with world.database.transaction() as session:
        await stopping.put(
            session, (anna.contact_point_id, Purpose.ALL), stopped=False, now=world.clock()
        )
    [point] = (await get(olga, path))["contact_points"]
    assert (point["consent"], point["opted_out_at"]) == ("none", None)
    told = await get(olga, f"{path}/consents")
    assert [(one["given"], one["source"]) for one in told["items"]] == [
        (True, "link"),
        (False, "operator"),
    ]


async def test_a_line_is_never_changed(world: World, olga: Client, anna: Home) -> None:
    path = f"/customers/{anna.root_id}/consents"
    await post(olga, path, line(), 201)
    async with world.database.reading() as session:
        before = (await session.execute(text("SELECT * FROM consents"))).all()
    await post(olga, path, line(given=False), 201)
    async with world.database.reading() as session:
        after = (await session.execute(text("SELECT * FROM consents ORDER BY id"))).all()
    assert after[:1] == before
    assert len(after) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"contact_point": "email:somebody@example.com"},
        {"purpose": "everything"},
        {"at": "2999-01-01T00:00:00Z"},
        {"wording": "x" * 2001},
    ],
)
async def test_what_cannot_be_is_refused(
    olga: Client, anna: Home, changes: dict[str, Any]
) -> None:
    answer = await post(olga, f"/customers/{anna.root_id}/consents", line(**changes), 422)
    assert [one["field"] for one in answer["errors"]] == list(changes)
