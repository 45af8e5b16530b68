"""The widget on a shop's page of another origin, against a hub in a process of its own."""

import asyncio
import json

import aiohttp
import pytest
from playwright.async_api import Page, Route, expect

import hatch_build
from tests.e2e.widget.conftest import Company, OpenShop, People, Shop, Visitor

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.browser,
    pytest.mark.timeout(180),
]


async def test_first_message_and_answer(shop: Shop, person: People, company: Company):
    visitor = await Visitor.at(await person(), shop.url)
    await expect(visitor.launcher).to_be_visible()
    assert len([one for one in visitor.requests if one.startswith(shop.chat)]) == 2
    await visitor.opens()
    await visitor.writes("Where is my <b>order</b>?")
    await visitor.sees("Where is my <b>order</b>?", mark="Sent")
    await company.reads()
    await visitor.sees("Where is my <b>order</b>?", mark="Read")
    await company.answers("On its way: https://example.org/1043.")
    link = visitor.page.get_by_role("link", name="https://example.org/1043")
    await expect(link).to_have_attribute("href", "https://example.org/1043")
    assert visitor.faults == [], "nothing that the strict policy had to stop"


async def test_at_most_three_requests_before_the_first_click(
    shop: Shop, person: People, company: Company
):
    context = await person()
    visitor = await Visitor.at(context, shop.url)
    await visitor.opens()
    await visitor.writes("Hello")
    await visitor.sees("Hello", mark="Sent")
    await visitor.page.close()
    await company.answers("While you were away")
    again = await Visitor.at(context, shop.url)
    await expect(again.page.locator(".badge")).to_have_text("1")
    await expect(again.launcher).to_have_accessible_name("Chat with us, 1 new message")
    assert await again.page.title() == "(1) Tea shop"
    chat = [one for one in again.requests if shop.chat.partition("://")[2] in one]
    assert len(chat) == 3, chat
    await again.opens()
    await again.sees("While you were away")
    await expect(again.page).to_have_title("Tea shop")


async def test_the_script_is_served_small_and_cached(shop: Shop):
    async with aiohttp.ClientSession(auto_decompress=False) as http:
        packed = {"Accept-Encoding": "gzip"}
        async with http.get(f"{shop.chat}widget.js", headers=packed) as answer:
            assert len(await answer.read()) < hatch_build.LARGEST_WIDGET
            assert answer.headers["Content-Encoding"] == "gzip"
            assert answer.headers["Cache-Control"] == "public, max-age=300"
            assert "Accept-Encoding" in answer.headers["Vary"]
            tag = answer.headers["ETag"]
        known = packed | {"If-None-Match": tag}
        async with http.get(f"{shop.chat}widget.js", headers=known) as answer:
            assert (answer.status, answer.headers["ETag"]) == (304, tag)
        async with http.get(f"{shop.chat}widget.js", headers={"Origin": "https://x.test"}) as it:
            assert it.headers["Access-Control-Allow-Origin"] == "*"


HOSTILE = """<style>
* { all: unset !important; display: none !important; font-size: 99px !important; }
html, body, main, h1 { display: block !important; }
button { background: red !important; transform: rotate(9deg) !important; }
besedka-chat { opacity: 0 !important; visibility: hidden !important; width: 0 !important; }
</style>"""


async def test_a_hostile_page_changes_nothing(open_shop: OpenShop, person: People):
    shop = await open_shop(head=HOSTILE)
    visitor = await Visitor.at(await person(), shop.url)
    await expect(visitor.launcher).to_be_visible()
    await visitor.page.evaluate(
        """() => {
          Array.prototype.map = Array.prototype.filter = Array.prototype.forEach = () => [];
          Array.prototype.toJSON = undefined;
          Object.prototype.surprise = () => 1;
          JSON.parse = JSON.stringify = () => { throw new Error("no JSON here"); };
          window.fetch = () => Promise.reject(new Error("no fetch here"));
          window.WebSocket = window.XMLHttpRequest = class {};
          window.setTimeout = window.setInterval = window.clearTimeout = () => 0;
          addEventListener("keydown", (event) => event.preventDefault());
        }"""
    )
    style = "element => getComputedStyle(element).{}"
    assert await visitor.launcher.evaluate(style.format("width")) == "56px"
    assert await visitor.launcher.evaluate(style.format("transform")) == "none"
    assert await visitor.launcher.evaluate(style.format("visibility")) == "visible"
    await visitor.opens()
    await visitor.text.press_sequentially("Still here")
    await visitor.text.press("Enter")
    await visitor.sees("Still here", mark="Sent")
    # One try that fails is repeated by itself, though the page has no timers any more.
    await visitor.page.route("**/messages", lambda route: route.abort(), times=1)
    await visitor.text.press_sequentially("Once more")
    async with visitor.page.expect_event("requestfailed"):
        await visitor.text.press("Enter")
    await visitor.sees("Once more", mark="Sent", within=30)


async def test_words_are_not_lost_under_an_id_that_another_message_has(shop: Shop, person: People):
    visitor = await Visitor.at(await person(), shop.url)

    async def spent(route: Route) -> None:
        """Before the message comes, another one has its id; its echo may come first, too."""
        first = json.loads(route.request.post_data or "") | {"text": "Somebody else's"}
        await route.fetch(post_data=json.dumps(first))
        await visitor.sees("Somebody else's")
        await route.continue_()

    await visitor.page.route("**/messages", spent, times=1)
    await visitor.opens()
    await visitor.writes("My own words")
    await visitor.sees("My own words", mark="Sent")
    assert await visitor.texts() == ["Somebody else's", "My own words"]


async def test_the_last_words_stay_in_sight_of_what_is_being_written(shop: Shop, person: People):
    visitor = await Visitor.at(await person(), shop.url)
    await visitor.opens()
    for number in range(3):
        await visitor.writes("Many\nlines\nof\nwords\n" + str(number))
    await visitor.sees("Many\nlines\nof\nwords\n2", mark="Sent")
    scroller = visitor.page.locator(".scroll")
    left = "one => one.scrollHeight - one.scrollTop - one.clientHeight"
    for words in ("A long answer\n" * 8, "A word", "Again\n" * 8 + "and longer"):
        await visitor.text.fill(words)
        await visitor.text.press("End")
        await visitor.page.evaluate("() => new Promise(requestAnimationFrame)")
        assert await scroller.evaluate(left) < 1
        await expect(visitor.page.locator(".body > .down")).to_be_hidden()


async def test_in_a_frame(shop: Shop, person: People):
    context = await person()
    page = await context.new_page()
    await page.goto(f"{shop.url}frame")
    frame = page.frame_locator("iframe")
    await frame.locator(".launcher").click()
    await frame.locator("#text").fill("Framed")
    await frame.locator("#text").press("Enter")
    row = frame.locator(".row", has_text="Framed")
    await expect(row.locator(".mark")).to_have_text("Sent")


async def test_two_tabs_show_the_same_and_send_once(shop: Shop, person: People, company: Company):
    context = await person()
    one = await Visitor.at(context, shop.url)
    await one.opens()
    await one.writes("From the first tab")
    await one.sees("From the first tab", mark="Sent")
    two = await Visitor.at(context, shop.url)
    await two.opens()
    await two.sees("From the first tab")
    await asyncio.gather(one.writes("A"), two.writes("B"))
    for tab in (one, two):
        await tab.sees("A")
        await tab.sees("B")
    await company.answers("To both")
    for tab in (one, two):
        await tab.sees("To both")
    assert await one.texts() == await two.texts()
    (customer,) = await company.customers()
    assert sorted(await company.said(customer["id"])) == ["A", "B", "From the first tab"]


async def test_offline_and_back(shop: Shop, person: People, company: Company):
    context = await person()
    visitor = await Visitor.at(context, shop.url)
    await visitor.opens()
    await visitor.writes("Before")
    await visitor.sees("Before", mark="Sent")
    await context.set_offline(True)
    for text in ("1", "2", "3"):
        await visitor.writes(text)
    await visitor.sees("3", mark="Sending")
    await expect(visitor.page.locator("#state")).to_contain_text("No connection")
    await company.answers("Meanwhile")
    await context.set_offline(False)
    await visitor.sees("3", mark="Sent", within=30)
    await visitor.sees("Meanwhile", within=30)
    (customer,) = await company.customers()
    assert await company.said(customer["id"]) == ["Before", "1", "2", "3"]


async def leftovers(page: Page) -> str:
    """All that a page shows or keeps."""
    kept: str = await page.evaluate(
        """() => JSON.stringify(localStorage) + JSON.stringify(sessionStorage) +
          document.querySelector("besedka-chat").shadowRoot.textContent +
          document.querySelector("besedka-chat").shadowRoot.querySelector("#text").value"""
    )
    return kept


IDENTIFY = "jwt => window.besedka.identify(jwt)"


async def test_where_sockets_are_blocked_the_answer_comes_by_asking(
    shop: Shop, person: People, company: Company
):
    context = await person()
    await context.route_web_socket("**/live", lambda socket: socket.close())
    visitor = await Visitor.at(context, shop.url)
    await visitor.opens()
    await visitor.writes("Through a proxy")
    await visitor.sees("Through a proxy", mark="Sent")
    await company.answers("Heard")
    await visitor.sees("Heard", within=30)


async def test_sign_out_and_another_account_leave_nothing_in_any_tab(
    shop: Shop, person: People, company: Company
):
    context = await person()
    one = await Visitor.at(context, shop.url)
    await one.page.evaluate(IDENTIFY, shop.jwt("anna"))
    await one.opens()
    await one.writes("Secret of Anna")
    await one.sees("Secret of Anna", mark="Sent")
    two = await Visitor.at(context, shop.url)
    await two.opens()
    assert "Secret of Anna" not in await leftovers(two.page), "the page has not vouched yet"
    await two.page.evaluate(IDENTIFY, shop.jwt("anna"))
    await two.sees("Secret of Anna")
    await two.text.fill("Draft of Anna")

    await one.page.evaluate(IDENTIFY, shop.jwt("boris"))
    for tab in (one, two):
        await expect(tab.bubble("Secret of Anna")).to_have_count(0)
        assert "of Anna" not in await leftovers(tab.page)
    await one.writes("Secret of Boris")
    await one.sees("Secret of Boris", mark="Sent")

    await one.page.evaluate("window.besedka.logout()")
    for tab in (one, two):
        await expect(tab.bubble("Secret of Boris")).to_have_count(0)
        assert "Secret" not in await leftovers(tab.page)
    assert "token" not in await leftovers(one.page)

    await one.page.evaluate(IDENTIFY, shop.jwt("anna"))
    await one.sees("Secret of Anna")
    assert len(await company.customers()) == 2


async def test_a_proof_that_is_none_is_refused_and_told(shop: Shop, person: People):
    visitor = await Visitor.at(await person(), shop.url)
    await expect(visitor.launcher).to_be_visible()
    told = await visitor.page.evaluate(
        """async () => {
          const told = [];
          addEventListener("besedka:error", ({ detail }) => told.push(detail.code));
          const refused = ({ code }) => told.push(code);
          await window.besedka.identify("e30.eyJzdWIiOiJtZSJ9.x").catch(refused);
          return told;
        }"""
    )
    assert told == ["identity-expired", "not-proven"]


async def test_the_page_is_told_what_happens(shop: Shop, person: People, company: Company):
    context = await person()
    await context.add_init_script(
        """window.told = [];
        window.besedka = { q: [["open"]] };
        for (const name of ["ready", "open", "close", "message", "unread"]) {
          addEventListener(`besedka:${name}`, ({ detail }) => told.push([name, detail]));
        }"""
    )
    visitor = await Visitor.at(context, shop.url)
    await expect(visitor.page.locator(".panel")).to_be_visible()
    await visitor.writes("Hello")
    await visitor.sees("Hello", mark="Sent")
    await visitor.page.evaluate("window.besedka.close()")
    await expect(visitor.page.locator(".panel")).to_be_hidden()
    await company.answers("Secret words")
    await expect(visitor.page.locator(".badge")).to_have_text("1")
    told = await visitor.page.evaluate("window.told")
    assert [name for name, _ in told] == ["open", "ready", "message", "close", "message", "unread"]
    assert "Secret" not in str(told)


async def test_name_and_email_are_asked_first_and_shown_to_operators(
    open_shop: OpenShop, person: People, company: Company
):
    shop = await open_shop(form="required")
    visitor = await Visitor.at(await person(), shop.url)
    await visitor.opens()
    await expect(visitor.text).to_be_hidden()
    await visitor.page.get_by_label("Your name").fill("Ann")
    await visitor.page.get_by_label("Your email").fill("ann@example.com")
    await visitor.page.get_by_role("button", name="Start the chat").click()
    await expect(visitor.text).to_be_focused()
    await visitor.writes("Hello")
    await visitor.sees("Hello", mark="Sent")
    (customer,) = await company.customers()
    assert "Ann" in str(customer)


async def test_away_one_leaves_an_email(open_shop: OpenShop, person: People, company: Company):
    shop = await open_shop(closed=True, away_text="Closed for today.")
    visitor = await Visitor.at(await person(), shop.url)
    await visitor.opens()
    card = visitor.page.locator(".card")
    await expect(card).to_contain_text("Closed for today.")
    await expect(card.get_by_label("Your email")).to_have_count(0)
    await company.opens_a_mailbox()
    # What the chat is like may be kept for a minute: another browser.
    visitor = await Visitor.at(await person(), shop.url)
    await visitor.opens()
    card = visitor.page.locator(".card")
    await card.get_by_label("Your email").fill("ann@example.com")
    await card.get_by_role("button", name="Save").click()
    await expect(card).to_contain_text("We will also answer to ann@example.com.")
    await visitor.page.reload()
    await visitor.opens()
    await expect(card).to_contain_text("We will also answer to ann@example.com.")


async def test_files_are_dropped_pasted_and_limited(open_shop: OpenShop, person: People):
    shop = await open_shop(max_file_mb=1)
    visitor = await Visitor.at(await person(), shop.url)
    await visitor.opens()
    hand = """(panel, [type, name, size]) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(size)], name, { type: "text/plain" }));
      if (type === "drop") panel.dispatchEvent(new DragEvent(type, { dataTransfer: data }));
      else panel.querySelector("#text").dispatchEvent(
        new ClipboardEvent(type, { clipboardData: data, cancelable: true }));
    }"""
    panel = visitor.page.locator(".panel")
    await panel.evaluate(hand, ["drop", "large.txt", 2_000_000])
    await expect(visitor.page.locator(".composer .problem")).to_contain_text("large.txt is larger")
    await panel.evaluate(hand, ["drop", "dropped.txt", 2048])
    await panel.evaluate(hand, ["paste", "pasted.txt", 2048])
    await expect(visitor.page.locator(".chip")).to_have_count(2)
    await visitor.page.get_by_role("button", name="Send", exact=True).click()
    await expect(visitor.page.locator(".file", has_text="dropped.txt")).to_contain_text("2 kB")
    await expect(visitor.page.locator(".file", has_text="pasted.txt")).to_be_visible()


async def test_by_keyboard_alone(shop: Shop, person: People):
    visitor = await Visitor.at(await person(), shop.url)
    await visitor.launcher.focus()
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.text).to_be_focused()
    await visitor.page.keyboard.press("Tab")
    await visitor.page.keyboard.press("Enter")
    await visitor.page.keyboard.press("ArrowRight")
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.text).to_have_value("😂")
    await visitor.page.keyboard.press("Escape")
    await expect(visitor.page.locator(".panel")).to_be_hidden()
    await expect(visitor.launcher).to_be_focused()


async def test_on_a_phone_the_focus_stays_inside(shop: Shop, person: People):
    context = await person(viewport={"width": 390, "height": 844}, has_touch=True)
    visitor = await Visitor.at(context, shop.url)
    await visitor.opens()
    panel = visitor.page.locator(".panel")
    assert await panel.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    await expect(panel).to_have_attribute("aria-modal", "true")
    for _ in range(12):
        await visitor.page.keyboard.press("Tab")
        assert await visitor.page.evaluate("document.activeElement.localName") == "besedka-chat"
    await visitor.page.keyboard.press("Escape")
    await expect(visitor.launcher).to_be_focused()


async def test_only_news_is_announced(shop: Shop, person: People):
    context = await person()
    visitor = await Visitor.at(context, shop.url)
    await visitor.opens()
    await visitor.writes("Hello")
    await visitor.sees("Hello", mark="Sent")
    log = visitor.page.get_by_role("log")
    await expect(log).to_have_attribute("aria-live", "polite")
    await visitor.page.reload()
    await visitor.launcher.click()
    await visitor.page.wait_for_function(
        """() => {
          const log = document.querySelector("besedka-chat").shadowRoot.querySelector("#messages");
          return log.textContent.includes("Hello") && log.getAttribute("aria-live") === "off";
        }""",
        polling=20,
    )
    await expect(log).to_have_attribute("aria-live", "polite")


async def test_older_messages_come_while_one_scrolls_up(
    open_shop: OpenShop, person: People, company: Company
):
    shop = await open_shop(messages_per_minute=0)
    visitor = await Visitor.at(await person(), shop.url)
    await visitor.opens()
    await visitor.writes("first")
    await visitor.sees("first", mark="Sent")
    (customer,) = await company.customers()
    for number in range(70):
        await company.answers(f"answer {number}", customer["id"], force=True)
    await visitor.page.reload()
    await visitor.opens()
    await visitor.sees("answer 69")
    scroll = visitor.page.locator(".scroll")
    for _ in range(60):
        await scroll.evaluate("element => { element.scrollTop = 0; }")
        await asyncio.sleep(0.3)
        if await visitor.bubble("first").count():
            break
    assert await visitor.texts() == ["first", *(f"answer {number}" for number in range(70))]
    assert [one for one in visitor.requests if "limit=50&before=" in one], "a page holds 50"
