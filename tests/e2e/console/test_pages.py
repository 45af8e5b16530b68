"""Every page, light and dark, wide and narrow: no fault of axe, nothing wider than the window."""

import socket
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.e2e.console.desk import Desk, settled, signed_in
from tests.e2e.console.proxy import proxy
from tests.installation import PASSWORD, Hub, environment, opened, serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PLACES = (
    "inbox",
    "customers",
    "orders",
    "problems",
    "settings/profile",
    "settings/replies",
    "settings/inboxes",
    "settings/operators",
    "settings/teams",
    "settings/rules",
    "settings/tokens",
    "settings/audit",
)


async def faults(page: Page) -> list[str]:
    """What axe finds: the rule and where it is broken."""
    found = (await Axe().run(page)).response["violations"]
    return [f"{one['id']}: {node['html'][:140]}" for one in found for node in one["nodes"]]


async def furnish(desk: Desk) -> str:
    """Something on every page; returns the customer's id."""
    _, customer = await desk.customer("Ирина Петрова", "Где мой заказ?")
    number = customer[-8:]
    await desk.api(
        "PUT",
        f"/orders/{number}?system=shop",
        {
            "customer": {"id": customer},
            "number": f"N-{number}",
            "status": "shipped",
            "version": 1,
            "total": "86.00",
            "currency": "EUR",
        },
    )
    await desk.api("POST", "/teams", {"name": f"Team {number}"})
    await desk.api("POST", "/saved-replies", {"name": "Hours", "text": "From nine to six."})
    await desk.api("POST", f"/customers/{customer}/messages", {"text": "Уже в пути."})
    return customer


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_every_page_is_without_fault(browser: Browser, desk: Desk, theme: str) -> None:
    customer = await furnish(desk)
    context, page, complaints = await signed_in(browser, desk.hub.url, color_scheme=theme)
    (talk,) = (await desk.api("GET", f"/conversations?customer={customer}"))["items"]
    inbox = desk.hub.inbox
    found = {}
    more = (f"inbox/{talk['id']}", f"customers/{customer}", f"settings/inboxes/{inbox}")
    for place in (*PLACES, *more):
        await page.goto(f"{desk.hub.url}/#/{place}")
        await settled(page)
        if wrong := await faults(page):
            found[place] = wrong
    await page.goto(f"{desk.hub.url}/#/inbox/{talk['id']}")
    for keys in ("Control+k", "Shift+?", "/", "h"):
        await settled(page)
        await page.keyboard.press(keys)
        await expect(page.locator("dialog[open]")).to_be_visible()
        if wrong := await faults(page):
            found[keys] = wrong
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog")).to_have_count(0)
    assert found == {}
    assert complaints == []
    await context.close()


async def test_a_telephone_shows_one_pane_at_a_time(browser: Browser, desk: Desk) -> None:
    customer = await furnish(desk)
    size = {"width": 390, "height": 844}
    context, page, complaints = await signed_in(
        browser, desk.hub.url, viewport=size, locale="ru-RU", has_touch=True
    )
    row = page.locator(".row", has_text="Ирина Петрова").first
    await row.click()
    await expect(page.get_by_role("textbox", name="Ответ")).to_be_visible()
    await expect(page.locator(".list")).to_be_hidden()
    await page.locator(".panel-button").click()
    await expect(page.locator(".customer")).to_contain_text(f"N-{customer[-8:]}")
    await page.locator(".panel-close").click()
    await page.locator(".back").click()
    await expect(row).to_be_focused()
    wide = {}
    for place in (*PLACES, f"customers/{customer}"):
        await page.goto(f"{desk.hub.url}/#/{place}")
        await settled(page)
        width = await page.evaluate("document.documentElement.scrollWidth")
        small = await page.evaluate(_SMALL)
        if width > size["width"] or small:
            wide[place] = (width, small)
    assert wide == {}
    assert complaints == []
    await context.close()


# What a finger has to hit is 44 pixels high, but for words within a line.
_SMALL = """() => [...document.querySelectorAll("button, .row, .rail a, select")]
  .filter((one) => one.checkVisibility())
  .filter((one) => !one.matches(".link, .mark, .chip, .chip *, .small-button"))
  .filter((one) => one.getBoundingClientRect().height < 43.5)
  .map((one) => one.outerHTML.slice(0, 100))"""


async def test_everything_works_under_a_path_of_a_proxy(
    browser: Browser, database_url: str, tmp_path: Path
) -> None:
    prefix, inside = "/support/desk", f"http://127.0.0.1:{free_port()}"
    async with proxy(inside, prefix) as outside:
        surroundings = environment(
            database_url,
            tmp_path / "data",
            HUB_PORT=inside.rpartition(":")[2],
            HUB_PUBLIC_URL=outside + prefix,
            HUB_TRUSTED_PROXIES="127.0.0.1/32",
        )
        async with serving(surroundings, tmp_path / "hub.log") as hub:
            await add_people(hub, inside)
            context, page, complaints = await signed_in(browser, outside + prefix)
            for place in ("inbox", "customers", "settings/inboxes"):
                await page.goto(f"{outside}{prefix}/#/{place}")
                await settled(page)
            await expect(page.locator(".card-row")).to_contain_text("Shop chat")
            # The line is live: what changes on the other side is there without asking.
            await hub.command("inbox", "add", "webchat", "--name", "Second")
            second = page.locator(".card-row", has_text="Second")
            await expect(second).to_be_visible(timeout=15_000)
            assert complaints == []
            await context.close()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def add_people(hub: Hub, inside: str) -> None:
    await hub.command(
        "operator", "add", "anna@example.com", "--role", "administrator", "--password-stdin",
        text=PASSWORD + "\n",
    )  # fmt: skip
    inbox = await hub.command("inbox", "add", "webchat", "--name", "Shop chat")
    await opened(f"{inside}/chat/{inbox}/")
