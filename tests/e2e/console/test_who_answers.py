"""Business hours, reply times and turns, set in the console; what is due shows in the list."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.console.axe import faults_in_both_themes
from tests.e2e.console.desk import Desk, settled, signed_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(120),
    pytest.mark.asyncio(loop_scope="session"),
]


async def sets_hours(page: Page, desk: Desk) -> None:
    await page.goto(f"{desk.hub.url}/#/settings/hours")
    await page.get_by_role("button", name="Add hours").click()
    sheet = page.locator("dialog.sheet")
    await sheet.get_by_role("button", name="Round the clock").click()
    await sheet.get_by_role("button", name="Add a holiday").click()
    await sheet.get_by_label("Closed on").fill("2030-12-25")
    await sheet.get_by_label("Holiday", exact=True).fill("Christmas")
    await settled(page)
    assert await faults_in_both_themes(page) == []
    await sheet.get_by_role("button", name="Save").click()
    await expect(page.locator(".card-row")).to_contain_text("00:00–24:00")
    await expect(page.locator(".card-row")).to_contain_text("Open now")
    [hours] = (await desk.api("GET", "/business-hours"))["items"]
    assert hours["default"], "the first one is for everything"
    assert hours["holidays"] == [{"date": "2030-12-25", "yearly": True, "name": "Christmas"}]


async def test_hours_and_reply_times_are_set_and_shown(browser: Browser, desk: Desk) -> None:
    context, page, complaints = await signed_in(browser, desk.hub.url)
    await sets_hours(page, desk)
    await page.goto(f"{desk.hub.url}/#/settings/timers")
    await page.get_by_role("button", name="Add a reply time").click()
    sheet = page.locator("dialog.sheet")
    await sheet.get_by_label("First reply").fill("90")
    await settled(page)
    assert await faults_in_both_themes(page) == []
    await sheet.get_by_role("button", name="Save").click()
    await expect(page.locator(".card-row")).to_contain_text("first reply within 1 hr 30 min")
    await desk.customer("Hasty", "I cannot wait")
    await page.goto(f"{desk.hub.url}/#/inbox")
    row = page.locator(".row", has_text="Hasty")
    await expect(row.locator(".waiting")).to_have_attribute("title", re.compile("Due in 1 hr"))
    await row.click()
    await expect(page.locator(".timeline-head", has_text="Due in")).to_be_visible()
    await settled(page)
    assert await faults_in_both_themes(page) == []

    # Nobody else here is promised anything.
    for kind in ("timer-policies", "business-hours"):
        for one in (await desk.api("GET", f"/{kind}"))["items"]:
            await desk.api("DELETE", f"/{kind}/{one['id']}")
    assert complaints == []
    await context.close()
