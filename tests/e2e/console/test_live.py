"""The live socket is cut again and again: no event is missed on the screen, none comes twice."""

import asyncio
import random

import pytest
from playwright.async_api import Browser, WebSocketRoute, expect

from tests.e2e.console.desk import Desk, signed_in
from tests.installation import PASSWORD

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.asyncio(loop_scope="session"),
]

SEED = 4711
MESSAGES = 40


async def test_no_message_is_missed_or_doubled_by_random_disconnects(
    browser: Browser, desk: Desk
) -> None:
    chance = random.Random(SEED)
    visitor, _ = await desk.customer("Talker", "number 0")
    context = await browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
    sockets: list[WebSocketRoute] = []

    def pass_on(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    page = await context.new_page()
    await page.route_web_socket("**/api/v1/live", pass_on)
    await page.goto(f"{desk.hub.url}/")
    await page.fill("#email", "anna@example.com")
    await page.fill("#password", PASSWORD)
    await page.click("form button")
    await page.locator(".row", has_text="Talker").click()
    await expect(page.locator(".bubble")).to_have_text("number 0")

    for number in range(1, MESSAGES + 1):
        await visitor.write(f"number {number}")
        if chance.random() < 0.4:
            await sockets[-1].close()
        await asyncio.sleep(chance.random() * 0.12)

    last = page.locator(".bubble", has_text=f"number {MESSAGES}")
    await expect(last).to_be_visible(timeout=20_000)
    await expect(page.locator(".bubble")).to_have_count(MESSAGES + 1)
    shown = await page.locator(".bubble").all_inner_texts()
    assert [text.strip() for text in shown] == [f"number {one}" for one in range(MESSAGES + 1)]
    assert len(sockets) > 5
    await expect(page.locator(".row", has_text=f"number {MESSAGES}")).to_have_count(1)
    await context.close()


async def test_the_other_operator_sees_it_without_asking(browser: Browser, desk: Desk) -> None:
    visitor, customer = await desk.customer("Waiter", "Anybody there?")
    context, page, complaints = await signed_in(browser, desk.hub.url)
    row = page.locator(".row", has_text="Waiter")
    await expect(row).to_be_visible()
    (talk,) = (await desk.api("GET", f"/conversations?customer={customer}"))["items"]
    await desk.api("PATCH", f"/conversations/{talk['id']}", {"labels": ["urgent"], "priority": 4})
    await expect(row.get_by_role("img", name="urgent")).to_be_visible()
    await desk.api("PATCH", f"/conversations/{talk['id']}", {"status": "closed"})
    await expect(row).to_have_count(0)
    await visitor.write("Still here")
    await expect(row).to_contain_text("Still here")
    assert complaints == []
    await context.close()
