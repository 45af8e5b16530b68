"""The page behind the link in a reminder: looking changes nothing, an answer is taken once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from hub.appointments.links import AnswerLinks
from hub.operators.access import Scope
from tests.integration.reminders.desk import START, Desk
from tests.integration.web.conftest import World

WHOSE = {"contact_point": "email:ann@example.com", "name": "Ann", "locale": "ru"}


async def push(world: World, **body: Any) -> Any:
    client = await world.as_token(Scope.ORDERS_WRITE)
    answer = await client.put("/api/v1/appointments/7", json={"customer": WHOSE, **body})
    assert answer.ok, await answer.text()
    return (await answer.json())["appointment"]


async def status(world: World) -> str:
    async with world.database.reading() as session:
        return str(await session.scalar(text("SELECT status FROM appointments")))


async def test_from_the_link_to_the_answer(world: World) -> None:
    starts = world.clock() + timedelta(days=1)
    made = await push(world, version=1, starts_at=starts.isoformat(), place="Nevsky 10")
    links = AnswerLinks(world.services.keyring, "")
    path = links.url(UUID(made["id"]), starts)
    browser = await world.client()
    page = await (await browser.get(path)).text()
    assert "Вы придёте?" in page
    assert "Nevsky 10" in page
    assert await status(world) == "booked"
    for _ in range(2):
        page = await (await browser.post(path, data={"answer": "confirm"})).text()
        assert "Спасибо, ждём вас." in page
    assert await status(world) == "confirmed"
    async with world.database.reading() as session:
        told = await session.scalars(
            text("SELECT data->>'channel' FROM pending_events WHERE type = 'appointment.answered'")
        )
        assert list(told) == ["link"]
    assert "Вы придёте?" not in await (await browser.get(path)).text()
    page = await (await browser.post(path, data={"answer": "cancel"})).text()
    assert "Ваша просьба отменить запись принята." in page
    assert await status(world) == "cancel-requested"


async def test_the_page_says_whose_it_is_and_by_which_clock(world: World) -> None:
    desk = Desk(world.database)
    await desk.rule()
    starts = START + timedelta(days=2)
    ids = await desk.push(await desk.customer(), starts_at=starts)
    path = AnswerLinks(world.services.keyring, "").url(ids, starts)
    world.clock.now = desk.now
    browser = await world.client()
    page = await (await browser.get(path)).text()
    assert "AM UTC" in page, "nobody knows where they are"
    assert "Desk" not in page, "nobody has written of it yet"
    await desk.read()
    await desk.work(after=timedelta(days=1))
    async with world.database.transaction() as session:
        await session.execute(text("UPDATE customers SET time_zone = 'Europe/Sofia'"))
    page = await (await browser.get(path)).text()
    assert "<strong>Desk</strong>" in page
    assert "UTC" not in page


async def test_late_after_a_move_or_with_a_forged_link_it_does_no_harm(world: World) -> None:
    starts = world.clock() + timedelta(days=1)
    made = await push(world, version=1, starts_at=starts.isoformat())
    links = AnswerLinks(world.services.keyring, "")
    old = links.url(UUID(made["id"]), starts)
    later = starts + timedelta(days=1)
    await push(world, version=2, starts_at=later.isoformat())
    browser = await world.client()
    assert "новое время" in await (await browser.post(old, data={"answer": "cancel"})).text()
    assert await status(world) == "booked"
    forged = old.replace(made["id"], str(UUID(int=7)))
    for answer in (await browser.get(forged), await browser.post(forged, data={"answer": "move"})):
        assert answer.status == 404
    fresh = links.url(UUID(made["id"]), later)
    assert (await browser.post(fresh, data={"answer": "drop table"})).status == 200
    world.clock.now = later
    assert "уже наступило" in await (await browser.post(fresh, data={"answer": "cancel"})).text()
    assert await status(world) == "booked"
