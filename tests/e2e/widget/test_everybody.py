"""Nobody is shut out of the widget: axe finds nothing, at two widths and in three schemes."""

from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.e2e.widget.conftest import Company, OpenShop, People, Shop, Visitor, refuse_next

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.browser,
    pytest.mark.timeout(180),
]


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark", "forced"])
async def test_everybody_can_use_it(
    shop: Shop, person: People, company: Company, width: int, scheme: str
):
    context = await person(
        viewport={"width": width, "height": 844},
        color_scheme="dark" if scheme == "dark" else "light",
        forced_colors="active" if scheme == "forced" else "none",
        reduced_motion="reduce",
    )
    visitor = await Visitor.at(context, shop.url)
    await expect(visitor.launcher).to_be_visible()
    assert await faults(visitor.page) == []
    await visitor.opens()
    await visitor.writes("Hello")
    await visitor.sees("Hello", mark="Sent")
    await company.answers("Shall we?", buttons=[{"label": "Yes", "value": "yes"}])
    await visitor.page.get_by_role("button", name="Yes").wait_for()
    await visitor.page.get_by_role("button", name="Settings").click()
    assert await faults(visitor.page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everybody_can_use_what_is_seldom_seen(
    open_shop: OpenShop, person: People, scheme: Literal["light", "dark"]
):
    context = await person(color_scheme=scheme, reduced_motion="reduce")
    asking = await open_shop(form="required")
    visitor = await Visitor.at(context, asking.url)
    await visitor.opens()
    await visitor.page.get_by_label("Your email").wait_for()
    assert await faults(visitor.page) == [], "the form"

    closed = await open_shop(closed=True, away_text="Closed for today.")
    visitor = await Visitor.at(context, closed.url)
    await visitor.opens()
    await expect(visitor.page.locator(".card")).to_contain_text("Closed for today.")
    await refuse_next(visitor.page)
    await visitor.writes("Hello")
    await visitor.sees("Hello", mark="Not sent: The chat does not accept this.")
    await visitor.page.get_by_role("button", name="emoji").click()
    await visitor.page.get_by_role("button", name="😂").wait_for()
    assert await faults(visitor.page) == [], "the away card, a failed message, the emoji"


async def faults(page: Page) -> list[str]:
    found = (await Axe().run(page)).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]
