"""The page of phones: one writes, hears, sees receipts; by keyboard and screen reader too."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, expect

from channels.sms.twin import twin

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
PHONE = "+79995550102"


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
async def test_a_customer_writes_and_hears(
    browser: Browser, tmp_path: Path, width: int, scheme: Any
) -> None:
    async with twin.serve("127.0.0.1", 0, tmp_path) as running:
        context = await browser.new_context(
            viewport={"width": width, "height": 844}, color_scheme=scheme, locale="ru-RU"
        )
        page = await context.new_page()
        wrong: list[str] = []
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        await page.goto(running.page)
        await page.get_by_role("button", name="Ирина Петрова").click()
        await page.get_by_label("Сообщение").fill("Где мой заказ?")
        await page.keyboard.press("Enter")
        talk = page.get_by_role("log")
        await expect(talk.get_by_text("Где мой заказ?")).to_be_visible(timeout=20_000)
        await page.locator("#state").select_option("off")
        await running.play({"who": PHONE, "text": "STOP"})
        await expect(page.get_by_text("Ответил STOP")).to_be_visible(timeout=20_000)
        await expect(talk.get_by_text("You have successfully been")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        found = await Axe().run(page)
        assert [one["id"] for one in found.response["violations"]] == []
        assert wrong == []
        await context.close()
