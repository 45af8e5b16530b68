"""Webhooks in the settings: made, called, its history read, switched off, deleted."""

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.console.axe import faults_in_both_themes
from tests.e2e.console.desk import Desk, settled, signed_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.asyncio(loop_scope="session"),
]


async def test_a_webhook_is_made_tried_and_deleted(browser: Browser, desk: Desk) -> None:
    """Its address is private, which the hub refuses to call: the history says so."""
    context, page, complaints = await signed_in(browser, desk.hub.url)
    await page.goto(f"{desk.hub.url}/#/settings/webhooks")
    await page.get_by_role("button", name="Add a webhook").click()
    await page.get_by_label("Name").fill("ERP")
    await page.get_by_label("Address").fill("https://erp.invalid/hook")
    await page.locator("dialog .main").click()
    await expect(page.locator("dialog code")).to_contain_text("whsec_")
    await page.get_by_role("button", name="Done").click()

    await expect(page.locator(".settings-head")).to_contain_text("ERP")
    await page.get_by_role("button", name="Test it").click()
    line = page.locator(".settings-page .fact", has_text="webhook.tested")
    await expect(line).to_contain_text("no such host")
    await line.locator("summary").click()
    await expect(line).to_contain_text("try 1: no such host")
    await settled(page)
    assert await faults_in_both_themes(page) == []

    await page.get_by_role("button", name="Tell it again").click()
    await page.locator("dialog .main").click()
    await expect(page.locator("dialog [role=status]")).to_contain_text("told again")
    await page.get_by_role("button", name="Done").click()
    await page.get_by_role("button", name="Switch off").click()
    await expect(page.locator(".notice-box")).to_contain_text("Switched off by hand")
    await page.get_by_role("button", name="Delete").click()
    await page.locator("dialog .danger").click()
    await expect(page.get_by_role("button", name="Add a webhook")).to_be_visible()
    await expect(page.locator(".card-row", has_text="ERP")).to_have_count(0)
    assert complaints == []
    await context.close()
