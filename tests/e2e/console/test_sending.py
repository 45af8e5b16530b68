"""How the installation sends, and how one customer wants it, set in the console."""

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.console.axe import faults_in_both_themes
from tests.e2e.console.desk import Desk, settled, signed_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(120),
    pytest.mark.asyncio(loop_scope="session"),
]


async def test_quiet_hours_and_caps_are_kept(browser: Browser, desk: Desk) -> None:
    before = await desk.api("GET", "/settings/sending")
    context, page, complaints = await signed_in(browser, desk.hub.url)
    await page.goto(f"{desk.hub.url}/#/settings/sending")
    await page.get_by_role("button", name="Add Web chat").click()
    await page.get_by_label("Keep quiet hours").check()
    await page.get_by_label("From").fill("21:30")
    await page.get_by_label("Surveys: at most").fill("1")
    await settled(page)
    assert await faults_in_both_themes(page) == []
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("[role=status]", has_text="Saved.")).to_be_visible()
    kept = await desk.api("GET", "/settings/sending")
    assert kept["channels"] == ["webchat"]
    assert kept["quiet"] == {"from": "21:30", "until": "08:00"}
    assert kept["caps"] == {"survey": {"most": 1, "days": 30}}
    # Nobody else here waits until the morning.
    body = {"channels": before["channels"], "quiet": None, "caps": before["caps"]}
    await desk.api("PATCH", "/settings/sending", body)
    assert complaints == []
    await context.close()


async def test_what_a_customer_wishes_stands_on_the_card(browser: Browser, desk: Desk) -> None:
    _, customer = await desk.customer("Wishful", "Please not at night")
    context, page, complaints = await signed_in(browser, desk.hub.url)
    await page.locator(".row", has_text="Wishful").click()
    card = page.locator(".preferences")
    await expect(card).to_contain_text("The company's quiet hours")
    await card.get_by_role("button", name="Change").click()
    sheet = page.locator("dialog.sheet")
    await sheet.get_by_role("button", name="Add Web chat").click()
    await sheet.get_by_label("Quiet hours").select_option("own")
    await sheet.get_by_label("Until").fill("09:15")
    await sheet.get_by_role("button", name="Save").click()
    await expect(card).to_contain_text("Quiet from 22:00 to 09:15")
    kept = await desk.api("GET", f"/customers/{customer}/preferences")
    assert kept["channels"] == ["webchat"]
    assert kept["quiet"] == {"from": "22:00", "until": "09:15"}
    assert complaints == []
    await context.close()
