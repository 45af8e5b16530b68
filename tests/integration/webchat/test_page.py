"""The hosted page in a real browser: it shows at once, repeats until taken, and comes back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Locator, Page, expect

from hub.ports import Address, Button, Signal
from tests.chromium import chromium
from tests.integration.webchat.conftest import Chat, OpenChat
from tests.nodes import until

pytestmark = pytest.mark.browser


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as launched:
        yield launched


@dataclass
class Desk:
    """The page as a customer has it open; `faults` are what its console complained of."""

    chat: Chat
    page: Page
    faults: list[str] = field(default_factory=list)

    async def writes(self, text: str) -> None:
        await self.page.locator("#text").fill(text)
        await self.page.locator("#text").press("Enter")

    def bubble(self, text: str) -> Locator:
        return self.page.locator(".bubble", has_text=text)

    async def shows(self, text: str, *, mark: str = "") -> None:
        await self.bubble(text).wait_for(timeout=20_000)
        if mark:
            row = self.page.locator(".row", has_text=text)
            await row.locator(".mark", has_text=mark).wait_for(timeout=20_000)

    @property
    def address(self) -> Address:
        return self.chat.host.sink.messages[0].address

    def answers(self, text: str, *buttons: Button) -> None:
        self.chat.host.transcript.told(self.address, text, at=self.chat.time(), buttons=buttons)


@pytest.fixture
async def desk(browser: Browser, open_chat: OpenChat) -> AsyncIterator[Desk]:
    chat = await open_chat()
    context = await browser.new_context(locale="ru-RU", viewport={"width": 390, "height": 720})
    page = await context.new_page()
    desk = Desk(chat, page)
    page.on(
        "console", lambda line: desk.faults.append(line.text) if line.type == "error" else None
    )
    page.on("pageerror", lambda error: desk.faults.append(str(error)))
    await page.goto(f"{chat.base}/")
    yield desk
    await context.close()


async def test_question_and_answer(desk: Desk):
    await desk.writes("Где мой <b>заказ</b>?")
    await desk.shows("Где мой <b>заказ</b>?", mark="Отправлено")
    desk.answers("Уже в пути")
    await desk.shows("Уже в пути")
    await until(lambda: desk.chat.host.sink.receipts)
    await until(lambda: desk.chat.host.sink.changes)
    (receipt,) = desk.chat.host.sink.receipts
    assert receipt.status == "delivered"
    (change,) = desk.chat.host.sink.changes.values()
    assert (change.kind, change.position) == ("read", 2)
    assert desk.faults == [], "nothing the content security policy had to stop"


async def test_a_reload_finds_the_conversation_again(desk: Desk):
    await desk.writes("Hello")
    await desk.shows("Hello", mark="Отправлено")
    desk.answers("Good day")
    await desk.page.reload()
    await desk.shows("Good day")
    assert await desk.bubble("Hello").count() == 1


async def test_what_was_missed_comes_after_the_connection_is_back(desk: Desk):
    await desk.writes("Hello")
    await desk.shows("Hello", mark="Отправлено")
    await desk.chat.channel.close()
    desk.answers("While you were away")
    await desk.shows("While you were away")


async def test_a_message_written_while_the_hub_cannot_store_is_kept_and_sent(desk: Desk):
    await expect(desk.page.locator("#state")).to_be_hidden()
    desk.chat.host.sink.available = False
    await desk.writes("Do not lose me")
    await desk.shows("Do not lose me", mark="Отправляется")
    await desk.page.reload()
    await desk.shows("Do not lose me", mark="Отправляется")
    desk.chat.host.sink.available = True
    await desk.shows("Do not lose me", mark="Отправлено")
    assert [one.text for one in desk.chat.host.sink.messages] == ["Do not lose me"]


async def test_an_unfinished_text_survives_a_reload(desk: Desk):
    await desk.page.locator("#text").fill("I was about to")
    await desk.page.reload()
    assert await desk.page.locator("#text").input_value() == "I was about to"


async def test_typing_edits_and_deletions_show(desk: Desk):
    await desk.writes("Hello")
    await desk.shows("Hello", mark="Отправлено")
    transcript, address = desk.chat.host.transcript, desk.address
    transcript.publish(address, Signal("typing", address))
    await desk.page.locator("#state", has_text="Печатает").wait_for(timeout=20_000)
    entry = transcript.told(address, "Wrong", at=desk.chat.time())
    await desk.shows("Wrong")
    transcript.changed(address, replace(entry, text="Right"))
    await desk.shows("Right")
    transcript.changed(address, replace(entry, deleted=True))
    await desk.shows("Сообщение удалено")
    assert await desk.bubble("Right").count() == 0


async def test_a_quick_reply_is_pressed_once(desk: Desk):
    await desk.writes("Hello")
    await desk.shows("Hello", mark="Отправлено")
    desk.answers("Подойдёт?", Button("Да", "yes"), Button("Нет", "no"))
    await desk.page.get_by_role("button", name="Да").click()
    await until(lambda: len(desk.chat.host.sink.changes) == 2)
    pressed = [one.value for one in desk.chat.host.sink.changes.values() if one.kind == "button"]
    assert pressed == ["yes"]
    await expect(desk.page.get_by_role("button", name="Да")).to_be_disabled()
    await expect(desk.page.get_by_role("button", name="Нет")).to_be_disabled()
    await desk.page.reload()
    await expect(desk.page.get_by_role("button", name="Да", pressed=True)).to_be_disabled()


async def test_a_file_is_attached(desk: Desk):
    files = [{"name": "photo.txt", "mimeType": "text/plain", "buffer": b"content"}]
    await desk.page.locator("#file").set_input_files(files)  # type: ignore[arg-type]
    await desk.page.get_by_role("button", name="Отправить", exact=True).click()
    await desk.shows("photo.txt", mark="Отправлено")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everybody_can_use_it(desk: Desk, scheme: str):
    await desk.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    await desk.writes("Hello")
    await desk.shows("Hello", mark="Отправлено")
    desk.answers("Подойдёт?", Button("Да", "yes"))
    await desk.page.get_by_role("button", name="Да").wait_for()
    found = await Axe().run(desk.page)
    assert found.violations_count == 0, found.generate_report()
    assert await desk.page.evaluate("document.documentElement.lang") == "ru"
