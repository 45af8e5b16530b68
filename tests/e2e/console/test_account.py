"""One's own account in the browser: a second factor set up, asked for, and the sign-ins."""

import re
from urllib.parse import unquote

import pytest
from playwright.async_api import Browser, Page, expect

from hub import clock
from hub.operators import totp
from tests.e2e.console.axe import faults_in_both_themes
from tests.e2e.console.desk import Desk, settled, signed_in
from tests.installation import PASSWORD

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(120),
    pytest.mark.asyncio(loop_scope="session"),
]


async def test_a_second_factor_is_set_up_and_asked_for(browser: Browser, desk: Desk) -> None:
    email = "vera@example.com"
    await desk.operator(email, "Vera Orlova")
    context, page, complaints = await signed_in(browser, desk.hub.url, email)
    await page.goto(f"{desk.hub.url}/#/settings/profile")
    await page.get_by_role("button", name="Set it up").click()
    await page.fill("#factor-password", PASSWORD)
    await page.get_by_role("button", name="Next").click()
    picture = page.get_by_alt_text("QR code")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("one => one.complete && one.naturalWidth > 0")
    secret = await page.locator("dialog code").inner_text()
    assert "svg" in unquote(await picture.get_attribute("src") or "")
    await settled(page)
    assert await faults_in_both_themes(page) == []
    used = totp.step_of(clock.now())
    await page.fill("#factor-code", totp.code_of(secret, used))
    await page.get_by_role("button", name="Confirm").click()
    kept = page.get_by_role("button", name="I have kept them")
    await expect(kept).to_be_visible()
    codes = (await page.locator("dialog code").inner_text()).split()
    assert [bool(re.fullmatch(r"[a-z2-7-]{19}", one)) for one in codes] == [True] * 10
    await kept.click()
    await expect(page.get_by_text("10 recovery codes left.")).to_be_visible()
    await expect(page.locator(".card-row .badge")).to_have_text("This browser")

    await in_two_steps(page, email, totp.code_of(secret, used), codes[0])
    # The browser itself notes the refused code.
    assert [one for one in complaints if "422" not in one] == []
    await context.close()


async def in_two_steps(page: Page, email: str, used: str, right: str) -> None:
    await page.get_by_role("button", name="Sign out", exact=True).click()
    await page.fill("#email", email)
    await page.fill("#password", PASSWORD)
    await page.click("form button")
    await expect(page.locator("#code")).to_be_focused()
    assert await faults_in_both_themes(page) == []
    await page.fill("#code", used)
    await page.click("form button")
    await expect(page.get_by_role("alert")).to_contain_text("has been used")
    await page.fill("#code", right)
    await page.click("form button")
    await expect(page.locator(".list")).to_be_visible(timeout=15_000)
