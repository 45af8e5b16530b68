"""An operator's day: by keyboard alone, with a colleague, and with second thoughts."""

import re

import pytest
from playwright.async_api import Browser, Page, Response, Route, expect

from tests.e2e.console.desk import Desk, settled, signed_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.asyncio(loop_scope="session"),
]


async def pick(page: Page, words: str) -> None:
    """Type into the list of choices that is open, and take the first."""
    choices = page.locator("dialog.picker")
    await expect(choices).to_be_visible()
    await page.keyboard.type(words)
    await expect(choices.locator("[aria-selected=true]")).to_contain_text(words)
    await page.keyboard.press("Enter")
    await expect(choices).to_have_count(0)


async def to_the_first_row(page: Page, name: str) -> None:
    await expect(page.locator(".row", has_text=name)).to_be_visible()
    await page.keyboard.press("j")
    await expect(page.locator(".row:focus")).to_contain_text(name)


async def test_answering_by_keyboard_alone(browser: Browser, desk: Desk) -> None:
    await desk.operator("boris@example.com", "Boris Petrov")
    reply = {"name": "Parcel", "shortcut": "parcel", "text": "Dear {{ customer.name }}, packed."}
    await desk.api("POST", "/saved-replies", reply)
    visitor, _ = await desk.customer("Ivan First", "Hello?", "Is my parcel there?")
    context, page, complaints = await signed_in(browser, desk.hub.url)
    keyboard = page.keyboard
    await to_the_first_row(page, "Ivan First")
    await keyboard.press("Enter")
    await expect(page.locator(".timeline h1")).to_have_text("Ivan First")
    await expect(page.locator(".bubble").last).to_contain_text("Is my parcel there?")

    # A saved reply with the customer's name; sent, and seen at once.
    await keyboard.press("r")
    await keyboard.type("/parc")
    await expect(page.locator(".offers [aria-selected=true]")).to_contain_text("Ivan First")
    await keyboard.press("Enter")
    box = page.get_by_role("textbox", name="Reply")
    await expect(box).to_have_value("Dear Ivan First, packed.")
    await keyboard.press("Enter")
    await expect(page.locator(".entry.outbound .bubble")).to_contain_text("packed.")

    # A note that calls a colleague.
    await keyboard.press("Escape")
    await keyboard.press("n")
    await keyboard.type("@Bor")
    await expect(page.locator(".offers [aria-selected=true]")).to_contain_text("Boris")
    await keyboard.press("Enter")
    await keyboard.type("please look")
    await keyboard.press("Enter")
    await expect(page.locator(".entry.note .bubble")).to_contain_text("@Boris Petrov please look")
    assert visitor.count == 2
    assert complaints == []
    await context.close()


async def test_working_by_keyboard_alone(browser: Browser, desk: Desk) -> None:
    await desk.operator("boris@example.com", "Boris Petrov")
    await desk.customer("Olga Second", "Where are my lenses?")
    await desk.customer("Pavel Third", "Are you there?")
    context, page, complaints = await signed_in(browser, desk.hub.url)
    keyboard = page.keyboard
    await to_the_first_row(page, "Pavel Third")
    await keyboard.press("Enter")
    title = page.locator(".timeline h1")
    await expect(title).to_have_text("Pavel Third")
    await keyboard.press("l")
    await pick(page, "vip")
    await expect(page.locator(".timeline-head .label")).to_have_text("vip")
    await keyboard.press("a")
    await pick(page, "Boris Petrov")
    await expect(page.locator("[data-do=assign]")).to_contain_text("Boris Petrov")
    await keyboard.press("p")
    await pick(page, "high")
    await expect(page.locator(".timeline-head .priority-3")).to_be_visible()

    # What is dealt with makes room for the next one, and can be had back.
    await keyboard.press("h")
    await pick(page, "Tomorrow morning")
    await expect(title).to_have_text("Olga Second")
    await keyboard.press("z")
    await expect(page.locator(".row", has_text="Pavel Third")).to_be_visible()
    await keyboard.press("e")
    await expect(page.locator(".row", has_text="Olga Second")).to_have_count(0)
    assert complaints == []
    await context.close()


async def test_going_anywhere_by_keyboard_alone(browser: Browser, desk: Desk) -> None:
    await desk.customer("Rita Fourth", "My spectacles squeak")
    context, page, complaints = await signed_in(browser, desk.hub.url)
    keyboard = page.keyboard
    title = page.locator(".timeline h1")
    await keyboard.press("Control+k")
    await pick(page, "Rita Fourth")
    await expect(title).to_have_text("Rita Fourth")
    await keyboard.press("Escape")
    await keyboard.press("/")
    await keyboard.type("squeak")
    await expect(page.locator(".results .choice").first).to_contain_text("spectacles")
    await keyboard.press("Enter")
    await expect(title).to_have_text("Rita Fourth")
    await keyboard.press("Shift+?")
    sheet = page.get_by_role("dialog", name="Keyboard")
    await expect(sheet).to_contain_text("Snooze")
    await keyboard.press("Escape")
    await expect(sheet).to_have_count(0)
    for key, name in (
        ("c", "Customers"),
        ("o", "Orders"),
        ("a", "Appointments"),
        ("p", "Problems"),
        ("s", "Settings"),
    ):
        await keyboard.press("g")
        await keyboard.press(key)
        await expect(page.locator("main h1")).to_have_text(name)
    await keyboard.press("g")
    await keyboard.press("i")
    await expect(page.locator(".list h1")).to_be_visible()
    assert complaints == []
    await context.close()


def kept_on_the_server(answer: Response) -> bool:
    """Whether a draft has been stored."""
    return "/drafts/" in answer.url and answer.request.method == "PUT" and answer.ok


async def test_what_was_sent_can_be_taken_back_for_some_seconds(
    browser: Browser, desk: Desk
) -> None:
    _, customer = await desk.customer("Vera", "Do you open on Sunday?")
    context, page, complaints = await signed_in(browser, desk.hub.url)
    await page.locator(".row", has_text="Vera").click()
    await page.get_by_role("textbox", name="Reply").fill("Yes, from ten.")
    await page.keyboard.press("Enter")
    await expect(page.locator(".entry.outbound .bubble")).to_contain_text("from ten")
    async with page.expect_response(kept_on_the_server):
        await page.locator(".held button").click()
    await expect(page.get_by_role("textbox", name="Reply")).to_have_value("Yes, from ten.")
    await expect(page.locator(".entry.outbound .mark.cancelled")).to_be_visible()
    # The words are kept on the server: another screen goes on from there.
    await settled(page)
    await page.evaluate("localStorage.clear()")
    await page.reload()
    await expect(page.get_by_role("textbox", name="Reply")).to_have_value("Yes, from ten.")
    entries = (await desk.api("GET", f"/customers/{customer}/timeline"))["items"]
    assert [one["status"] for one in entries if one["direction"] == "outbound"] == ["cancelled"]
    assert complaints == []
    await context.close()


async def test_what_is_taken_back_goes_where_it_was_written(browser: Browser, desk: Desk) -> None:
    await desk.customer("Lena", "Is it ready?")
    await desk.customer("Marina", "Is mine ready?")
    context, page, complaints = await signed_in(browser, desk.hub.url)
    box = page.get_by_role("textbox", name="Reply")
    await page.locator(".row", has_text="Lena").click()
    await box.fill("Yes, come by.")
    await page.keyboard.press("Enter")
    await page.locator(".held button").wait_for()
    await page.locator(".row", has_text="Marina").click()
    await expect(page.locator(".timeline h1")).to_have_text("Marina")
    await page.locator(".held button").click()
    await expect(page.locator(".timeline h1")).to_have_text("Lena")
    await expect(box).to_have_value("Yes, come by.")

    # What has been begun since is not lost over it.
    await page.keyboard.press("r")
    await box.press("Enter")
    await expect(page.locator(".entry.outbound .mark.scheduled")).to_be_visible()
    await box.fill("Until six.")
    await page.locator(".held button").click()
    await expect(box).to_have_value("Yes, come by.\n\nUntil six.")
    assert complaints == []
    await context.close()


async def test_two_operators_see_each_other(browser: Browser, desk: Desk) -> None:
    await desk.operator("boris@example.com", "Boris Petrov")
    visitor, _ = await desk.customer("Nina", "May I change the address?")
    ours, anna, complaints = await signed_in(browser, desk.hub.url)
    theirs, boris, others = await signed_in(browser, desk.hub.url, "boris@example.com")
    await anna.locator(".row", has_text="Nina").click()
    await boris.locator(".row", has_text="Nina").click()
    here = anna.locator(".timeline-head").get_by_role("img", name=re.compile("Boris Petrov"))
    await expect(here).to_be_visible()
    await boris.get_by_role("textbox", name="Reply").press_sequentially("Of course", delay=30)
    await expect(anna.locator(".typing")).to_contain_text("Boris Petrov is answering")

    # Assignment is seen by both; what is read is each one's own.
    await boris.keyboard.press("Escape")
    await boris.keyboard.press("i")
    await expect(anna.locator("[data-do=assign]")).to_contain_text("Boris Petrov")
    await boris.keyboard.press("Escape")
    await visitor.write("Thank you")
    await expect(boris.locator(".row", has_text="Nina").locator(".unread-count")).to_have_text("1")
    await expect(anna.locator(".bubble", has_text="Thank you")).to_be_visible()
    await expect(here).to_have_count(0)
    assert complaints == []
    assert others == []
    await ours.close()
    await theirs.close()


async def test_the_slower_one_is_told_and_keeps_the_draft(browser: Browser, desk: Desk) -> None:
    await desk.operator("boris@example.com", "Boris Petrov")
    await desk.customer("Tanya", "Are you open today?")
    ours, anna, _ = await signed_in(browser, desk.hub.url)
    theirs, boris, _ = await signed_in(browser, desk.hub.url, "boris@example.com")
    await anna.locator(".row", has_text="Tanya").click()
    await boris.locator(".row", has_text="Tanya").click()
    await boris.get_by_role("textbox", name="Reply").fill("Of course")
    await anna.get_by_role("textbox", name="Reply").fill("Yes, until noon.")
    await anna.route("**/api/v1/customers/*/messages", lambda route: slow(route, boris))
    async with anna.expect_response("**/messages") as refused:
        await anna.keyboard.press("Enter")
    assert (await refused.value).status == 409
    await expect(anna.locator(".meanwhile")).to_contain_text("Boris Petrov")
    await expect(anna.locator(".meanwhile")).to_contain_text("Of course")
    await expect(anna.get_by_role("textbox", name="Reply")).to_have_value("Yes, until noon.")
    await anna.unroute("**/api/v1/customers/*/messages")
    await anna.get_by_role("button", name="Send mine too").click()
    await expect(anna.locator(".entry.outbound", has_text="until noon")).to_be_visible()
    await ours.close()
    await theirs.close()


async def slow(route: Route, colleague: Page) -> None:
    """Let the colleague's answer go first, whole, while ours is on its way."""
    async with colleague.expect_response("**/messages"):
        await colleague.keyboard.press("Enter")
    await route.continue_()
