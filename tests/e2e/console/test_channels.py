"""Mail, Telegram and text messages as an operator sees and answers them."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from hub.ports import Address, Attachment, Proof
from tests.e2e.console.axe import faults_in_both_themes
from tests.e2e.console.channels import PNG, Caller, caller
from tests.e2e.console.desk import Desk, settled, signed_in
from tests.mail_server import PASSWORD, MailServer
from tests.unit.channels.sms.test_gateways import settings_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.asyncio(loop_scope="session"),
]

OFFER = (
    '<h1 style="color:#5b21b6">Spring</h1><img data-cid="logo" alt="Logo">'
    '<img data-remote-src="{remote}" alt="Pixel"><p>Dear customer</p>'
)
FORGED = {"proven": False, "reason": "failed", "result": "fail", "server": "mx.example"}


async def opened(page: Page, name: str) -> None:
    await page.locator(".row", has_text=name).click()
    await expect(page.locator(".timeline h1")).to_have_text(name)


async def write_mails(desk: Desk) -> None:
    """One as a company designs it, with a picture along and one elsewhere; and an answer."""
    remote = f"{desk.hub.url}/static/vendor/icons.svg?pixel"
    address = Address("email", "mallory@example.com")
    async with caller(desk.hub.database_url, "email", address, "Mallory") as mallory:
        logo = Attachment("logo.png", PNG, inline=True, content_id="logo")
        await mallory.writes(
            "Dear customer",
            html=OFFER.format(remote=remote),
            files=[logo, Attachment("Bill.pdf", b"%PDF-1.4")],
            raw=b"Subject: Spring offer\r\n\r\nDear customer",
            proof=Proof.NONE,
            subject="Spring offer",
            cc=[{"name": "Olga", "address": "olga@example.com"}],
            authentication=FORGED,
        )
        await mallory.writes(
            "Yes, please.", subject="Re: Spring offer", full_text="Yes, please.\n\n> Shall we?"
        )


async def faultless(page: Page) -> None:
    """Nothing for axe to say of the page as it stands."""
    await settled(page)
    assert await faults_in_both_themes(page) == []


async def test_a_mail_is_a_card_that_fetches_nothing_unasked(browser: Browser, desk: Desk) -> None:
    context, page, complaints = await signed_in(browser, desk.hub.url)
    await write_mails(desk)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await opened(page, "Mallory")
    first, second = page.locator(".card").first, page.locator(".card").last
    await expect(first.locator("h2")).to_have_text("Spring offer")
    await expect(first.locator(".mail-people")).to_contain_text("Olga <olga@example.com>")
    await expect(first.locator(".file")).to_contain_text("Bill.pdf")
    await settled(page)
    await first.get_by_role("button", name="Sender unproven").click()
    await expect(first.locator(".unproven")).to_contain_text("mx.example failed")
    # As it was designed, with the picture that came along; the other one waits.
    frame = first.frame_locator("iframe")
    await expect(frame.get_by_role("heading")).to_have_css("color", "rgb(91, 33, 182)")
    await expect(frame.get_by_alt_text("Logo")).to_have_js_property("naturalWidth", 1)
    assert not any("pixel" in url for url in asked)
    async with page.expect_request(lambda request: "pixel" in request.url):
        await first.get_by_role("button", name="Show images").click()
    # The answer first; what it answers one click away; the bytes behind another.
    await expect(second.locator(".said")).to_have_text("Yes, please.")
    await second.get_by_role("button", name="Show all of it").click()
    await expect(second.locator(".said")).to_contain_text("Shall we?")
    await first.get_by_role("button", name="Original").click()
    await expect(page.locator("dialog pre")).to_contain_text("Subject: Spring offer")
    await page.keyboard.press("Escape")
    await faultless(page)
    assert complaints == []
    await context.close()


async def write_answer(page: Page) -> None:
    """With a copy, a quote and a bold word; until the server has it."""
    await page.get_by_role("button", name="Add copy").click()
    await page.keyboard.type("olga@example.com,")
    await expect(page.locator(".copies .chip")).to_contain_text("olga@example.com")
    await page.get_by_role("checkbox", name="Quote their message below").check()
    await page.get_by_role("textbox", name="Reply").click()
    await page.keyboard.type("Dear John,")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Control+b")
    async with page.expect_response(
        lambda one: "/drafts/" in one.url and one.request.method == "PUT" and one.ok
    ):
        await page.keyboard.type("today")


async def test_a_mail_is_answered_with_rich_text_and_copies(browser: Browser, desk: Desk) -> None:
    address = Address("email", "john@example.com")
    async with caller(desk.hub.database_url, "email", address, "John Smith") as john:
        await john.writes("Where is it?", subject="Order 1043")
    context, page, complaints = await signed_in(browser, desk.hub.url)
    await opened(page, "John Smith")
    box = page.get_by_role("textbox", name="Reply")
    await expect(page.get_by_role("toolbar", name="Formatting")).to_be_visible()
    await expect(page.get_by_role("textbox", name="Subject")).to_have_attribute(
        "placeholder", "Re: Order 1043"
    )
    await write_answer(page)
    # The whole of it is on the server: another screen goes on from there.
    await page.evaluate("localStorage.clear()")
    await page.reload()
    await expect(box.locator("b")).to_have_text("today")
    await expect(page.locator(".copies .chip")).to_contain_text("olga@example.com")
    await box.click()
    async with page.expect_request(
        lambda one: one.url.endswith("/messages") and one.method == "POST"
    ) as sent:
        await page.keyboard.press("Control+Enter")
    said = (await sent.value).post_data_json or {}
    assert "<b>today</b>" in said["html"]
    assert (said["cc"], said["quote"], said["text"]) == (["olga@example.com"], True, "")
    card = page.locator(".entry.outbound .card")
    await expect(card.locator("b")).to_have_text("today")
    await expect(card.locator("h2")).to_have_text("Re: Order 1043")
    await faultless(page)
    assert complaints == []
    await context.close()


async def write_everything(irina: Caller) -> None:
    """A question that was mended and is answered later, and things that are no words."""
    question, _ = await irina.writes("Who is it?", html="Who <b>is</b> it?")
    await irina.does("edit", external_id=question, text="Where is it?")
    await irina.does("reaction", external_id=question, value="🔥")
    pictures = [Attachment(f"{number}.png", PNG + bytes([number])) for number in range(3)]
    await irina.writes("Three", kind="photo", files=pictures)
    await irina.writes("Sticker 😀", kind="sticker", files=[Attachment("s.png", PNG)])
    await irina.writes(
        "Café (42.7, 23.3)", kind="venue", title="Café", latitude=42.7, longitude=23.3
    )
    await irina.writes("Contact", kind="contact", name="Irina", phone="+35988000001", own=True)
    await irina.writes("Poll: When?\n- Now (2)", kind="poll")
    await irina.writes("This one", thread=[question])


async def give_reaction(page: Page) -> None:
    """Ours beside the customer's, on the first message."""
    first = page.locator(".entry").first
    await first.hover()
    await first.get_by_role("button", name="React").click()
    await page.locator("dialog.picker .choice", has_text="🙏").click()
    await expect(first.locator(".reactions .chip")).to_have_text(["🔥", "🙏"])


async def answer_one(page: Page) -> None:
    """The reply is to one message among many, and says so to the server."""
    place = page.locator(".entry", has_text="This one")
    await place.hover()
    await place.get_by_role("button", name="This message").click()
    await page.locator("dialog.picker .choice", has_text="Answer this one").click()
    await expect(page.locator(".answering")).to_contain_text("This one")
    await page.get_by_role("textbox", name="Reply").fill("There.")
    async with page.expect_request(
        lambda one: one.url.endswith("/messages") and one.method == "POST"
    ) as sent:
        await page.keyboard.press("Enter")
    said = (await sent.value).post_data_json or {}
    assert said["reply_to"] == await place.get_attribute("data-entry")
    await expect(page.locator(".answering")).to_have_count(0)


async def test_what_comes_by_telegram_is_shown_as_what_it_is(browser: Browser, desk: Desk) -> None:
    context, page, complaints = await signed_in(browser, desk.hub.url)
    address = Address("telegram", "77001")
    async with caller(desk.hub.database_url, "telegram", address, "Ирина Т.") as irina:
        await write_everything(irina)
        await opened(page, "Ирина Т.")
        entry = page.locator(".entry")
        await expect(entry.locator(".album img")).to_have_count(3)
        await expect(entry.locator("img.sticker")).to_have_attribute("alt", "Sticker 😀")
        await expect(page.locator(".thing")).to_contain_text(["Café", "+35988000001", "Now (2)"])
        await expect(entry.first.locator(".reactions")).to_contain_text("🔥")
        await entry.first.get_by_role("button", name="edited").click()
        await expect(page.locator("dialog")).to_contain_text("Who is it?")
        await page.keyboard.press("Escape")
        await page.locator(".answered", has_text="Where is it?").click()
        await expect(entry.first).to_have_class(re.compile(r"\bfound\b"))
        await give_reaction(page)
        await answer_one(page)
        await faultless(page)
        # The customer blocks the bot: the operator is told while the conversation is open.
        await irina.does("blocked")
        notice = page.locator(".meanwhile")
        await expect(notice).to_contain_text("The customer has blocked Shop", timeout=15_000)
        await expect(notice).to_contain_text("No other way")
        await expect(page.locator(".customer")).to_contain_text("Has blocked Shop")
    assert complaints == []
    await context.close()


async def test_what_was_sent_is_mended_and_taken_back(browser: Browser, desk: Desk) -> None:
    """At a channel that lets both; the message has left, as far as the hub knows."""
    address = Address("telegram", "77002")
    async with caller(desk.hub.database_url, "telegram", address, "Олена Т.") as olena:
        await olena.writes("Are you there?")
    customer = (await desk.api("GET", "/customers?contact_point=telegram:77002"))["items"][0]
    path = f"/customers/{customer['id']}/messages"
    sent = (await desk.api("POST", path, {"text": "Yes, until five."}))["message"]["id"]
    for what in (
        "UPDATE deliveries SET status = 'sent', external_id = 'tg-1' WHERE entry_id = $1",
        "UPDATE entries SET status = 'sent' WHERE id = $1",
    ):
        await desk.statement(what, sent)
    # Only now: a page hears of no statement, and believes what it has read ahead.
    context, page, complaints = await signed_in(browser, desk.hub.url)
    await opened(page, "Олена Т.")
    ours = page.locator(".entry.outbound")
    await ours.hover()
    await ours.get_by_role("button", name="This message").click()
    await page.locator("dialog.picker .choice", has_text="Edit").click()
    await page.get_by_label("Text").fill("Yes, until six.")
    await page.locator("dialog .main").click()
    await expect(ours).to_contain_text("Yes, until six.")
    await expect(ours.get_by_role("button", name="edited")).to_be_visible()
    await ours.hover()
    await ours.get_by_role("button", name="This message").click()
    await page.locator("dialog.picker .choice", has_text="Delete").click()
    await faultless(page)
    await page.locator("dialog .danger").click()
    await expect(ours).to_contain_text("Deleted")
    assert complaints == []
    await context.close()


async def test_who_asked_for_silence_is_shown_with_the_day(browser: Browser, desk: Desk) -> None:
    context, page, complaints = await signed_in(browser, desk.hub.url)
    address = Address("tel", "+35988700700")
    async with caller(desk.hub.database_url, "sms", address, "Stefan") as stefan:
        await stefan.writes("STOP")
        await stefan.does("opted_out")
    await opened(page, "Stefan")
    await expect(page.locator(".customer")).to_contain_text("Asked for silence: Today")
    await expect(page.locator(".meanwhile")).to_contain_text("The customer asked for silence")
    assert complaints == []
    await context.close()


async def test_a_text_message_is_counted_and_its_inbox_says_what_to_paste(
    browser: Browser, desk: Desk
) -> None:
    context, page, complaints = await signed_in(browser, desk.hub.url)
    address = Address("tel", "+35988700701")
    async with caller(desk.hub.database_url, "sms", address, name="") as unnamed:
        await unnamed.writes("Hello")
    # Whose name nobody knows is called by the address that people read.
    await opened(page, address.value)
    box = page.get_by_role("textbox", name="Reply")
    await box.fill("я" * 70)
    await expect(page.locator(".composer")).to_contain_text("1 segment")
    await box.fill("я" * 71)
    await expect(page.locator(".composer")).to_contain_text("2 segments")
    await box.fill("")
    new = {"channel": "sms", "name": "Texts", "settings": settings_of("generic")}
    made = await desk.api("POST", "/inboxes", new)
    await page.goto(f"{desk.hub.url}/#/settings/inboxes/{made['id']}")
    settings = page.locator(".settings-page")
    for use in ("webhook", "status"):
        await expect(settings).to_contain_text(made["urls"][use])
    await page.get_by_role("button", name="Check now").click()
    await expect(page.locator(".finding").first).to_contain_text("shows with the first message")
    await desk.api("PATCH", f"/inboxes/{made['id']}", {"enabled": False})
    assert complaints == []
    await context.close()


async def test_which_button_was_pressed_is_shown(browser: Browser, desk: Desk) -> None:
    context, page, complaints = await signed_in(browser, desk.hub.url)
    address = Address("telegram", "77003")
    async with caller(desk.hub.database_url, "telegram", address, "Тарас Т.") as taras:
        await taras.writes("May I come?")
        customer = (await desk.api("GET", "/customers?contact_point=telegram:77003"))["items"][0]
        choice = [{"label": "At ten", "value": "10"}, {"label": "At noon", "value": "12"}]
        await desk.api(
            "POST", f"/customers/{customer['id']}/messages", {"text": "When?", "buttons": choice}
        )
        await opened(page, "Тарас Т.")
        chips = page.locator(".entry.outbound .quick .chip")
        await expect(chips).to_have_text(["At ten", "At noon"])
        await expect(page.locator(".chip.pressed")).to_have_count(0)
        await taras.does("button", value="12", proof=Proof.PROVIDER)
        await expect(page.locator(".chip.pressed")).to_have_text("At noon", timeout=15_000)

        # Whoever has two ways can be written to by the second, if the first brings nothing.
        _, same = await desk.customer("Тарас on the site", "Are you there?")
        await desk.api("POST", f"/customers/{customer['id']}/merge", {"from": same})
        second = [{"channel": "telegram", "after": "2h"}]
        message = {"text": "Come in.", "channel": "webchat", "fallback": second}
        await desk.api("POST", f"/customers/{customer['id']}/messages", message)
        ours = page.locator(".entry.outbound", has_text="Come in.")
        await ours.locator("button.mark").click()
        await expect(page.locator("dialog")).to_contain_text(
            "Goes by Telegram in 2 hours if nothing arrives before"
        )
    assert complaints == []
    await context.close()


async def fill_in_mailbox(page: Page, facts: dict[str, object]) -> None:
    """A mailbox at a server of one's own, in the form that is open."""
    await page.get_by_role("button", name="Email").click()
    await page.get_by_role("button", name="Another", exact=True).click()
    for name, value in facts.items():
        field = page.locator(f"#field-{name}")
        if name.endswith("_tls"):
            await field.select_option(str(value))
        else:
            await field.fill(str(value))
    await page.locator("form.form button.main").click()


async def test_forms_of_inboxes_are_filled_in_by_their_guides(
    browser: Browser, desk: Desk, mail_host: MailServer
) -> None:
    context, page, complaints = await signed_in(browser, desk.hub.url)
    await page.goto(f"{desk.hub.url}/#/settings/inboxes")
    await page.locator(".settings-page button.main").click()
    await page.get_by_role("button", name="Email").click()
    await page.get_by_role("button", name="Gmail").click()
    await expect(page.locator(".guide a")).to_have_attribute("href", re.compile("google"))
    await expect(page.locator("#field-imap_host")).to_have_value("imap.gmail.com")
    await expect(page.locator("#field-imap_host")).to_be_hidden()
    await faultless(page)
    await page.locator(".more-fields summary").click()
    await expect(page.locator("#field-smtp_host")).to_have_value("smtp.gmail.com")
    await page.get_by_role("button", name="Telegram").click()
    await page.fill("#field-token", "not a token")
    await page.locator("form.form button.main").click()
    await expect(page.locator("#field-token-hint.fault")).to_contain_text("BotFather")
    # A password that the server refuses: said at once, with what to do; the right one opens it.
    facts = mail_host.settings(mail_host.new_mailbox(), imap_password="not this one")
    await fill_in_mailbox(page, facts)
    refused = page.locator(".finding.error", has_text="does not accept the user name")
    await expect(refused.first).to_contain_text("Check the user name")
    await expect(page.locator(".settings-head .badge")).to_have_text("Needs fixing")
    await page.fill("#field-imap_password", PASSWORD)
    await page.locator("form.form button.main").click()
    await expect(page.locator(".finding.ok").first).to_contain_text("Signed in at localhost")
    await expect(page.locator(".finding.error")).to_have_count(0)
    await faultless(page)
    made = page.url.rpartition("/")[2]
    await desk.api("PATCH", f"/inboxes/{made}", {"enabled": False})
    assert [one for one in complaints if "422" not in one] == []
    await context.close()
