"""The link in a mail that stops further ones: looking changes nothing, one click is enough."""

from uuid import UUID

from sqlalchemy import text

from hub.conversations.outbound.stop_links import StopLinks
from hub.customers.consents import Purpose
from hub.customers.identify import Seen, identify
from tests.integration.web.conftest import World


async def contact(world: World) -> UUID:
    async with world.database.transaction() as session:
        (home,) = await identify(
            session,
            [Seen("email", "anna@customer.example")],
            evidence_by=("system", None),
            now=world.clock(),
        )
    return home.contact_point_id


async def stopped(world: World) -> bool:
    async with world.database.reading() as session:
        found = await session.scalar(text("SELECT opted_out_at FROM contact_points"))
    return found is not None


def path(world: World, point: UUID) -> str:
    return StopLinks(world.services.keyring, "").url(point)


async def test_who_follows_the_link_is_asked_and_may_change_their_mind(world: World):
    where = path(world, await contact(world))
    browser = await world.client()
    page = await browser.get(where, headers={"Accept-Language": "ru"})
    assert page.status == 200
    assert "Письма приходят на anna@customer.example" in await page.text()
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert not await stopped(world)
    assert 'name="resume"' in await (await browser.post(where)).text()
    assert await stopped(world)
    page = await browser.post(where, data={"resume": "1"}, headers={"Accept-Language": "ru"})
    assert "Письма снова приходят." in await page.text()
    assert not await stopped(world)
    assert "снова приходят" not in await (await browser.get(where)).text()
    async with world.database.reading() as session:
        events = await session.scalar(
            text("SELECT count(*) FROM pending_events WHERE type = 'customer.updated'")
        )
    assert events == 2


async def test_a_mail_program_stops_them_by_itself(world: World):
    where = path(world, await contact(world))
    program = await world.client()
    # RFC 8058: no cookie, no origin of ours, perhaps as multipart.
    answer = await program.post(
        where,
        data=b"List-Unsubscribe=One-Click",
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": "https://mail.example",
        },
    )
    assert answer.status == 200
    assert await stopped(world)
    assert (await program.post(where, data=b"\xff\xfe&&==")).status == 200


async def test_a_link_that_is_not_ours_stops_nobody(world: World):
    point = await contact(world)
    good = path(world, point)
    browser = await world.client()
    for forged in (f"/stop/{point}", good[:-1] + ("A" if good[-1] != "A" else "B"), "/stop/x.y"):
        assert (await browser.get(forged)).status == 404
        assert (await browser.post(forged)).status == 404
    assert not await stopped(world)


async def test_one_purpose_is_stopped_and_nothing_else(world: World):
    point = await contact(world)
    where = StopLinks(world.services.keyring, "").url(point, Purpose.REMINDER)
    browser = await world.client()
    page = await (await browser.get(where)).text()
    assert "Reminders of my appointments" in page
    assert (
        StopLinks(world.services.keyring, world.services.settings.public_url).preferences(point)
        in page
    )
    await browser.post(where, data={"List-Unsubscribe": "One-Click"})
    assert not await stopped(world)
    async with world.database.reading() as session:
        rows = (await session.execute(text("SELECT purpose, given, source FROM consents"))).all()
    assert [tuple(row) for row in rows] == [("reminder", False, "link")]
    # The link of one purpose does not serve for another.
    forged = where.replace("_reminder", "_marketing")
    assert (await browser.post(forged)).status == 404
