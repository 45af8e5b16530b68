"""A browser, and two people who use it."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, expect

from tests.chromium import chromium

# A busy machine answers late; what does not come at all is noticed all the same.
expect.set_options(timeout=20_000)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as launched:
        yield launched


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
