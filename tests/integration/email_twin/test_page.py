"""The page: playing a customer, and what other sites and hostile mails cannot do to it."""

from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import aiohttp
import pytest

from channels.email.parsing.parse import parse
from channels.email.twin import EmailTwin
from channels.email.twin.twin import RunningMail
from tests.integration.email_twin.conftest import ANNA, mail, raws, smtp

HTML = (
    '<p onclick="x()">Hello <script>alert(1)</script><img src="cid:logo">'
    '<img src="https://spy.example/p.gif"></p>'
)


@pytest.fixture
async def browser(twin: RunningMail) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(base_url=twin.page) as client:
        yield client


@pytest.fixture
async def letter(twin: RunningMail) -> None:
    """Anna has one, with a picture in it, a script and a file."""
    written = mail(twin)
    html = list(written.iter_parts())[1]
    assert isinstance(html, EmailMessage)
    html.set_content(HTML, subtype="html")
    html.add_related(b"GIF89a", "image", "gif", cid="<logo>")
    written.add_attachment(b"%PDF", "application", "pdf", filename="счёт.pdf")
    async with smtp(twin) as client:
        await client.send_message(written)


@pytest.mark.usefixtures("letter")
async def test_a_customer_sees_that_the_company_wrote(browser):
    async with browser.get("mailboxes") as answer:
        told = await answer.json()
    (anna,) = [one for one in told["items"] if one["address"] == ANNA]
    assert anna["folders"][0] == {"name": "INBOX", "mails": 1, "unread": 1, "next": 2}
    async with browser.get(f"mailboxes/{ANNA}/INBOX") as answer:
        (line,) = (await answer.json())["items"]
    assert (line["subject"], line["sender_name"], line["seen"]) == (
        "Ваш заказ",
        "Luna Optics",
        False,
    )


@pytest.mark.usefixtures("letter")
async def test_a_customer_reads_it_and_it_is_seen(browser):
    async with browser.get(f"mailboxes/{ANNA}/INBOX/1") as answer:
        letter = await answer.json()
    assert letter["text"].startswith("Здравствуйте!")
    assert [one["name"] for one in letter["files"]] == ["счёт.pdf"]
    async with browser.get(f"mailboxes/{ANNA}/INBOX/1/html") as answer:
        shown, policy = await answer.text(), answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "script-src" not in policy
    assert "img-src data:;" in policy
    assert "alert" not in shown
    assert "onclick" not in shown
    assert "data:image/gif;base64,R0lGODlh" in shown
    number = letter["files"][0]["number"]
    async with browser.get(f"mailboxes/{ANNA}/INBOX/1/files/{number}") as answer:
        assert await answer.read() == b"%PDF"
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert answer.content_type == "application/octet-stream"
    async with browser.get(f"mailboxes/{ANNA}/INBOX") as answer:
        assert (await answer.json())["items"][0]["seen"]


@pytest.mark.parametrize(("locale", "line"), [("en", "On "), ("ru", "пт, "), ("bg", "На ")])
async def test_a_customer_answers_with_a_quote(twin: RunningMail, browser, locale, line):
    await twin.post.mailbox(ANNA, name="Anna", locale=locale)
    async with smtp(twin) as client:
        await client.send_message(mail(twin))
    form = aiohttp.FormData()
    facts = {"from": ANNA, "to": twin.company.address, "text": "Спасибо!\n\nАнна"}
    for name, value in {**facts, "reply_folder": "INBOX", "reply_uid": "1"}.items():
        form.add_field(name, value)
    form.add_field("files", b"\xff\xd8\xff", filename="photo.jpg", content_type="image/jpeg")
    async with browser.post("mails", data=form) as answer:
        assert answer.status == 201, await answer.text()
    (raw,) = await raws(twin, twin.company.address)
    found = parse(raw)
    assert found.subject == "Re: Ваш заказ"
    assert found.in_reply_to == "one@luna-optics.example"
    assert found.sender is not None
    assert (found.sender.name, found.sender.address) == ("Anna", ANNA)
    assert [one.filename for one in found.attachments] == ["photo.jpg"]
    assert f"\n{line}" in found.text
    assert "> Здравствуйте!" in found.text
    assert found.reply_text == "Спасибо!\n\nАнна"
    assert len(await raws(twin, ANNA, "Sent")) == 1


async def test_what_cannot_be_sent(twin: RunningMail, browser):
    await twin.post.mailbox(ANNA)
    for wrong in (
        {"from": "nobody@post.example", "to": "x@y.example"},
        {"from": ANNA, "to": ""},
        {"from": ANNA, "to": "no address"},
    ):
        async with browser.post("mails", data={"text": "x", **wrong}) as answer:
            assert answer.status == 400
            assert (await answer.json())["error"]
    for wrong_box in ({"address": "x"}, {"address": "a@b.example", "locale": "xx"}):
        async with browser.post("mailboxes", json=wrong_box) as answer:
            assert answer.status == 400
    async with browser.post("mailboxes", json={"address": "New@Post.example"}) as answer:
        assert (await answer.json())["address"] == "new@post.example"


async def test_other_sites_cannot_write_here(twin: RunningMail, browser):
    await twin.post.mailbox(ANNA)
    facts = {"from": ANNA, "to": twin.company.address, "text": "x"}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        async with browser.post("mails", data=facts, headers=headers) as answer:
            assert answer.status == 403
    assert await raws(twin, twin.company.address) == []


async def test_faults_are_ordered_and_taken_back(twin: RunningMail, browser):
    fault = {"protocol": "smtp", "at": "rcpt", "do": "reply", "code": "550"}
    async with browser.post("faults", json=fault) as answer:
        assert answer.status == 201
    async with browser.get("faults") as answer:
        (waiting,) = (await answer.json())["items"]
    assert (waiting["at"], waiting["left"]) == ("rcpt", 1)
    wrongs: list[object] = [{"do": "explode"}, {**fault, "code": "999"}, [], {**fault, "more": 1}]
    for wrong in wrongs:
        async with browser.post("faults", json=wrong) as answer:
            assert answer.status == 400
    async with browser.delete("faults") as answer:
        assert answer.status == 204
    assert twin.faults.waiting() == []
    before = twin.company.folders["INBOX"].uidvalidity
    async with browser.post("faults", json={"do": "renumber"}) as answer:
        assert (await answer.json())["uidvalidity"] > before


async def test_pages_and_what_is_not_there(twin: RunningMail, browser):
    for name, kind in (
        ("", "text/html"),
        ("page.js", "text/javascript"),
        ("page.css", "text/css"),
    ):
        async with browser.get(name) as answer:
            assert (answer.status, answer.content_type) == (200, kind)
            assert "unsafe" not in answer.headers["Content-Security-Policy"]
    for path in ("mailboxes/x@y.example/INBOX", f"mailboxes/{ANNA}/INBOX/1", "nothing"):
        async with browser.get(path) as answer:
            assert answer.status == 404
    async with browser.get(f"mailboxes/{twin.company.address}/INBOX?before=x") as answer:
        assert answer.status == 400


async def test_everything_is_there_again_after_a_restart(tmp_path: Path):
    async with EmailTwin().serve("127.0.0.1", 0, tmp_path) as twin:
        await twin.play({"who": ANNA, "name": "Anna", "text": "Hi", "subject": "One"})
        await twin.post.flag(twin.company.folders["INBOX"], {1: frozenset({"\\Seen"})})
        before, kept = dict(twin.settings), await raws(twin, twin.company.address)
    async with EmailTwin().serve("127.0.0.1", 0, tmp_path) as twin:
        assert twin.settings == before
        assert await raws(twin, twin.company.address) == kept
        assert twin.company.folders["INBOX"].mails[1].flags == {"\\Seen"}
        assert twin.post.mailboxes[ANNA].name == "Anna"


@pytest.mark.parametrize(
    "act",
    [
        {"who": "no address", "text": "x"},
        {"who": ANNA, "text": "x", "files": "x"},
        {"who": ANNA, "text": "x", "files": [{"name": "x"}]},
        {"who": ANNA, "text": "x", "folder": "Nowhere"},
    ],
)
async def test_what_cannot_be_played(twin: RunningMail, act):
    with pytest.raises(ValueError):  # noqa: PT011 - the message is for the author of the act
        await twin.play(act)
    assert await raws(twin, twin.company.address) == []


async def test_a_forged_sender_is_not_vouched_for(twin: RunningMail):
    await twin.play({"who": ANNA, "text": "x", "forged": True, "headers": {"X-Loop": "a\r\nb: c"}})
    (raw,) = await raws(twin, twin.company.address)
    assert b"dmarc=fail header.from=post.example" in raw
    assert b"X-Loop: a b: c\r\n" in raw
