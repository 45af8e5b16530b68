"""The customer's card: one timeline of two and back again, addresses, codes, what they allow."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.console.axe import faults_in_both_themes
from tests.e2e.console.desk import Desk, settled, signed_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.asyncio(loop_scope="session"),
]
CODE = re.compile(r"BK-\w{5}-\w{5}")


async def open_customer(page: Page, desk: Desk, customer: str) -> None:
    (talk,) = (await desk.api("GET", f"/conversations?customer={customer}"))["items"]
    await page.goto(f"{desk.hub.url}/#/inbox/{talk['id']}")
    await expect(page.locator(".point").first).to_be_visible()


async def take_in(page: Page, said: str) -> None:
    """Two conversations become one by hand; that goes back when the customers part."""
    await page.locator('[data-do="more"]').click()
    await page.get_by_role("option", name="Merge another conversation").click()
    await page.get_by_role("option", name=said).click()
    await expect(page.locator(".entries")).to_contain_text("became part of this one")


async def test_an_old_address_of_a_merged_customer_leads_to_who_they_are(
    browser: Browser, desk: Desk
) -> None:
    _, kept = await desk.customer("Kept Katherine", "Hello")
    _, gone = await desk.customer("Gone Katherine", "It is me again")
    await desk.api("POST", f"/customers/{kept}/merge", {"from": gone})
    context, page, complaints = await signed_in(browser, desk.hub.url)
    await page.goto(f"{desk.hub.url}/#/customers/{gone}")
    card = page.locator("aside.customer")
    await expect(card).to_contain_text("Joined with Gone Katherine")
    row = page.locator("tr[aria-selected]")
    await expect(row).to_contain_text("Kept Katherine")
    assert complaints == []
    await context.close()


async def test_two_become_one_person_and_two_again(browser: Browser, desk: Desk) -> None:
    _, one = await desk.customer("Varvara Lindqvist", "Is the blue frame still there?")
    _, other = await desk.customer("Varvara Lindquist", "I asked about the blue one.")
    for customer, size in ((one, "40"), (other, "42")):
        await desk.api("PATCH", f"/customers/{customer}", {"attributes": {"size": size}})
    context, page, complaints = await signed_in(browser, desk.hub.url)
    await open_customer(page, desk, one)
    suggestion = page.locator(".suggestion", has_text="Varvara Lindquist")
    await expect(suggestion).to_contain_text("A similar name")

    # Side by side: what would be hidden is said, and the values to keep can be turned round.
    await suggestion.get_by_role("button", name="Compare").click()
    table = page.locator(".compare")
    await expect(table.locator("tr", has_text="size").locator("s")).to_have_text("42")
    assert await faults_in_both_themes(page) == []
    await page.get_by_role("button", name="Keep the other's values").click()
    await expect(table.locator("tr", has_text="size").locator("s")).to_have_text("40")
    await page.get_by_role("button", name="Keep the other's values").click()
    await page.get_by_label("Why").fill("same voice")
    await page.get_by_role("button", name="Join them").click()

    # One timeline, and on the card who did it and why; back with one click.
    await expect(page.locator(".entries")).to_contain_text("I asked about the blue one.")
    line = page.locator(".item", has_text="Joined with Varvara Lindquist")
    await expect(line).to_contain_text("same voice")
    await expect(page.locator(".point")).to_have_count(2)
    await take_in(page, "I asked about the blue one.")
    assert len((await desk.api("GET", f"/conversations?customer={one}"))["items"]) == 1
    await line.get_by_role("button", name="Undo").click()
    await expect(page.locator(".entries")).not_to_contain_text("I asked about the blue one.")
    await expect(line).to_contain_text("Undone today")
    await expect(page.locator(".point")).to_have_count(1)
    assert complaints == []
    await context.close()


async def test_an_address_is_written_down_and_taken_out(browser: Browser, desk: Desk) -> None:
    _, customer = await desk.customer("Zinaida Orlova", "Hello")
    context, page, complaints = await signed_in(browser, desk.hub.url)
    await open_customer(page, desk, customer)

    # Written down by an operator, and so believed; taken out again by another.
    address = f"Z{customer[-6:]}@Example.com"
    await page.locator(".person-do").get_by_role("button", name="Add").click()
    await page.locator(".choice", has_text="Add an address").click()
    await page.get_by_label("Address or number").fill(address)
    await page.locator("dialog .main").click()
    point = page.locator(".point", has_text=address)
    await point.locator("summary").click()
    await expect(point).to_contain_text("says that it is theirs. Since today")
    await point.get_by_role("button", name="More about").click()
    await page.locator(".choice", has_text="Separate").click()
    await page.locator("dialog .main").click()
    await expect(point).to_have_count(0)
    history = page.locator(".item", has_text="separated from here")
    await history.get_by_role("button", name="Undo").click()
    await expect(point).to_have_count(1)

    assert complaints == []
    await context.close()


async def test_what_they_said_and_a_code_to_go_on_with(browser: Browser, desk: Desk) -> None:
    _, customer = await desk.customer("Yevgenia Sokol", "Hello")
    context, page, complaints = await signed_in(browser, desk.hub.url)
    await open_customer(page, desk, customer)
    point = page.locator(".point")
    await point.locator("summary").click()
    await point.get_by_role("button", name="Consent").click()
    await expect(page.locator(".consent-now")).to_contain_text("not before they agree")
    await page.get_by_label("In which words").fill("New frames by mail? Gladly.")
    await page.get_by_role("button", name="Write it down").click()
    await expect(page.locator(".consent-line")).to_contain_text("New frames by mail? Gladly.")
    await expect(page.locator(".consent-now")).to_contain_text("agreed, today")
    assert await faults_in_both_themes(page) == []
    await page.keyboard.press("Escape")
    await expect(point).to_contain_text("Marketing: yes")

    # A code for another channel goes into the reply.
    await page.locator(".person-do").get_by_role("button", name="Add").click()
    await page.locator(".choice", has_text="Continue elsewhere").click()
    await page.locator(".code-ways button").first.click()
    await page.get_by_role("button", name="Put into the reply").click()
    await expect(page.get_by_role("textbox", name="Reply")).to_have_value(CODE)
    await settled(page)
    assert complaints == []
    await context.close()
