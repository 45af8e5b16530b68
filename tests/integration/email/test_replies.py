"""An operator's mail from the API to the customer's mailbox, and the answer back to its place."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from channels.email.parsing.mail import Mail
from channels.email.parsing.parse import parse
from tests.installation import Hub
from tests.integration.email.test_exim import arrived
from tests.integration.email.test_hub import Api, api, mail, post
from tests.mail_server import MailServer
from tests.nodes import until


class Desk:
    """An inbox of a running hub, a customer with a mailbox, a colleague of theirs."""

    def __init__(self, calls: Api, server: MailServer) -> None:
        self.calls, self.server = calls, server
        self.box, self.customer, self.colleague = (server.new_mailbox() for _ in range(3))

    async def writes(self, subject: str, words: str, *fields: str, to: str = "") -> None:
        where = to or self.box
        raw = mail(f"Anna <{self.customer}>", where, subject, words, *fields)
        await asyncio.to_thread(post, self.server, self.customer, where, raw)

    async def inbound(self, count: int) -> list[dict[str, Any]]:
        return [
            one
            for one in await self.calls.entries(self.customer, count)
            if one["direction"] == "inbound"
        ]

    async def mails(self, address: str, count: int) -> list[Mail]:
        found: list[bytes] = []

        def there() -> bool:
            found[:] = arrived(self.server, address)
            return len(found) >= count

        await until(there, within=30)
        return [parse(one) for one in found]


@pytest.fixture
async def desk(hub: Hub, mail_host: MailServer) -> AsyncIterator[Desk]:
    async with api(hub) as calls:
        desk = Desk(calls, mail_host)
        await calls.inbox(
            mail_host.settings(desk.box, signature="Shop Ltd", sender_name="The shop")
        )
        yield desk


async def test_a_rich_answer_arrives_in_the_thread_and_its_answer_comes_back(desk: Desk) -> None:
    await desk.writes("Order 17", "Where is it?\r\n", "Message-ID: <first@home.example>")
    (asked,) = await desk.calls.entries(desk.customer, 1)
    customer = (await desk.calls.get("/customers", contact_point=f"email:{desk.customer}"))[
        "items"
    ][0]["id"]
    sent = await desk.calls.post(
        f"/customers/{customer}/messages",
        {
            "html": "<p>It is <b>on its way</b>.</p><script>alert(1)</script>",
            "cc": [desk.colleague],
            "bcc": ["refused@mail.example"],
            "quote": True,
            "conversation_id": asked["conversation_id"],
        },
    )
    entry = sent["message"]
    assert entry["text"] == "It is on its way."
    assert entry["html"] == "<p>It is <b>on its way</b>.</p>"
    assert entry["data"]["subject"] == "Re: Order 17"
    assert entry["data"]["cc"] == [desk.colleague]
    (answer,) = await desk.mails(desk.customer, 1)
    (copy,) = await desk.mails(desk.colleague, 1)
    assert answer.message_id == copy.message_id
    assert answer.in_reply_to == "first@home.example"
    assert answer.subject == "Re: Order 17"
    assert answer.reply_text == "It is on its way."
    assert "> Where is it?" in answer.text
    assert "<b>on its way</b>" in (answer.html or "")
    # The copy that was refused is named beside the delivery, which went.
    async with asyncio.timeout(30):
        while True:
            page = await desk.calls.get(f"/messages/{entry['id']}/deliveries")
            (delivery,) = page["items"]
            if delivery["status"] == "sent":
                break
            await asyncio.sleep(0.05)
    assert "refused@mail.example" in delivery["detail"]
    # The colleague is nobody's contact point.
    assert (await desk.calls.get("/customers", contact_point=f"email:{desk.colleague}"))[
        "items"
    ] == []
    await desk.writes("Another subject", "Thank you.\r\n", to=answer.reply_to[0].address)
    entries = await desk.calls.entries(desk.customer, 3)
    assert {one["conversation_id"] for one in entries} == {asked["conversation_id"]}
    assert "Thank you." in {one["text"] for one in entries}
