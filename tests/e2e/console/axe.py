"""What axe finds wrong with a page; its script is put into a page once, not at every look."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Page

OF_COLOURS = ("color-contrast", "link-in-text-block")
"""The rules that a theme can break; all others look at what is the same in both."""

_RUN = """async (options) => (await axe.run(document, options)).violations
  .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 140)}`))"""


async def faults(page: Page, *rules: str) -> list[str]:
    """The rule and where it is broken; of all rules unless some are named."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE_SCRIPT)
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    found: list[str] = await page.evaluate(_RUN, options)
    return found


async def faults_in_both_themes(page: Page) -> list[str]:
    """As it is, and again with the colours of the other theme; it ends as it began."""
    found = await faults(page)
    await page.emulate_media(color_scheme="dark")
    found += [f"dark {one}" for one in await faults(page, *OF_COLOURS)]
    await page.emulate_media(color_scheme="light")
    return found
