"""The main job: a customer writes, an operator answers, the shop ships, a notice comes."""

import asyncio
from pathlib import Path

import aiohttp
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Page, expect

from tests.installation import PASSWORD, Hub

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

RULE = Path(__file__).parents[2] / "docs" / "examples" / "order-status.yaml"


async def sign_in(context: BrowserContext, hub: Hub) -> Page:
    page = await context.new_page()
    await page.goto(f"{hub.url}/")
    await page.fill("#email", "anna@example.com")
    await page.fill("#password", PASSWORD)
    await page.click("form button")
    await expect(page.locator(".panes")).to_be_visible()
    return page


def watch(page: Page) -> list[str]:
    """What the page complains about."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    return complaints


async def faults(page: Page) -> list[str]:
    """What axe finds: the rule and where it is broken."""
    found = (await Axe().run(page)).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


async def put_order(hub: Hub, contact_point: str, version: int, status: str) -> None:
    body = {
        "customer": {"contact_point": contact_point},
        "number": "1043",
        "version": version,
        "status": status,
    }
    headers = {"Authorization": f"Bearer {hub.token}"}
    address = f"{hub.url}/api/v1/orders/1043"
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.put(address, json=body) as answer,
    ):
        assert answer.status == 200, await answer.text()


async def contact_point(hub: Hub) -> str:
    headers = {"Authorization": f"Bearer {hub.token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{hub.url}/api/v1/customers") as answer,
    ):
        (one,) = (await answer.json())["items"]
        (point,) = one["contact_points"]
        return f"{point['scheme']}:{point['value']}"


async def test_a_customer_writes_an_operator_answers_and_the_order_notice_arrives(
    hub: Hub, customer: BrowserContext, operator: BrowserContext
) -> None:
    await hub.command("rules", "apply", str(RULE))
    chat = await customer.new_page()
    chat_complaints = watch(chat)
    await chat.goto(f"{hub.url}/chat/{hub.facts['inbox']}/")
    console = await sign_in(operator, hub)
    console_complaints = watch(console)

    await chat.fill("#text", "Где мой заказ?")
    await chat.press("#text", "Enter")
    await console.get_by_role("button", name="Где мой заказ?").click()
    await expect(console.locator(".bubble")).to_contain_text("Где мой заказ?")

    await console.get_by_role("textbox", name="Reply").fill("Уже в пути, завтра будет у вас.")
    await console.keyboard.press("Enter")
    # Until then the operator could have taken it back.
    await expect(chat.locator("#messages")).to_contain_text(
        "Уже в пути, завтра будет у вас.", timeout=15_000
    )

    point = await contact_point(hub)
    await put_order(hub, point, 1, "shipped")
    await asyncio.gather(*(put_order(hub, point, 1, "shipped") for _ in range(3)))
    await expect(chat.locator("#messages")).to_contain_text("заказ 1043 уже в пути")
    await expect(console.locator(".entries")).to_contain_text("заказ 1043 уже в пути")
    await asyncio.sleep(1)
    notices = chat.locator("#messages").get_by_text("заказ 1043 уже в пути")
    await expect(notices).to_have_count(1)
    await expect(console.locator(".customer")).to_contain_text("1043")

    for page in (chat, console):
        assert await faults(page) == []
    assert chat_complaints == []
    assert console_complaints == []


async def test_live_updates_come_back_after_the_hub_was_away(
    hub: Hub, customer: BrowserContext, operator: BrowserContext
) -> None:
    chat = await customer.new_page()
    await chat.goto(f"{hub.url}/chat/{hub.facts['inbox']}/")
    console = await sign_in(operator, hub)
    await customer.set_offline(True)
    await chat.fill("#text", "Написано без связи")
    await chat.press("#text", "Enter")
    await customer.set_offline(False)
    await expect(console.get_by_role("button", name="Написано без связи")).to_be_visible(
        timeout=30_000
    )
    await expect(chat.locator("#messages").get_by_text("Написано без связи")).to_have_count(1)
