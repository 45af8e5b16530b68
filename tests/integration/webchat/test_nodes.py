"""Web chat on whole nodes and a real database: visitor on one node, operator on another."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from pydantic import SecretStr

from hub import clock
from hub.db.engine import Database
from hub.ids import new_id
from hub.node import process
from hub.node.process import Ready
from hub.node.role import Role
from hub.operators import tokens
from hub.operators.access import Scope
from hub.settings import Settings
from hub.tasks import background

SECRET = "a-signing-secret-of-more-than-32-characters"
Json = dict[str, Any]


@dataclass
class House:
    """Two nodes' addresses, an integration's token for the API, and a client."""

    one: str
    other: str
    token: str
    http: aiohttp.ClientSession

    async def api(
        self, method: str, path: str, *, status: int = 200, base: str = "", **sent: Any
    ) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{base or self.other}/api/v1/{path}"
        async with self.http.request(method, url, headers=headers, **sent) as answer:
            assert answer.status == status, await answer.text()
            return await answer.json()

    async def chat(self, method: str, url: str, token: str = "", **sent: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.http.request(method, url, headers=headers, **sent) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json() if answer.content_length else None

    async def eventually(self, path: str, wanted: Any) -> Any:
        """The API's answer once `wanted` is true of it."""
        async with asyncio.timeout(8):
            while not wanted(answer := await self.api("GET", path)):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return answer

    async def inbox(self) -> str:
        """A chat that is open on both nodes; the path of its page."""
        body = {"channel": "webchat", "name": "Shop", "settings": {"jwt_secret": SECRET}}
        inbox = await self.api("POST", "inboxes", status=201, json=body)
        await self.eventually(f"inboxes/{inbox['id']}", lambda view: view["state"] == "open")
        path = f"/chat/{inbox['id']}/"
        async with asyncio.timeout(8):
            for base in (self.one, self.other):
                while (await self.http.get(base + path)).status != 200:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        return path


@asynccontextmanager
async def _node(settings: Settings) -> AsyncIterator[str]:
    started: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def ready(told: Ready, _installation: object) -> None:
        started.set_result(told.url)

    async with background() as tasks:
        running = tasks.spawn(process.run(settings, role=Role.ALL, ready=ready), "node")
        running.add_done_callback(lambda _: started.done() or started.cancel())
        yield await started


@pytest.fixture
async def house(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    settings = Settings(
        database_url=database_url, port=0, data_dir=tmp_path, secret_key=SecretStr("k" * 32)
    )
    async with _node(settings) as one, _node(settings) as other, aiohttp.ClientSession() as http:
        async with database.transaction() as session:
            _, token = await tokens.create(session, "tests", [Scope.ADMIN], now=clock.now())
        yield House(one, other, token, http)


async def _frame(socket: aiohttp.ClientWebSocketResponse, kind: str) -> Json:
    """The next frame of this type; others may come in between."""
    while True:
        frame: Json = await socket.receive_json(timeout=8)
        if frame["type"] == kind:
            return frame


async def test_question_answer_delivered_read_across_two_nodes(house: House):
    chat = house.one + await house.inbox()
    visit = await house.chat("POST", f"{chat}visits", json={"locale": "bg"})
    async with house.http.ws_connect(f"{chat}live") as socket:
        await socket.send_json({"type": "hello", "token": visit["token"], "after": None})
        await _frame(socket, "ready")
        await socket.send_json({"type": "message", "client_id": "a", "text": "Къде е?"})
        accepted = await _frame(socket, "accepted")
        pushed = await _frame(socket, "message")
        assert (pushed["id"], pushed["client_id"]) == (accepted["id"], "a")
        point = visit["contact_point"]
        found = await house.api("GET", "customers", params={"contact_point": point})
        (customer,) = found["items"]
        answer = {"text": "На път е.", "in_reply_to_position": accepted["position"]}
        sent = await house.api(
            "POST", f"customers/{customer['id']}/messages", status=201, json=answer
        )
        told = await _frame(socket, "message")
        assert (told["id"], told["text"]) == (sent["message"]["id"], "На път е.")
        deliveries = f"messages/{told['id']}/deliveries"

        def status(wanted: str) -> Any:
            return lambda view: [one["status"] for one in view["items"]] == [wanted]

        await house.eventually(deliveries, status("sent"))
        await socket.send_json({"type": "delivered", "id": told["id"]})
        await house.eventually(deliveries, status("delivered"))
        await socket.send_json({"type": "read", "position": told["position"]})
        await house.eventually(deliveries, status("read"))
        await _frame(socket, "status")


async def test_a_repeated_message_is_one_also_through_another_node(house: House):
    path = await house.inbox()
    visit = await house.chat("POST", f"{house.one}{path}visits", json={})
    # As a browser may spell it: what is not kept of it does not make it another message.
    body = {"client_id": "a", "text": "Hello\0\r\n \u202eyou "}
    answers = [
        await house.chat("POST", f"{base}{path}messages", visit["token"], json=body)
        for base in (house.one, house.other, house.one)
    ]
    assert answers[0] == answers[1] == answers[2]
    page = await house.chat("GET", f"{house.other}{path}messages", visit["token"])
    assert [item["id"] for item in page["items"]] == [answers[0]["id"]]


async def test_a_file_travels_with_a_message(house: House):
    chat = house.one + await house.inbox()
    visit = await house.chat("POST", f"{chat}visits", json={})
    form = aiohttp.FormData()
    form.add_field("file", b"\x89PNG\r\n\x1a\n" + b"\0" * 64, filename="photo.png")
    file = await house.chat("POST", f"{chat}files", visit["token"], data=form)
    assert file["content_type"] == "image/png"
    body = {"client_id": "a", "files": [file["id"]]}
    await house.chat("POST", f"{chat}messages", visit["token"], json=body)
    (item,) = (await house.chat("GET", f"{chat}messages", visit["token"]))["items"]
    assert [one["name"] for one in item["files"]] == ["photo.png"]
    again = await house.chat("POST", f"{chat}messages", visit["token"], json=body)
    assert again["id"] == item["id"]
    async with house.http.get(item["files"][0]["url"]) as answer:
        assert answer.status == 200


async def test_nothing_private_reaches_the_chat(house: House):
    chat = house.one + await house.inbox()
    moment = int(clock.now().timestamp())
    inbox_id = chat.rstrip("/").rpartition("/")[2]
    claims = {"sub": "ann", "aud": inbox_id, "exp": moment + 300, "email": "ann@shop.example"}
    proof = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))
    ann = await house.chat("POST", f"{chat}visits", json={"jwt": proof})
    stranger = await house.chat("POST", f"{chat}visits", json={})
    for visit, text in ((ann, "I am Ann"), (stranger, "I am somebody")):
        body = {"client_id": "a", "text": text}
        await house.chat("POST", f"{chat}messages", visit["token"], json=body)
    ids = {}
    for name, visit in (("ann", ann), ("stranger", stranger)):
        found = await house.api(
            "GET", "customers", params={"contact_point": visit["contact_point"]}
        )
        ids[name] = found["items"][0]["id"]
    assert ids["ann"] != ids["stranger"]
    await house.api(
        "POST", f"customers/{ids['ann']}/notes", status=201, json={"text": "She is difficult"}
    )
    page = await house.chat("GET", f"{chat}messages", ann["token"])
    assert [item["text"] for item in page["items"]] == ["I am Ann"]
    page = await house.chat("GET", f"{chat}messages", stranger["token"])
    assert [item["text"] for item in page["items"]] == ["I am somebody"]


async def test_what_a_visitor_says_of_himself_is_shown_as_claimed(house: House):
    chat = house.one + await house.inbox()
    poser = await house.chat(
        "POST", f"{chat}visits", json={"name": "Ann", "email": "boss@shop.example"}
    )
    body = {"client_id": "a", "text": "I am the boss"}
    await house.chat("POST", f"{chat}messages", poser["token"], json=body)
    point = poser["contact_point"]

    def claims(email: str) -> Any:
        return lambda found: (
            found["items"] and found["items"][0]["contact_points"][0]["claimed"]["email"] == email
        )

    path = f"customers?contact_point={point.replace('/', '%2F')}"
    (customer,) = (await house.eventually(path, claims("boss@shop.example")))["items"]
    (shown,) = customer["contact_points"]
    assert (shown["proof"], shown["scheme"]) == ("none", "webchat")
    assert shown["claimed"] == {"name": "Ann", "email": "boss@shop.example", "by": "visitor"}
    assert customer["attributes"] == {}
    await house.chat("PATCH", f"{chat}visits", poser["token"], json={"email": "ann@shop.example"})
    await house.eventually(path, claims("ann@shop.example"))
    for email in ("boss@shop.example", "ann@shop.example"):
        found = await house.api("GET", "customers", params={"contact_point": f"email:{email}"})
        assert found["items"] == [], "an address that was typed finds nobody"


ACTIVE = {
    "page.html": b"<!doctype html><script>alert(1)</script>",
    "image.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "data.xml": b'<?xml version="1.0"?><?xml-stylesheet href="x.xsl"?><a/>',
    "page.xhtml": b'<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>',
    "photo.png": b"<html><body onload=alert(1)>",
    "code.js": b"alert(1)",
    "a.pdf": b"%PDF-1.4\n1 0 obj<</S/JavaScript/JS(app.alert(1))>>",
}
SHOWN = ("image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf")


async def test_no_file_of_a_visitor_can_run_in_the_hubs_origin(house: House):
    chat = house.one + await house.inbox()
    visit = await house.chat("POST", f"{chat}visits", json={})
    for name, content in ACTIVE.items():
        form = aiohttp.FormData()
        form.add_field("file", content, filename=name, content_type="text/html")
        file = await house.chat("POST", f"{chat}files", visit["token"], data=form)
        async with house.http.get(file["url"]) as answer:
            assert await answer.read() == content
            headers = answer.headers
        kind = headers["Content-Type"].partition(";")[0]
        assert kind == file["content_type"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "script" not in policy
        assert ("sandbox" in policy) == (kind != "application/pdf")
        inline = headers["Content-Disposition"].startswith("inline")
        assert not inline or kind in SHOWN, (name, kind)
        assert inline == (kind == "application/pdf"), (name, kind)


async def test_inboxes_that_are_no_open_chats_cannot_be_told_apart(house: House):
    chat = await house.inbox()
    body = {"channel": "webchat", "name": "Closed", "enabled": False, "settings": {}}
    disabled = (await house.api("POST", "inboxes", status=201, json=body))["id"]
    closing = chat.split("/")[2]
    await house.api("PATCH", f"inboxes/{closing}", json={"enabled": False})
    async with asyncio.timeout(8):
        while (await house.http.get(f"{house.one}{chat}config")).status != 404:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    answers = set()
    for inbox in (disabled, closing, str(new_id()), "no-id", "0" * 32):
        for method, path in (
            ("GET", "config"),
            ("POST", "visits"),
            ("GET", "live"),
            ("GET", "messages"),
            ("GET", ""),
        ):
            async with house.http.request(method, f"{house.one}/chat/{inbox}/{path}") as answer:
                told = {name: value for name, value in answer.headers.items() if name != "Date"}
                answers.add((answer.status, await answer.text(), str(sorted(told.items()))))
    assert [status for status, _, _ in answers] == [404], answers
