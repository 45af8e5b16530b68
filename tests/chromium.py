"""The browser of tests, benchmarks and screenshots: the system's, else Playwright's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

_SYSTEM = Path("/usr/bin/chromium")
PROGRAM = str(_SYSTEM) if _SYSTEM.exists() else None
"""None: the one that `playwright install chromium` brings."""


@asynccontextmanager
async def chromium(*arguments: str) -> AsyncIterator[Browser]:
    """A Chromium without a window, ended with the block; started with `arguments` besides ours."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=PROGRAM,
            # Of Playwright's two, the whole browser: the headless shell shows no notifications.
            channel=None if PROGRAM else "chromium",
            args=["--no-sandbox", "--disable-dev-shm-usage", *arguments],
        )
        try:
            yield browser
        finally:
            await browser.close()
