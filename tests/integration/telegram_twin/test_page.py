"""The page in a real browser: one plays Ann there, and the bot's doings show at once."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, FilePayload, Locator, Page, expect

from tests.chromium import chromium
from tests.integration.telegram_twin.conftest import ANN, Provider
from tests.nodes import until

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.browser,
    pytest.mark.timeout(120),
]
expect.set_options(timeout=15_000)

PATIENCE = 15
YES = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
PHONE = {"keyboard": [[{"text": "My number", "request_contact": True}]]}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as launched:
        yield launched


@dataclass
class Screen:
    """The page, Ann chosen; `faults` are what its console complained of."""

    provider: Provider
    page: Page
    faults: list[str]

    async def says(self, **arguments: Any) -> int:
        """The bot sends a message: its number."""
        status, body = await self.provider.call("sendMessage", chat_id=ANN, **arguments)
        assert status == 200
        number: int = body["result"]["message_id"]
        return number

    def message(self, number: int) -> Locator:
        return self.page.locator(f"#m{number}")

    async def taken(self) -> Sequence[Any]:
        """What reached the bot, once anything new did."""
        await self.reached(1)
        return await self.provider.updates()

    async def watch(self, selector: str, words: str) -> None:
        """Look out for words that stay only for a while: `seen` waits for them."""
        await self.page.evaluate(
            """([selector, words]) => {
                const node = document.querySelector(selector);
                window.seen = new Promise((done) => new MutationObserver(() =>
                    node.textContent.includes(words) && done(true)
                ).observe(node, { subtree: true, childList: true, characterData: true }));
            }""",
            [selector, words],
        )

    async def seen(self) -> None:
        async with asyncio.timeout(PATIENCE):
            assert await self.page.evaluate("window.seen")

    async def reached(self, count: int) -> None:
        """Those that were taken wait on until the next question acknowledges them."""

        def new() -> int:
            waiting = self.provider.twin.updates.waiting
            return sum(one.id >= self.provider.offset for one in waiting)

        await until(lambda: new() >= count, within=PATIENCE)


async def opened(browser: Browser, provider: Provider, path: str = "", **context: Any) -> Screen:
    page = await browser.new_page(**{"locale": "en-GB", "reduced_motion": "reduce", **context})
    faults: list[str] = []
    page.on("console", lambda one: faults.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    await page.goto(f"{provider.twin.page}{path or f'#{ANN}'}")
    return Screen(provider, page, faults)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def open_page(browser: Browser, shared: Provider) -> AsyncIterator[Screen]:
    screen = await opened(browser, shared, viewport={"width": 1440, "height": 900})
    await expect(screen.page.get_by_role("heading", name="Ann Lee")).to_be_visible()
    yield screen
    await screen.page.close()


@pytest_asyncio.fixture(loop_scope="module")
async def screen(open_page: Screen, provider: Provider) -> AsyncIterator[Screen]:
    yield open_page
    assert open_page.faults == []
    assert provider.twin.violations == []


async def test_words_both_ways(screen: Screen):
    field = screen.page.get_by_label("Write as Ann Lee")
    await field.fill("Where is <b>my order</b>?")
    await field.press("Enter")
    (update,) = await screen.taken()
    assert update.message.text == "Where is <b>my order</b>?"
    await expect(screen.message(update.message.message_id)).to_contain_text("<b>my order</b>")
    await screen.watch("main header", "Luna Optics is typing")
    await screen.provider.call("sendChatAction", chat_id=ANN, action="typing")
    await screen.seen()
    text = 'Here: <b>bold</b> <a href="javascript:alert(1)">no</a> <i>a<u>b</u></i> /help'
    number = await screen.says(text=text, parse_mode="HTML")
    said = screen.message(number)
    await expect(said.locator("strong", has_text="bold")).to_be_visible()
    await expect(said.locator("em u")).to_have_text("b")
    assert await said.locator("a").count() == 0
    await said.get_by_role("button", name="/help").click()
    (update,) = await screen.taken()
    assert update.message.text == "/help"


async def test_buttons_and_their_answers(screen: Screen):
    number = await screen.says(text="Shall we?", reply_markup=YES)
    await screen.message(number).get_by_role("button", name="Yes").click()
    (update,) = await screen.taken()
    call: dict[str, Any] = {"callback_query_id": update.callback_query.id, "text": "Thank you"}
    await screen.watch(".told", "Thank you")
    await screen.provider.call("answerCallbackQuery", **call)
    await screen.seen()
    await screen.message(number).get_by_role("button", name="Yes").click()
    (update,) = await screen.taken()
    call = {"callback_query_id": update.callback_query.id, "text": "Really?", "show_alert": True}
    await screen.provider.call("answerCallbackQuery", **call)
    await (
        screen.page.get_by_role("dialog", name="Really?").get_by_role("button", name="OK").click()
    )


async def test_a_keyboard(screen: Screen):
    await screen.says(text="Phone?", reply_markup=PHONE)
    await screen.page.get_by_role("button", name="My number").click()
    (update,) = await screen.taken()
    assert update.message.contact.user_id == ANN
    await screen.says(text="Thanks", reply_markup={"remove_keyboard": True})
    await expect(screen.page.get_by_role("button", name="My number")).to_be_hidden()


async def test_edits_deletions_reactions_replies(screen: Screen):
    number = await screen.says(text="Tomorow")
    edit: dict[str, Any] = {"chat_id": ANN, "message_id": number, "text": "Tomorrow"}
    await screen.provider.call("editMessageText", **edit)
    await expect(screen.message(number)).to_contain_text("edited")
    await screen.message(number).hover()
    await screen.message(number).get_by_role("button", name="React").click()
    await screen.page.get_by_role("group", name="React").get_by_role("button", name="👍").click()
    reacted = screen.message(number).get_by_role("button", name=re.compile("👍"))
    await reacted.click()
    await expect(reacted).to_be_hidden()
    await screen.message(number).get_by_role("button", name="Reply").click()
    await screen.page.get_by_label("Write as Ann Lee").fill("Good")
    await screen.page.get_by_role("button", name="Send", exact=True).click()
    (update,) = await screen.taken()
    assert update.message.reply_to_message.message_id == number
    mine = screen.message(update.message.message_id)
    place = {"chat_id": ANN, "message_id": update.message.message_id}
    reaction = [{"type": "emoji", "emoji": "❤"}]
    await screen.provider.call("setMessageReaction", **place, reaction=reaction)
    await expect(mine).to_contain_text("❤")
    await mine.hover()
    await mine.get_by_role("button", name="Edit").click()
    await screen.page.get_by_label("Write as Ann Lee").fill("Very good")
    await screen.page.get_by_label("Write as Ann Lee").press("Enter")
    (update,) = await screen.taken()
    assert update.edited_message.text == "Very good"
    await screen.provider.bot.delete_message(ANN, number)
    await expect(screen.message(number)).to_have_count(0)


async def test_files(screen: Screen):
    png = await screen.page.screenshot(clip={"x": 0, "y": 0, "width": 60, "height": 40})
    await screen.page.get_by_role("button", name="Attach").click()
    async with screen.page.expect_file_chooser() as chooser:
        await screen.page.get_by_role("button", name="Photo or video").click()
    photo = FilePayload(name="a.png", mimeType="image/png", buffer=png)
    await (await chooser.value).set_files([photo, photo])
    await screen.reached(2)
    one, other = await screen.provider.updates()
    assert one.message is not None
    assert other.message is not None
    assert one.message.media_group_id == other.message.media_group_id
    assert one.message.photo is not None
    content = await screen.provider.bot.download(one.message.photo[-1].file_id)
    assert content is not None
    assert content.read(2) == b"\xff\xd8"
    await expect(screen.message(one.message.message_id).locator("img")).to_have_count(2)
    await screen.page.get_by_role("button", name="Voice message").click()
    (update,) = await screen.taken()
    assert update.message.voice.mime_type == "audio/ogg"
    await expect(screen.message(update.message.message_id).locator("audio")).to_be_visible()


async def test_block_and_unblock(screen: Screen):
    await screen.page.get_by_role("button", name="Block the bot").click()
    await expect(screen.page.get_by_text("has blocked the bot")).to_be_visible()
    assert screen.provider.twin.world.people[ANN].blocked
    await screen.page.get_by_role("button", name="Unblock").click()
    await expect(screen.page.get_by_label("Write as Ann Lee")).to_be_visible()


async def test_somebody_new_by_a_deep_link(browser: Browser, provider: Provider):
    path = "start?bot=luna_optics_bot&start=link-7"
    screen = await opened(browser, provider, path, locale="ru-RU")
    dialog = screen.page.get_by_role("dialog")
    await dialog.get_by_label("Имя", exact=True).fill("Пётр Иванов")
    await dialog.get_by_role("button", name="Добавить").click()
    (update,) = await screen.taken()
    assert update.message.text == "/start link-7"
    assert update.message.from_user.language_code == "ru"
    await expect(screen.page.get_by_role("heading", name="Пётр Иванов")).to_be_visible()
    await screen.page.close()


async def test_faults(screen: Screen):
    await screen.page.get_by_role("button", name="Faults").click()
    dialog = screen.page.get_by_role("dialog")
    await dialog.get_by_label("What goes wrong").select_option("blocked")
    await dialog.get_by_role("button", name="Arrange").click()
    await expect(dialog).to_contain_text("Arranged")
    refused = await screen.provider.refusal("sendMessage", chat_id=ANN, text="a")
    assert refused[0] == 403
    await screen.provider.call("sendMessage", chat_id=ANN, text="a", txt="b")
    await expect(dialog).to_contain_text("unknown parameter txt")
    await dialog.get_by_role("button", name="Clear").click()
    await expect(dialog).not_to_contain_text("unknown parameter txt")
    await dialog.get_by_role("button", name="Close").click()


async def complaints(page: Page) -> list[str]:
    found = (await Axe().run(page)).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
async def test_everybody_can_use_it(browser: Browser, provider: Provider, width: int, scheme: str):
    """axe finds nothing, with a bit of everything on the screen."""
    await provider.ann("hi", files=[{"kind": "photo"}])
    await provider.ann(files=[{"kind": "file"}])
    await provider.ann(files=[{"kind": "voice"}])
    await provider.ann(do="message", kind="poll")
    await provider.ann(do="message", kind="future")
    screen = await opened(
        browser, provider, viewport={"width": width, "height": 844}, color_scheme=scheme
    )
    markup = {
        "inline_keyboard": [[*YES["inline_keyboard"][0], {"text": "Shop", "url": "a.example"}]]
    }
    text = "<b>Hello</b> <tg-spoiler>there</tg-spoiler> <code>x</code>"
    number = await screen.says(text=text, parse_mode="HTML", reply_markup=markup)
    await screen.says(text="Phone?", reply_markup=PHONE)
    await expect(screen.message(number)).to_be_visible()
    await screen.page.get_by_role("button", name="Attach").click()
    assert await complaints(screen.page) == []
    await screen.page.keyboard.press("Escape")
    if width == 390:
        await screen.page.get_by_role("button", name="Back").click()
    await screen.page.get_by_role("button", name="Faults").click()
    assert await complaints(screen.page) == []
    wide = await screen.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width
    await screen.page.close()
    assert screen.faults == []
    await provider.call(
        "sendMessage", chat_id=ANN, text="-", reply_markup={"remove_keyboard": True}
    )
