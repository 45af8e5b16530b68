"""Every page, light and dark, wide and narrow: no fault of axe, nothing wider than the window."""

import asyncio
import socket
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, expect

from hub import clock
from tests.database import fresh_database
from tests.e2e.console.axe import faults_in_both_themes
from tests.e2e.console.desk import Desk, settled, signed_in
from tests.e2e.console.proxy import proxy
from tests.installation import environment, furnished, serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.asyncio(loop_scope="session"),
]

PLACES = (
    "inbox",
    "customers",
    "orders",
    "appointments",
    "problems",
    "settings/profile",
    "settings/replies",
    "settings/inboxes",
    "settings/operators",
    "settings/teams",
    "settings/hours",
    "settings/timers",
    "settings/rules",
    "settings/templates",
    "settings/templates/appointment-reminder-day",
    "settings/sending",
    "settings/sign-in",
    "settings/tokens",
    "settings/webhooks",
    "settings/audit",
)


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
    await desk.api(
        "PUT",
        f"/appointments/{number}?system=salon",
        {
            "customer": {"id": customer},
            "number": f"A-{number}",
            "version": 1,
            "starts_at": clock.rfc3339(clock.now() + timedelta(minutes=1)),
            "place": "Nevsky 10",
        },
    )
    await desk.api("POST", "/teams", {"name": f"Team {number}"})
    await desk.api("POST", "/saved-replies", {"name": "Hours", "text": "From nine to six."})
    await desk.api("POST", f"/customers/{customer}/messages", {"text": "Уже в пути."})
    return customer


async def test_every_page_is_without_fault_in_both_themes(browser: Browser, desk: Desk) -> None:
    customer = await furnish(desk)
    context, page, complaints = await signed_in(browser, desk.hub.url)
    (talk,) = (await desk.api("GET", f"/conversations?customer={customer}"))["items"]
    inbox = desk.hub.inbox
    found = {}
    more = (f"inbox/{talk['id']}", f"customers/{customer}", f"settings/inboxes/{inbox}")
    for place in (*PLACES, *more):
        await page.goto(f"{desk.hub.url}/#/{place}")
        await settled(page)
        if wrong := await faults_in_both_themes(page):
            found[place] = wrong
    await page.goto(f"{desk.hub.url}/#/inbox/{talk['id']}")
    await expect(page.get_by_role("textbox", name="Reply")).to_be_visible()
    for keys in ("Control+k", "Shift+?", "/", "h"):
        await page.keyboard.press(keys)
        await expect(page.locator("dialog[open]")).to_be_visible()
        await settled(page)
        if wrong := await faults_in_both_themes(page):
            found[keys] = wrong
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog")).to_have_count(0)
    assert found == {}
    assert complaints == []
    await context.close()


async def test_what_is_not_there_is_said_and_leads_back_to_the_list(
    browser: Browser, desk: Desk
) -> None:
    """On a telephone, where an empty page would have neither a list nor a way out."""
    await desk.customer("Found Fiona", "Hello")
    context, page, _ = await signed_in(browser, desk.hub.url)
    await page.set_viewport_size({"width": 390, "height": 844})
    nobody = "01a20000-0000-7000-8000-000000000000"
    for place, said, listed in (
        (f"inbox/{nobody}", "There is no conversation", ".list .row"),
        (f"customers/{nobody}", "There is no customer", "tbody tr"),
        ("settings/templates/nonsense", "There is no template", "a.card-row"),
    ):
        await page.goto(f"{desk.hub.url}/#/orders")
        await expect(page.get_by_role("heading", name="Orders")).to_be_visible()
        await page.goto(f"{desk.hub.url}/#/{place}")
        await expect(page.locator(".status.bad")).to_contain_text(said)
        await expect(page.locator(listed).first).to_be_visible()
        # Back is not caught by the address that led nowhere.
        await page.go_back()
        await expect(page.get_by_role("heading", name="Orders")).to_be_visible()
    await context.close()


@pytest.mark.parametrize(
    "missing", ["**/api/v1/me", "**/api/v1/operators?*", "**/words/en.json", "**/icons.svg"]
)
async def test_it_opens_once_the_hub_answers_again(
    browser: Browser, desk: Desk, missing: str
) -> None:
    context, page, _ = await signed_in(browser, desk.hub.url)

    async def refuse(route: Route) -> None:
        await route.fulfill(status=503, json={"title": "Not now"})

    await page.route(missing, refuse)
    await page.reload()
    await expect(page.locator("#console")).to_contain_text("does not answer at this moment")
    await page.unroute(missing)
    await expect(page.locator(".list")).to_be_visible()
    await expect(page.locator("#console")).not_to_contain_text("does not answer")
    assert await page.locator(".rail svg").first.evaluate("sign => sign.childElementCount") > 0
    await context.close()


async def test_the_audit_names_whom_and_what_it_is_about(browser: Browser, desk: Desk) -> None:
    _, customer = await desk.customer("Audrey Audited", "Hello")
    (talk,) = (await desk.api("GET", f"/conversations?customer={customer}"))["items"]
    await desk.api("PATCH", f"/conversations/{talk['id']}", {"labels": ["looked-at"]})
    token = await desk.api("POST", "/tokens", {"name": "Till", "scopes": ["orders:write"]})
    await desk.api("DELETE", f"/tokens/{token['id']}")
    context, page, complaints = await signed_in(browser, desk.hub.url)
    await page.goto(f"{desk.hub.url}/#/settings/audit")
    rows = page.locator("table.audit tbody tr")
    await expect(rows.first).to_contain_text("Token revoked · Till")
    # Which program it was: the token that this desk's calls are made with.
    program = await desk.api("GET", "/me")
    await expect(rows.first.locator("td").nth(1)).to_have_text(program["name"])
    await expect(rows.nth(1)).to_contain_text("Token made · Till")
    await expect(rows.nth(2)).to_contain_text("Conversation changed · Audrey Audited")
    # Only what one has done; who has done nothing is said so.
    operator = await desk.api(
        "POST", "/operators", {"email": "idle@example.com", "name": "Idle Ida", "role": "reader"}
    )
    await page.reload()
    whose = page.get_by_role("combobox", name="Who")
    await whose.select_option(operator["id"])
    await expect(page.locator(".settings-page")).to_contain_text("Nothing on record")
    await expect(rows).to_have_count(0)
    await whose.select_option(label=program["name"])
    await expect(rows.first).to_contain_text("Operator added · Idle Ida")
    assert set(await rows.locator("td:nth-child(2)").all_inner_texts()) == {program["name"]}
    await whose.select_option(label="Everybody")
    await expect(rows.first).to_contain_text("Operator added · Idle Ida")
    assert complaints == []
    await context.close()


async def test_who_has_no_inbox_yet_is_told_to_add_one(
    browser: Browser, server_url: str, template_database: str, tmp_path: Path
) -> None:
    async with fresh_database(server_url, template_database) as address:
        await furnished(address)
        surroundings = environment(address, tmp_path / "data")
        async with serving(surroundings, tmp_path / "hub.log", role="web") as hub:
            context, page, complaints = await signed_in(browser, hub.url)
            await page.locator(".list").get_by_role("link", name="Add an inbox").click()
            await expect(page.locator(".settings-page")).to_contain_text("No inbox yet.")
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
    browser: Browser, desk: Desk, tmp_path: Path
) -> None:
    """A second process of the same hub, which is reached through another's web server."""
    prefix, inside = "/support/desk", f"http://127.0.0.1:{free_port()}"
    async with proxy(inside, prefix) as outside:
        surroundings = environment(
            desk.hub.database_url,
            tmp_path / "data",
            HUB_PORT=inside.rpartition(":")[2],
            HUB_PUBLIC_URL=outside + prefix,
            HUB_TRUSTED_PROXIES="127.0.0.1/32",
        )
        async with serving(surroundings, tmp_path / "hub.log", role="web"):
            context, page, complaints = await signed_in(browser, outside + prefix)
            for place in ("inbox", "customers", "settings/inboxes"):
                await page.goto(f"{outside}{prefix}/#/{place}")
                await settled(page)
            await expect(page.locator(".card-row", has_text="Shop chat")).to_be_visible()
            # The line is live: what changes on the other side is there without asking.
            name = f"Second {tmp_path.name}"
            await desk.api("POST", "/inboxes", {"channel": "webchat", "name": name})
            second = page.locator(".card-row", has_text=name)
            await expect(second).to_be_visible(timeout=15_000)
            assert complaints == []
            await context.close()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def test_a_list_of_the_pushed_calls_nobody_nameless_and_shows_each_status(
    browser: Browser, desk: Desk
) -> None:
    """Names come a moment after the list; a telephone shows the status too."""
    await furnish(desk)
    context, page, complaints = await signed_in(browser, desk.hub.url)
    await page.set_viewport_size({"width": 390, "height": 844})
    known = asyncio.Event()

    async def later(route: Route) -> None:
        await known.wait()
        await route.continue_()

    await page.route("**/api/v1/customers/*", later)
    await page.goto(f"{desk.hub.url}/#/appointments")
    await page.locator("input[type=search]").fill("A-")
    row = page.locator("tbody tr").first
    await expect(row).to_contain_text("…")
    known.set()
    await expect(row).not_to_contain_text("…")
    badge, frame = row.locator(".badge"), page.locator(".table-frame")
    inner, outer = await badge.bounding_box(), await frame.bounding_box()
    assert inner
    assert outer
    assert inner["x"] + inner["width"] <= outer["x"] + outer["width"]
    assert complaints == []
    await context.close()


async def test_what_happens_meanwhile_takes_nothing_off_the_screen(
    browser: Browser, desk: Desk
) -> None:
    customer = await furnish(desk)
    context, page, complaints = await signed_in(browser, desk.hub.url)
    batch = customer[-6:]

    async def order(number: int, status: str, version: int) -> None:
        await desk.api(
            "PUT",
            f"/orders/{batch}-{number}?system=shop",
            {
                "customer": {"id": customer},
                "number": f"M{batch}-{number}",
                "status": status,
                "version": version,
            },
        )

    for number in range(53):
        await order(number, "paid", 1)
    # A page more stays when one of them changes.
    await page.goto(f"{desk.hub.url}/#/orders")
    await page.get_by_role("searchbox").fill(f"M{batch}")
    rows = page.locator("tbody tr", has_text=f"M{batch}")
    await expect(rows).to_have_count(50)
    await page.get_by_role("button", name="More").click()
    await expect(rows).to_have_count(53)
    await order(7, "shipped", 2)
    await expect(rows.filter(has_text="Shipped")).to_have_count(1)
    await expect(rows).to_have_count(53)
    # A year that is still being typed is no day.
    await page.goto(f"{desk.hub.url}/#/appointments")
    await page.locator("input[type=date]").fill("12026-05-04")
    await expect(page.locator("tbody")).to_contain_text("Nevsky 10")
    assert complaints == []
    # What cannot be had hides nothing else.
    await page.route("**/preferences", lambda route: route.fulfill(status=500, json={}))
    (talk,) = (await desk.api("GET", f"/conversations?customer={customer}"))["items"]
    await page.goto(f"{desk.hub.url}/#/inbox/{talk['id']}")
    await expect(page.get_by_text(f"M{batch}-7")).to_be_visible()
    await context.close()
