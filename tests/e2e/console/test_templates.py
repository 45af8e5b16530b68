"""The template editor: fields are offered, the preview follows, a fault is told."""

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.console.desk import Desk, settled, signed_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(120),
    pytest.mark.asyncio(loop_scope="session"),
]


async def test_words_are_written_seen_and_kept(  # noqa: PLR0915 - one story
    browser: Browser, desk: Desk
) -> None:
    context, page, complaints = await signed_in(browser, desk.hub.url)
    await page.goto(f"{desk.hub.url}/#/settings/templates/order-packed")
    await settled(page)
    await page.get_by_role("button", name="Русский").click()
    preview = page.get_by_role("region", name="Preview")
    await expect(
        preview.get_by_text("Ваш заказ 1043 собран и ждёт курьера.").first
    ).to_be_visible()
    mail = page.frame_locator("iframe[title='The mail']")
    await expect(mail.get_by_text("Здравствуйте, Ирина!")).to_be_visible()

    text = page.get_by_role("textbox", name="Text", exact=True)
    await text.fill("Готов ")
    await text.press("End")
    await text.press_sequentially("{{ order.num")
    await expect(page.get_by_role("option", name="order.number")).to_be_visible()
    await text.press("Enter")
    await text.press_sequentially(" }}")
    await expect(page.get_by_text("`order.number` may be empty").first).to_be_visible()
    await text.fill("{% for one in order.items %}{{ one.na")
    await text.press("End")
    await text.press_sequentially("m")
    await expect(page.get_by_role("option", name="one.name")).to_be_visible()
    await text.fill(
        "Готов {{ order.number | default('') }}"
        "{% for one in order.others %} и {{ one.number | default('') }}{% endfor %}"
    )
    await page.get_by_role("checkbox", name="With a second one").check()
    await expect(preview.get_by_text("Готов 1043 и 1043-2", exact=True).first).to_be_visible()
    await text.fill("Готов {{ order.number | default('') }}")
    await expect(preview.get_by_text("Готов 1043", exact=True).first).to_be_visible()
    await expect(page.get_by_text("may be empty")).to_have_count(0)

    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Version 1")).to_be_visible()
    kept = await desk.api("GET", "/templates/order-packed")
    assert kept["locales"]["ru"]["text"] == "Готов {{ order.number | default('') }}"
    await page.get_by_role("button", name="Back to the shipped words").click()
    await expect(text).to_have_value(
        "Ваш заказ {{ order.number | default(order.external_id) }} собран и ждёт курьера.\n"
    )
    assert (await desk.api("GET", "/templates/order-packed"))["origin"] == "shipped"
    assert complaints == []
    await context.close()
