"""Nobody is shut out of the widget: axe finds nothing, at two widths and in three schemes."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.e2e.widget.conftest import Company, People, Shop, Visitor

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


async def faults(page: Page) -> list[str]:
    found = (await Axe().run(page)).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]
