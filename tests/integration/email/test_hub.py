"""A mailbox of a running hub: what is mailed to it stands on the customer's timeline."""

import asyncio
import json
import smtplib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import aiohttp

from hub.clock import now
from hub.conversations.inbound import quarantine
from hub.conversations.inbound.quarantine import Rejected
from hub.db.base import Json
from hub.db.engine import Database
from tests.installation import Hub
from tests.mail_server import PASSWORD, MailServer

PATIENCE = 30.0


def mail(sender: str, to: str, subject: str, body: str, *fields: str) -> bytes:
    head = [f"From: {sender}", f"To: {to}", f"Subject: {subject}", *fields]
    return "\r\n".join([*head, "", body, ""]).encode()


def post(server: MailServer, sender: str, to: str, raw: bytes) -> None:
    """Hand a mail to Exim, as any server of the world would."""
    trusting = ssl.create_default_context(cafile=str(server.certificate))
    with smtplib.SMTP("localhost", server.smtp_port) as smtp:
        smtp.starttls(context=trusting)
        smtp.login(to, PASSWORD)
        smtp.sendmail(sender, [to], raw)


class Api:
    """A hub's API, as an administrator's program sees it."""

    def __init__(self, hub: Hub, http: aiohttp.ClientSession) -> None:
        self.url = hub.url
        self._base = f"{hub.url}/api/v1"
        self._http = http
        self._headers = {"Authorization": f"Bearer {hub.token}"}

    async def get(self, path: str, **query: str) -> Json:
        async with self._http.get(
            f"{self._base}{path}", params=query, headers=self._headers
        ) as answer:
            assert answer.status == 200, await answer.text()
            body: Json = await answer.json()
            return body

    async def post(self, path: str, body: Json) -> Json:
        async with self._http.post(
            f"{self._base}{path}", json=body, headers=self._headers
        ) as answer:
            assert answer.status in {200, 201}, await answer.text()
            told: Json = await answer.json()
            return told

    async def of_chat(self, method: str, path: str, **sent: Any) -> Json:
        """What a web chat answers to a visitor's browser."""
        async with self._http.request(method, self.url + path, **sent) as answer:
            assert answer.status in {200, 201}, await answer.text()
            body: Json = await answer.json()
            return body

    async def inbox(self, settings: Json) -> str:
        """A new inbox, once it is open."""
        body = {"channel": "email", "name": "Help", "enabled": True, "settings": settings}
        made = await self.post("/inboxes", body)
        async with asyncio.timeout(PATIENCE):
            while True:
                inbox = await self.get(f"/inboxes/{made['id']}")
                if inbox["state"] == "open":
                    return str(made["id"])
                assert inbox["state"] != "misconfigured", json.dumps(inbox)
                await asyncio.sleep(0.05)

    async def entries(self, address: str, count: int) -> list[Json]:
        """The timeline of whoever has that address, once it has so many messages."""
        async with asyncio.timeout(PATIENCE):
            while True:
                found = await self.get("/customers", contact_point=f"email:{address}")
                for customer in found["items"]:
                    page = await self.get(f"/customers/{customer['id']}/timeline", limit="100")
                    messages = [one for one in page["items"] if one["kind"] == "message"]
                    if len(messages) >= count:
                        return messages
                await asyncio.sleep(0.05)


@asynccontextmanager
async def api(hub: Hub) -> AsyncIterator[Api]:
    async with aiohttp.ClientSession() as http:
        yield Api(hub, http)


async def test_a_mail_stands_on_the_timeline_also_one_from_quarantine(
    hub: Hub, mail_host: MailServer, database: Database
) -> None:
    box = mail_host.new_mailbox()
    async with api(hub) as calls:
        inbox = await calls.inbox(mail_host.settings(box))
        raw = mail("Anna <anna@home.example>", box, "Order 17", "Where is it?\r\n")
        await asyncio.to_thread(post, mail_host, "anna@home.example", box, raw)
        [entry] = await calls.entries("anna@home.example", 1)
    assert entry["text"] == "Where is it?"
    assert entry["channel"] == "email"
    assert entry["direction"] == "inbound"
    assert entry["contact_point"]["value"] == "anna@home.example"

    # A mail that an earlier release could not read, and this one can.
    kept = mail("Boris <boris@home.example>", box, "Order 18", "And mine?\r\n")
    rejected = Rejected(UUID(inbox), "INBOX/1/77", kept, "It could not be read.")
    async with database.transaction() as session:
        await quarantine.put(session, rejected, now())
    async with api(hub) as calls:
        (waiting,) = (await calls.get("/quarantine"))["items"]
        answer = await calls.post(f"/quarantine/{waiting['id']}/replay", {})
        assert answer["released"]
        [again] = await calls.entries("boris@home.example", 1)
        assert (await calls.get("/quarantine"))["items"] == []
    assert again["text"] == "And mine?"
