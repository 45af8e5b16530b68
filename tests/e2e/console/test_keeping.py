"""What is kept for later and for others: views, drafts, what leaves tomorrow, calls."""

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from tests.e2e.console.desk import Desk, Visitor, settled, signed_in
from tests.e2e.console.test_day import kept_on_the_server, pick

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.asyncio(loop_scope="session"),
]


async def test_a_view_is_kept_under_a_name_with_its_count(browser: Browser, desk: Desk) -> None:
    _, customer = await desk.customer("Zoya Labelled", "One of a kind")
    (talk,) = (await desk.api("GET", f"/conversations?customer={customer}"))["items"]
    await desk.api("PATCH", f"/conversations/{talk['id']}", {"labels": ["rare"]})
    context, page, complaints = await signed_in(browser, desk.hub.url)
    await page.locator("[data-do=narrow]").click()
    await pick(page, "rare")
    await expect(page.locator(".row")).to_have_count(1)
    await page.locator("[data-do=view]").click()
    await pick(page, "Save this view")
    await page.fill("#view-name", "Rarities")
    await page.keyboard.press("Enter")
    await expect(page.locator(".list h1")).to_have_text("Rarities")
    await page.reload()
    await page.locator("[data-do=view]").click()
    await expect(page.get_by_role("option", name="Rarities 1")).to_be_visible()
    assert complaints == []
    await context.close()


async def test_a_draft_follows_to_another_device(browser: Browser, desk: Desk) -> None:
    await desk.customer("Polina Two-Screens", "May I ask?")
    first, desktop, complaints = await signed_in(browser, desk.hub.url)
    second, phone, others = await signed_in(browser, desk.hub.url)
    for page in (desktop, phone):
        await page.locator(".row", has_text="Polina").click()
        await settled(page)
    async with desktop.expect_response(kept_on_the_server):
        await reply(desktop).fill("Begun here")
    await expect(reply(phone)).to_have_value("Begun here")
    assert complaints == []
    assert others == []
    await first.close()
    await second.close()


async def test_a_message_for_tomorrow_can_go_now(browser: Browser, desk: Desk) -> None:
    await desk.customer("Yana Tomorrow", "No hurry")
    context, page, complaints = await signed_in(browser, desk.hub.url)
    elsewhere = []
    page.on("request", lambda one: elsewhere.append(one.url))
    await page.locator(".row", has_text="Yana").click()
    await reply(page).fill("Good morning.")
    await page.locator("[data-do=later]").click()
    await pick(page, "Tomorrow morning")
    waiting = page.locator("p.scheduled")
    await expect(waiting).to_be_visible()
    await waiting.get_by_role("button", name="Send now").click()
    await expect(waiting).to_have_count(0)

    # On paper there is the timeline alone.
    await page.emulate_media(media="print")
    await expect(page.locator(".bubble", has_text="Good morning.")).to_be_visible()
    assert (await page.locator(".entries").bounding_box() or {"height": 0})["height"] > 50
    for part in (".list", ".composer", ".rail", ".customer"):
        await expect(page.locator(part)).to_be_hidden()
    assert [url for url in elsewhere if not url.startswith(desk.hub.url)] == []
    assert complaints == []
    await context.close()


_LISTEN = """() => {
  window.shown = [];
  window.tones = 0;
  const Own = window.Notification;
  window.Notification = class extends Own {
    constructor(title, how) { super(title, how); window.shown.push(`${title}: ${how.body}`); }
  };
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...at) { window.tones += 1; start.apply(this, at); };
}"""
"""Notes down what the page shows by the browser and lets be heard, both of which go on."""
_HEARD = """([signs, tones]) => new Promise((done) => {
  const look = () => {
    if (window.shown.length >= signs && window.tones >= tones) done(window.shown);
    else setTimeout(look, 50);
  };
  look();
})"""


async def listening(browser: Browser, desk: Desk) -> tuple[BrowserContext, Page, list[str]]:
    """Boris, who wants to see and hear of what concerns him while he looks elsewhere."""
    theirs, boris, others = await signed_in(
        browser, desk.hub.url, "boris@example.com", permissions=["notifications"]
    )
    await boris.goto(f"{desk.hub.url}/#/settings/profile")
    for way in ("Mentions: Browser", "Mentions: Sound", "Replies to me: Browser"):
        await expect(boris.get_by_role("checkbox", name=way)).to_be_checked()
    box = boris.get_by_role("checkbox", name="Replies to me: Sound")
    async with boris.expect_response(lambda one: one.url.endswith("/me") and one.ok):
        await box.click()
    await expect(box).to_be_checked()
    await boris.evaluate(_LISTEN)
    await boris.keyboard.press("g")
    await boris.keyboard.press("i")
    return theirs, boris, others


async def heard_by_a_follower(boris: Page, gleb: Visitor) -> None:
    """Who follows hears of the next words, without having been called again."""
    await settled(boris)
    async with boris.expect_response(lambda one: one.url.endswith("/follow") and one.ok):
        await boris.keyboard.press("f")
    await boris.keyboard.press("Escape")
    await gleb.write("Is there anybody?")
    assert (await boris.evaluate(_HEARD, [2, 4]))[1:] == ["Gleb Difficult wrote: Gleb Difficult"]


async def test_a_colleague_who_is_called_is_told(browser: Browser, desk: Desk) -> None:
    await desk.operator("boris@example.com", "Boris Petrov")
    gleb, _ = await desk.customer("Gleb Difficult", "I want somebody else")
    ours, anna, complaints = await signed_in(browser, desk.hub.url)
    theirs, boris, others = await listening(browser, desk)
    bell = boris.get_by_role("button", name="notification")
    await anna.locator(".row", has_text="Gleb").click()
    await anna.keyboard.press("n")
    await anna.keyboard.type("@Bor")
    await expect(anna.locator(".offers [aria-selected=true]")).to_contain_text("Boris")
    await anna.keyboard.press("Enter")
    await anna.keyboard.type("over to you")
    await anna.keyboard.press("Enter")
    await expect(bell.locator(".dot")).to_be_visible()
    assert await boris.evaluate(_HEARD, [1, 2]) == ["Anna Orlova mentioned you: Gleb Difficult"]
    await bell.click()
    notice = boris.locator(".notice.unread", has_text="Gleb")
    await expect(notice).to_contain_text("mentioned you")
    await notice.click()
    await expect(boris.locator(".timeline h1")).to_have_text("Gleb Difficult")
    await heard_by_a_follower(boris, gleb)
    assert complaints == []
    assert others == []
    await ours.close()
    await theirs.close()


def reply(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Reply")
