"""What people's days do to the widget: keyboards, other scripts, quiet, a night's sleep."""

import asyncio
from base64 import b64decode

import pytest
from playwright.async_api import FilePayload, expect

from tests.e2e.widget.conftest import Company, People, Shop, Visitor, refuse_next

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.browser,
    pytest.mark.timeout(180),
]

_DOT = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)
# A loudspeaker and a desktop that only count.
_COUNTING = """
window.rang = 0;
window.told = [];
window.AudioContext = class { constructor() { window.rang += 1; throw new Error("silent"); } };
window.Notification = class {
  static requestPermission() { return Promise.resolve("granted"); }
  constructor(title, { body }) { window.told.push(body); }
};
"""


@pytest.mark.parametrize(("width", "height", "left"), [(390, 844, 420), (844, 390, 180)])
async def test_the_keyboard_of_a_phone_hides_no_composer(
    shop: Shop, person: People, width: int, height: int, left: int
):
    context = await person(
        viewport={"width": width, "height": height}, is_mobile=True, has_touch=True
    )
    visitor = await Visitor.at(context, shop.url)
    await visitor.opens()
    panel = visitor.page.locator(".panel")
    box = await panel.bounding_box()
    # On a phone it is all there is, however it is held.
    assert box == {"x": 0, "y": 0, "width": width, "height": height}
    await expect(panel).to_have_attribute("aria-modal", "true")
    await visitor.page.evaluate(
        """(left) => {
          Object.defineProperty(visualViewport, "height", { value: left, configurable: true });
          visualViewport.dispatchEvent(new Event("resize"));
        }""",
        left,
    )
    await expect(panel).to_have_css("height", f"{left}px")
    box = await visitor.text.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= left


async def test_from_right_to_left(shop: Shop, person: People):
    visitor = await Visitor.at(await person(viewport={"width": 900, "height": 700}), shop.url)
    await visitor.page.evaluate("document.documentElement.dir = 'rtl'")
    await visitor.opens()
    await visitor.writes("שלום, איפה ההזמנה שלי?")
    await visitor.sees("שלום, איפה ההזמנה שלי?", mark="Sent")
    await expect(visitor.bubble("שלום, איפה ההזמנה שלי?")).to_have_css("direction", "rtl")
    panel = await visitor.page.locator(".panel").bounding_box()
    assert panel is not None
    assert panel["x"] >= 0
    assert panel["x"] + panel["width"] <= 900
    assert await visitor.page.evaluate("document.documentElement.scrollWidth") <= 900
    # Without a position the root has a class for being open, and no other.
    root = visitor.page.locator("section", has=visitor.launcher)
    await expect(root).to_have_attribute("class", "open")


async def test_sound_and_notifications_are_silent_until_chosen(
    shop: Shop, person: People, company: Company
):
    context = await person()
    await context.add_init_script(_COUNTING)
    visitor = await Visitor.at(context, shop.url)
    await visitor.opens()
    await visitor.writes("Hello")
    await visitor.sees("Hello", mark="Sent")
    await visitor.page.keyboard.press("Escape")
    await company.answers("One")
    await expect(visitor.page.locator(".badge")).to_have_text("1")
    assert await visitor.page.evaluate("[window.rang, window.told]") == [0, []]
    await visitor.opens()
    await visitor.page.get_by_role("button", name="Settings").click()
    for name in ("Sound for", "Notify me"):
        choice = visitor.page.get_by_role("checkbox", name=name)
        await expect(choice).not_to_be_checked()
        await choice.check()
    # Hearing it once is part of choosing it.
    assert await visitor.page.evaluate("window.rang") == 1
    await visitor.page.evaluate("Object.defineProperty(document, 'hidden', { value: true })")
    await company.answers("Two")
    async with asyncio.timeout(20):
        # Not wait_for_function: the shop's policy forbids what it waits with.
        while not await visitor.page.evaluate("window.told.length"):  # noqa: ASYNC110 - nobody rings
            await asyncio.sleep(0.05)
    assert await visitor.page.evaluate("window.told") == ["Two"]


async def test_after_a_night_asleep(shop: Shop, person: People, company: Company):
    context = await person()
    await context.clock.install()
    visitor = await Visitor.at(context, shop.url)
    await visitor.opens()
    await visitor.writes("Good night")
    await visitor.sees("Good night", mark="Sent")
    sockets = [one for one in visitor.requests if one.startswith("ws")]
    await context.clock.fast_forward("09:00:00")
    await company.answers("Good morning")
    await visitor.sees("Good morning", within=30)
    # The one that slept is not trusted: another was made.
    assert len([one for one in visitor.requests if one.startswith("ws")]) > len(sockets)
    await visitor.writes("Is it there?")
    await visitor.sees("Is it there?", mark="Sent", within=30)
    assert await visitor.texts() == ["Good night", "Good morning", "Is it there?"]
    (customer,) = await company.customers()
    assert await company.said(customer["id"]) == ["Good night", "Is it there?"]
    point = customer["contact_points"][0]["id"]

    async def here() -> bool:
        found = await company.call("GET", f"customers/{customer['id']}")
        (shown,) = [one for one in found["contact_points"] if one["id"] == point]
        return bool(shown["inboxes"][0]["here"])

    async with asyncio.timeout(40):
        while not await here():  # noqa: ASYNC110
            await asyncio.sleep(0.2)


async def test_what_is_refused_for_good_can_be_sent_again_or_deleted(
    shop: Shop, person: People, company: Company
):
    visitor = await Visitor.at(await person(), shop.url)
    await visitor.opens()
    failed = visitor.page.locator(".failed")
    for text, button in (("Once more", "Send again"), ("Never mind", "Delete")):
        await refuse_next(visitor.page)
        await visitor.writes(text)
        await visitor.sees(text, mark="Not sent: The chat does not accept this.")
        await failed.get_by_role("button", name=button).click()
        await expect(failed).to_have_count(0)
        await visitor.sees("Once more", mark="Sent")
    await visitor.writes("That is all")
    await visitor.sees("That is all", mark="Sent")
    assert await visitor.texts() == ["Once more", "That is all"]
    (customer,) = await company.customers()
    assert await company.said(customer["id"]) == ["Once more", "That is all"]


async def test_a_picture_is_shown_under_a_strict_policy(shop: Shop, person: People):
    visitor = await Visitor.at(await person(), shop.url)
    await visitor.opens()
    picture = FilePayload(name="dot.png", mimeType="image/png", buffer=_DOT)
    await visitor.page.locator("#file").set_input_files([picture])
    await visitor.page.get_by_role("button", name="Send", exact=True).click()
    shown = visitor.page.get_by_role("img", name="dot.png")
    await expect(shown).to_be_visible()
    await expect(shown).to_have_js_property("naturalWidth", 1)
    assert visitor.faults == []


async def test_the_page_says_where_the_button_is_and_how_it_looks(shop: Shop, person: People):
    visitor = await Visitor.at(await person(viewport={"width": 900, "height": 700}), shop.url)
    await expect(visitor.launcher).to_have_accessible_name("Chat with us")
    await visitor.page.evaluate(
        """() => {
          const { element } = window.besedka;
          element.setAttribute("position", "left");
          element.setAttribute("launcher-label", "Ask us");
          element.style.setProperty("--hub-accent", "rgb(10, 125, 79)");
          element.style.setProperty("--hub-launcher-size", "72px");
          element.style.setProperty("--hub-inset-y", "80px");
        }"""
    )
    await expect(visitor.launcher).to_have_accessible_name("Ask us")
    await expect(visitor.launcher).to_have_css("background-color", "rgb(10, 125, 79)")
    box = {"x": 20, "y": 700 - 80 - 72, "width": 72, "height": 72}
    assert await visitor.launcher.bounding_box() == box
