"""Draws the screenshots of README and docs anew: the demo's pages in two widths and both themes.

`make screens`, or `python -m tests.screens [NAME...]` for those whose file names begin with NAME.
"""

import asyncio
import json
import os
import re
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page

from tests.chromium import chromium

SCREENS = Path(__file__).parents[1] / "docs" / "screens"
SIZES = {1440: 900, 390: 844}
NARROW = 900
"""Below this the console shows one pane at a time."""
THEMES = ("light", "dark")
LANGUAGES = {
    "console": "en-GB",
    "mail": "en-GB",
    "telegram": "ru-RU",
    "customers": "en-GB",
    "settings": "en-GB",
    "set-up": "en-GB",
    "rules": "en-GB",
    "compare": "en-GB",
    "sign-in": "en-GB",
    "shop": "en-GB",
    "chat": "ru-RU",
    "mail-twin": "en-GB",
    "widget": "en-GB",
    "widget-ru": "ru-RU",
}
SHOWN = "James Whitfield"
"""Whose conversation the console shows: open, with an order, a note and activities."""
WRITING = {"mail": "Kristina Vogel", "telegram": "Артём Белов"}
"""Whose conversations show what comes by these channels."""
CHATTING = "Анна Кузнецова"
"""Whose chat page is shown, opened as the shop opens it."""
MAILING = "Kristina Vogel"
"""Whose mailbox the mail twin's page shows."""
_NOWHERE = "--disable-features=LocalNetworkAccessChecks"
"""The page around the widget comes from no address at all."""
_START = 300
"""Seconds the demo may take to be told."""


@dataclass(frozen=True)
class Demo:
    """A running demo: where its pages are, and how to get in."""

    inbox: str
    shop: str
    mail: str
    email: str
    password: str


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[Demo]:
    """`hub demo` on free ports, with data that are thrown away."""
    # Started as root, the database is served by another user, who has to get in here; else it
    # would lie elsewhere, and stay.
    await asyncio.to_thread(folder.chmod, 0o755)
    outside = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}  # noqa: TID251
    log = folder / "demo.log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "hub",
            "demo",
            env={**outside, "HUB_PORT": "0", "HUB_DATA_DIR": str(folder / "data")},
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )
    try:
        yield await _opened(process, log)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def _opened(process: asyncio.subprocess.Process, log: Path) -> Demo:
    assert process.stdout is not None
    async with asyncio.timeout(_START):
        line = (await process.stdout.readline()).decode()
    said = await asyncio.to_thread(log.read_text, encoding="utf-8")
    assert line.startswith("READY "), said[-3000:]
    email, password = _after("sign in as", said).split()
    return Demo(
        inbox=json.loads(line.removeprefix("READY "))["url"],
        shop=_after("The shop's desk", said),
        mail=_after("Customers' mail", said),
        email=email,
        password=password,
    )


def _after(label: str, said: str) -> str:
    found = re.search(rf"^ +{re.escape(label)} +(.+?) *$", said, re.MULTILINE)
    assert found, f"{label!r} is not among what the demo said"
    return found[1]


async def _sign_in(page: Page, at: Demo) -> None:
    await page.goto(f"{at.inbox}/")
    await page.wait_for_selector("#password")


async def _console(page: Page, at: Demo) -> None:
    await _sign_in(page, at)
    await page.fill("#email", at.email)
    await page.fill("#password", at.password)
    await page.click("form button")
    await page.locator(".row", has_text=SHOWN).first.click()
    await _opened_whole(page)


async def _opened_whole(page: Page) -> None:
    """The words, and what is known of the customer, which comes after them."""
    await page.wait_for_selector(".entry")
    if (page.viewport_size or {"width": NARROW})["width"] >= NARROW:
        await page.wait_for_selector(".customer .preferences")


async def _console_list(page: Page, at: Demo) -> None:
    await _console(page, at)
    await page.keyboard.press("Escape")
    await page.wait_for_selector(".row")


async def _conversation(page: Page, at: Demo, channel: str) -> None:
    await _sign_in(page, at)
    await page.fill("#email", at.email)
    await page.fill("#password", at.password)
    await page.click("form button")
    await page.locator(".row", has_text=WRITING[channel]).first.click()
    await _opened_whole(page)


async def _mail(page: Page, at: Demo) -> None:
    await _conversation(page, at, "mail")


async def _telegram(page: Page, at: Demo) -> None:
    await _conversation(page, at, "telegram")


async def _set_up(page: Page, at: Demo) -> None:
    """A mailbox on its way to become an inbox."""
    await _console(page, at)
    await page.goto(f"{at.inbox}/#/settings/inboxes")
    await page.locator(".settings-page button.main").click()
    await page.get_by_role("button", name="Email").click()
    await page.get_by_role("button", name="Gmail").click()


async def _customers(page: Page, at: Demo) -> None:
    await _console(page, at)
    await page.goto(f"{at.inbox}/#/customers")
    await page.wait_for_selector("tbody tr")


async def _settings(page: Page, at: Demo) -> None:
    await _console(page, at)
    await page.goto(f"{at.inbox}/#/settings/inboxes")
    await page.locator("a.card-row").first.click()
    await page.wait_for_selector(".form")


async def _rules(page: Page, at: Demo) -> None:
    """A rule in the builder."""
    await _console(page, at)
    await page.goto(f"{at.inbox}/#/settings/rules")
    await page.locator(".rule-link").first.click()
    await page.get_by_role("button", name="Edit").click()
    await page.wait_for_selector(".builder")


_SAME_PERSON = """async () => {
  const call = async (method, path, body) => (await fetch(`/api/v1${path}`, {
    method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  })).json();
  const address = "email:james.whitfield@example.co.uk";
  const pushed = { customer: { contact_point: address }, number: "B-207", status: "confirmed" };
  const { order } = await call("PUT", "/orders/B-207?system=books", pushed);
  const known = { name: "James Whitfeld", locale: "en", time_zone: "Europe/London" };
  await call("PATCH", `/customers/${order.customer_id}`, known);
}"""


async def _compare(page: Page, at: Demo) -> None:
    """Two records that may be one person's, side by side."""
    await _console(page, at)
    await page.evaluate(_SAME_PERSON)
    await page.reload()
    if (page.viewport_size or {"width": NARROW})["width"] < NARROW:
        await page.locator(".panel-button").click()
    await page.get_by_role("button", name="Compare").click()
    await page.wait_for_selector(".compare")


async def _chat(page: Page, at: Demo) -> None:
    await _shop(page, at)
    link = page.locator("tr", has_text=CHATTING).get_by_role("link").first
    await page.goto(at.shop + str(await link.get_attribute("href")))
    await page.wait_for_selector("#messages > *")


async def _widget(page: Page, at: Demo, name: str, language: str) -> None:
    """The chat in the corner of a shop that knows its customer."""
    await _shop(page, at)
    link = page.locator("tr", has_text=name).get_by_role("link").first
    door = at.shop.rstrip("/") + "/" + str(await link.get_attribute("href"))
    led = await page.request.get(door, max_redirects=0)
    chat, _, proof = led.headers["location"].partition("/#jwt=")
    text = (Path(__file__).parent / "screens_shop.html").read_text(encoding="utf-8")
    text = text.replace("LANG", language).replace("CHAT", chat)
    await page.route(
        f"{at.inbox}/tea", lambda route: route.fulfill(body=text, content_type="text/html")
    )
    await page.goto(f"{at.inbox}/tea")
    await page.wait_for_function("window.besedka?.element")
    await page.evaluate("jwt => besedka.identify(jwt)", proof)
    await page.evaluate("besedka.open()")
    await page.wait_for_timeout(1500)


async def _widget_en(page: Page, at: Demo) -> None:
    await _widget(page, at, SHOWN, "en")


async def _widget_ru(page: Page, at: Demo) -> None:
    await _widget(page, at, CHATTING, "ru")


async def _shop(page: Page, at: Demo) -> None:
    await page.goto(at.shop)
    await page.wait_for_selector("h1")


async def _mail_twin(page: Page, at: Demo) -> None:
    """A customer reads the company's answer, and is about to answer it."""
    await page.goto(at.mail)
    await page.get_by_role("button", name=MAILING).click()
    await page.locator("#mail-list button").first.click()
    await page.locator("#reply").click()


_DRAW: Mapping[str, Callable[[Page, Demo], Awaitable[None]]] = {
    "sign-in": _sign_in,
    "console": _console,
    "console-list": _console_list,
    "mail": _mail,
    "telegram": _telegram,
    "customers": _customers,
    "settings": _settings,
    "set-up": _set_up,
    "rules": _rules,
    "compare": _compare,
    "chat": _chat,
    "shop": _shop,
    "mail-twin": _mail_twin,
    "widget": _widget_en,
    "widget-ru": _widget_ru,
}


async def draw(browser: Browser, at: Demo, name: str, width: int, theme: str) -> None:
    context = await browser.new_context(
        viewport={"width": width, "height": SIZES[width]},
        color_scheme="dark" if theme == "dark" else "light",
        locale=LANGUAGES[name.removesuffix("-list")],
        timezone_id="Europe/Moscow",
        reduced_motion="reduce",
    )
    try:
        page = await context.new_page()
        await _DRAW[name](page, at)
        # Fonts, icons and the first live frame.
        await page.wait_for_timeout(600)
        await page.screenshot(path=SCREENS / f"{name}-{width}-{theme}.png", caret="hide")
    finally:
        await context.close()


def _wanted(names: list[str]) -> list[tuple[str, int, str]]:
    every = [
        (name, width, theme)
        for name in _DRAW
        for width in SIZES
        for theme in THEMES
        # Side by side where there is room: only the narrow screen has a list of its own.
        if name != "console-list" or width < NARROW
    ]
    return [
        (name, width, theme)
        for name, width, theme in every
        if not names or any(f"{name}-{width}-{theme}".startswith(one) for one in names)
    ]


async def main(names: list[str]) -> None:
    SCREENS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="besedka-screens-") as folder:
        async with demo(Path(folder)) as at, chromium(_NOWHERE) as browser:
            for name, width, theme in _wanted(names):
                await draw(browser, at, name, width, theme)
                sys.stdout.write(f"{name}-{width}-{theme}.png\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
