"""A browser: one of Debian's where there is one, else Playwright's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, async_playwright, expect

# The one without windows first: it takes a tenth less of the processor.
_SYSTEM = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
CHROMIUM = next((str(one) for one in _SYSTEM if one.exists()), None)
# A busy machine answers late; what does not come at all is noticed all the same.
expect.set_options(timeout=20_000)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-dev-shm-usage"],
        )
        yield launched
        await launched.close()


@pytest.fixture
async def customer(browser: Browser) -> AsyncIterator[BrowserContext]:
    """Somebody at home, with a Russian browser."""
    context = await browser.new_context(locale="ru-RU", viewport={"width": 390, "height": 844})
    yield context
    await context.close()


@pytest.fixture
async def operator(browser: Browser) -> AsyncIterator[BrowserContext]:
    """Somebody at work."""
    context = await browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
    yield context
    await context.close()
