"""The page where customers say what they get: their language, their address, no login."""

from typing import Any

import pytest
from sqlalchemy import text

from hub.conversations.outbound.stop_links import StopLinks
from hub.customers.identify import Home, Seen
from tests.integration.web.conftest import Client, World
from tests.integration.web.test_identity import people

FORM = {"service": "1", "reminder": "1", "channel": "", "from": "22:00", "until": "08:00"}


@pytest.fixture
async def anna(world: World) -> Home:
    [home] = await people(world, Seen("email", "anna@customer.example", name="Anna", locale="ru"))
    await told(
        world,
        "INSERT INTO inboxes (channel, name, settings) "
        "VALUES ('email', 'Mail', '{}'), ('webchat', 'Chat', '{}')",
    )
    return home


async def told(world: World, query: str) -> list[Any]:
    async with world.database.transaction() as session:
        found = await session.execute(text(query))
        return [tuple(row) for row in found] if found.returns_rows else []  # type: ignore[attr-defined]


def path(world: World, home: Home) -> str:
    return StopLinks(world.services.keyring, "").preferences(home.contact_point_id)


async def page(browser: Client, where: str, **form: str) -> tuple[int, str]:
    answer = await (browser.post(where, data=form) if form else browser.get(where))
    return answer.status, await answer.text()


async def test_it_speaks_the_customers_language_and_changes_nothing_by_itself(
    world: World, anna: Home
):
    status, shown = await page(await world.client(), path(world, anna))
    assert status == 200
    assert "Приходит на anna@customer.example" in shown
    assert "часовой пояс нам неизвестен" in shown
    assert '<html lang="ru">' in shown
    assert "<script" not in shown
    # Nobody has asked about news yet; quiet hours are offered and not chosen.
    ticked = {name for name in ("service", "reminder", "marketing", "survey", "quiet")
              if f'name="{name}" value="1" checked' in shown}  # fmt: skip
    assert ticked == {"service", "reminder", "survey"}
    assert '<option value="email"' in shown
    assert '<option value="webchat"' not in shown
    assert await told(world, "SELECT 1 FROM consents UNION SELECT 1 FROM preferences") == []


async def test_what_is_chosen_is_kept_and_shown(world: World, anna: Home):
    browser, where = await world.client(), path(world, anna)
    chosen = FORM | {"marketing": "1", "quiet": "1", "channel": "email"}
    status, shown = await page(browser, where, **chosen)
    assert (status, "Сохранено" in shown) == (200, True)
    assert 'name="marketing" value="1" checked' in shown
    assert 'name="survey" value="1" checked' not in shown
    assert '<option value="email" selected' in shown
    # Only what has changed, in the words it was put in.
    lines = "SELECT purpose, given, source, wording FROM consents ORDER BY purpose"
    assert await told(world, lines) == [
        ("marketing", True, "link", "Новости и предложения"),
        ("survey", False, "link", "Вопросы о том, как всё прошло"),
    ]
    kept = "SELECT channels, quiet, quiet_from::text, quiet_until::text, source FROM preferences"
    assert await told(world, kept) == [(["email"], "own", "22:00:00", "08:00:00", "link")]
    await page(browser, where, **FORM)
    assert await told(world, kept) == [([], "none", None, None, "link")]


async def test_hours_that_are_none_are_said_to_be_so(world: World, anna: Home):
    browser, where = await world.client(), path(world, anna)
    wrong = {"marketing": "1", "channel": "email", "quiet": "1", "from": "07:30", "until": "07:30"}
    status, shown = await page(browser, where, **(FORM | wrong))
    assert (status, "Тихие часы должны" in shown) == (422, True)
    # What was chosen is still there: only the hours have to be put right.
    assert 'name="marketing" value="1" checked' in shown
    assert 'name="survey" value="1" checked' not in shown
    assert '<option value="email" selected' in shown
    assert 'name="quiet" value="1" checked' in shown
    assert shown.count('value="07:30"') == 2
    assert await told(world, "SELECT 1 FROM preferences") == []


async def test_a_link_that_is_not_ours_opens_nothing(world: World, anna: Home):
    browser, where = await world.client(), path(world, anna)
    stop = StopLinks(world.services.keyring, "").url(anna.contact_point_id).rpartition("/")[2]
    for forged in (where[:-1] + "_", f"/preferences/{stop}", "/preferences/%00"):
        assert (await page(browser, forged))[0] in {400, 404}
        assert (await page(browser, forged, **FORM))[0] in {400, 404}
    # Nor does what is no answer of the page's form take anything away.
    assert (await browser.post(where, data=b"\xff&&=%00")).status == 200
    assert await told(world, "SELECT 1 FROM consents UNION SELECT 1 FROM preferences") == []
