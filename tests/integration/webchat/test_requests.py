"""The HTTP side: messages, files, reading, other sites, and everything malformed."""

import asyncio
import json
from dataclasses import replace
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from hub.ports import Button, PermanentError
from tests.integration.webchat.conftest import Chat, Guest, OpenChat


async def test_a_message_is_recorded_once_whatever_is_repeated(chat: Chat):
    guest = await chat.visit()
    first = await guest.post("Где мой заказ?", client_id="a")
    body = {"client_id": "a", "text": "Где мой заказ?"}
    again = await guest.call("POST", "messages", status=200, json=body)
    assert again == first == {"id": first["id"], "position": 1}
    (message,) = chat.host.sink.messages
    assert message.external_id == f"{guest.address.value}/a"
    (item,) = await guest.items()
    assert (item["client_id"], item["text"], item["direction"]) == (
        "a",
        "Где мой заказ?",
        "inbound",
    )


async def test_a_client_id_stands_for_one_message_only(chat: Chat):
    guest = await chat.visit()
    first = await guest.post("Where is my order?", client_id="a")
    other = {"client_id": "a", "text": "Cancel it, please."}
    refused = await guest.call("POST", "messages", status=422, json=other)
    assert refused["code"] == "client-id-taken"
    assert [one["field"] for one in refused["errors"]] == ["client_id"]
    async with guest.live() as socket:
        await socket.send_json({"type": "message", **other})
        frame = await socket.receive_json(timeout=20)
    assert (frame["type"], frame["client_id"], frame["code"]) == ("refused", "a", refused["code"])
    # What was taken back since is not another message.
    (entry,) = await chat.host.transcript.page(guest.address)
    chat.host.transcript.changed(guest.address, replace(entry, text="", deleted=True))
    body = {"client_id": "a", "text": "Where is my order?"}
    assert await guest.call("POST", "messages", status=200, json=body) == first
    assert len(chat.host.sink.messages) == 1


async def test_two_visitors_may_use_the_same_client_id(chat: Chat):
    for text in ("one", "two"):
        await (await chat.visit()).post(text, client_id="a")
    assert len(chat.host.sink.messages) == 2


async def test_an_answer_can_be_read(chat: Chat):
    guest = await chat.visit()
    button = Button("Да", "yes")
    chat.host.transcript.told(guest.address, "Уже в пути", at=chat.time(), buttons=(button,))
    (item,) = await guest.items()
    assert item["author"] == {"name": "Olga"}
    assert item["buttons"] == [{"label": "Да", "value": "yes"}]
    assert item["recorded_at"] == "2026-05-03T09:14:00.000000Z"
    assert "html" not in item
    assert "delivery_ids" not in item


async def test_pages_forward_and_back(chat: Chat):
    guest = await chat.visit()
    for number in range(7):
        chat.host.transcript.told(guest.address, str(number), at=chat.time())
    page = await guest.call("GET", "messages?after=0&limit=5", status=200)
    assert ([item["text"] for item in page["items"]], page["next"]) == (list("01234"), 5)
    page = await guest.call("GET", f"messages?after={page['next']}&limit=5", status=200)
    assert ([item["text"] for item in page["items"]], page["next"]) == (list("56"), None)
    assert [item["text"] for item in await guest.items("?limit=2")] == ["5", "6"]
    assert [item["text"] for item in await guest.items("?limit=2&before=6")] == ["3", "4"]


@pytest.mark.parametrize(
    "query", ["after=x", "after=-1", "after=1e3", f"after={10**30}", "limit=é"]
)
async def test_numbers_that_are_none_are_refused(chat: Chat, query: str):
    await (await chat.visit()).call("GET", f"messages?{query}", status=422)


async def test_reading_is_passed_on(chat: Chat):
    guest = await chat.visit()
    for _ in range(2):
        await guest.call("POST", "read", status=204, json={"position": 7})
    (change,) = chat.host.sink.changes.values()
    assert (change.kind, change.position, change.address) == ("read", 7, guest.address)


async def test_what_cannot_be_stored_is_not_acknowledged(chat: Chat):
    guest = await chat.visit()
    chat.host.sink.available = False
    async with chat.http.post(
        f"{chat.base}/messages",
        json={"client_id": "a", "text": "Hello"},
        headers={"Authorization": f"Bearer {guest.token}"},
    ) as response:
        assert response.status == 503
        assert response.headers["Retry-After"] == "1"
    chat.host.sink.available = True
    await guest.post("Hello", client_id="a")


async def test_messages_of_one_visit_are_limited(chat: Chat):
    guest = await chat.visit()
    for number in range(20):
        await guest.post("Hello", client_id=str(number))
    body = {"client_id": "one too many", "text": "Hello"}
    problem = await guest.call("POST", "messages", status=422, json=body)
    assert "client_id" in problem["detail"]
    problem = await guest.call("POST", "messages", status=429, json=body | {"client_id": "more"})
    assert problem["retry_after"] >= 1
    assert len(chat.host.sink.messages) == 20


# --- files


def _form(name: str, content: bytes) -> aiohttp.FormData:
    form = aiohttp.FormData()
    form.add_field("file", content, filename=name)
    return form


async def _upload(guest: Guest, name: str = "photo.png", content: bytes = b"png") -> Any:
    return await guest.call("POST", "files", status=201, data=_form(name, content))


async def test_a_file_is_uploaded_and_sent(chat: Chat):
    guest = await chat.visit()
    file = await _upload(guest)
    assert (file["name"], file["size"]) == ("photo.png", 3)
    await guest.post("", client_id="a", files=(file["id"],))
    (message,) = chat.host.sink.messages
    assert [str(part.file_id) for part in message.attachments] == [file["id"]]
    (item,) = await guest.items()
    assert item["files"] == [file]
    assert file["url"].startswith("https://hub.example/files/")


async def test_bare_bytes_are_a_file_too(chat: Chat):
    guest = await chat.visit()
    headers = {"Content-Type": "image/png"}
    file = await guest.call(
        "POST", "files?name=a%20b.png", status=201, data=b"png", headers=headers
    )
    assert file["name"] == "a b.png"


@pytest.mark.parametrize(
    ("claimed", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\secret\\a.txt", "a.txt"),
        ("a\x00b.txt", "ab.txt"),
        ("x" * 500 + ".png", "x" * 116 + ".png"),
        ("...", "file"),
    ],
)
async def test_a_files_name_is_only_a_name(chat: Chat, claimed: str, kept: str):
    guest = await chat.visit()
    async with chat.http.post(
        f"{chat.base}/files",
        params={"name": claimed},
        data=b"x",
        headers={"Authorization": f"Bearer {guest.token}"},
    ) as response:
        assert (await response.json())["name"] == kept


async def test_a_file_of_another_visitor_cannot_be_sent(chat: Chat):
    file = await _upload(await chat.visit())
    other = await chat.visit()
    body = {"client_id": "a", "files": [file["id"]]}
    await other.call("POST", "messages", status=422, json=body)
    assert not chat.host.sink.messages


async def test_an_upload_not_sent_within_a_day_is_forgotten(chat: Chat):
    guest = await chat.visit()
    file = await _upload(guest)
    chat.time.pass_(days=1)
    await guest.call(
        "POST", "messages", status=422, json={"client_id": "a", "files": [file["id"]]}
    )


async def test_a_file_that_is_too_large_is_refused(open_chat: OpenChat):
    chat = await open_chat(max_file_mb=0)
    guest = await chat.visit()
    for sent in ({"data": _form("a", b"x")}, {"data": b"x"}):
        problem = await guest.call("POST", "files", status=413, **sent)
        assert problem["code"] == "too-large"
    assert not chat.host.files.stored
    assert not chat.channel.capabilities.files


async def test_the_installations_limit_counts_too(chat: Chat):
    guest = await chat.visit()
    await guest.call("POST", "files", status=413, data=BytesIO(b"x" * (1024 * 1024 + 1)))


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("multipart/form-data", b"", 400),
        ("multipart/form-data; boundary=x", b"", 400),
        ("multipart/form-data; boundary=x", b"nothing of the kind", 400),
        ("multipart/form-data; boundary=x", b"--x\r\n", 400),
        ("multipart/form-data; boundary=x", b"--x\r\nno header\r\n\r\n--x--", 400),
        ("multipart/form-data; boundary=x", b"--x--\r\n", 422),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\ntext\r\n--x--\r\n',
            422,
        ),
        ("multipart/mixed; boundary=" + "x" * 200, b"--", 400),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" * 3000,
            422,
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="_charset_"\r\n\r\n' + b"x" * 40,
            400,
        ),
    ],
)
async def test_a_broken_form_is_refused(chat: Chat, content_type: str, body: bytes, status: int):
    guest = await chat.visit()
    headers = {"Content-Type": content_type}
    await guest.call("POST", "files", status=status, data=body, headers=headers)
    assert not chat.host.files.stored


# --- other sites


async def test_every_site_may_show_the_chat_unless_some_are_named(chat: Chat):
    async with chat.http.post(
        f"{chat.base}/visits", json={}, headers={"Origin": "https://shop.example"}
    ) as response:
        assert response.status == 201
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://shop.example", True),
        ("https://SHOP.example", True),
        ("https://hub.example", True),
        ("https://evil.example", False),
        ("https://shop.example.evil.example", False),
        ("http://shop.example", False),
        ("https://shop.example:8443", False),
        ("null", False),
        ("", False),
    ],
)
async def test_named_sites_and_our_own_may(open_chat: OpenChat, origin: str, allowed: bool):
    chat = await open_chat(origins=["https://shop.example"])
    for method, path in (("OPTIONS", "messages"), ("POST", "visits"), ("GET", "live")):
        async with chat.http.request(
            method, f"{chat.base}/{path}", headers={"Origin": origin}
        ) as response:
            assert (response.status == 403) is not allowed
            granted = response.headers.get("Access-Control-Allow-Origin")
            assert granted == (origin if allowed else None)
            assert "Origin" in response.headers.get("Vary", "") or not allowed


async def test_our_own_page_may_on_any_name_the_hub_is_reached_by(open_chat: OpenChat):
    chat = await open_chat(origins=[])
    own = chat.base.removesuffix("/inbox")
    await chat.call("POST", "visits", status=201, json={}, headers={"Origin": own})


async def test_refusals_can_be_read_by_the_widget_of_an_allowed_site(chat: Chat):
    async with chat.http.get(
        f"{chat.base}/messages", headers={"Origin": "https://shop.example"}
    ) as response:
        assert response.status == 401
        assert response.headers["Access-Control-Allow-Origin"] == "*"


async def test_a_preflight_allows_what_the_widget_needs(chat: Chat):
    headers = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    async with chat.http.options(f"{chat.base}/messages", headers=headers) as response:
        assert response.status == 204
        assert "POST" in response.headers["Access-Control-Allow-Methods"]
        assert "authorization" in response.headers["Access-Control-Allow-Headers"]


# --- the page, and what is not there


async def test_the_page_is_served_safely(chat: Chat):
    async with chat.http.get(f"{chat.base}/") as response:
        assert response.status == 200
        assert response.content_type == "text/html"
        policy = response.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "script-src 'self'" in policy


async def test_the_inboxs_name_is_text_on_the_page(open_chat: OpenChat):
    chat = await open_chat(name="<script>alert(1)</script>")
    async with chat.http.get(f"{chat.base}/") as response:
        page = await response.text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "chat.js"),
        ("POST", "widget.js"),
        ("GET", "visits"),
        ("DELETE", "messages"),
        ("POST", ""),
        ("GET", "..%2fchannel.py"),
        ("GET", "__init__.py"),
        ("GET", "messages/1"),
    ],
)
async def test_nothing_else_is_there(chat: Chat, method: str, path: str):
    await (await chat.visit()).call(method, path, status=404)


# --- abuse


async def test_a_body_beyond_the_cap_is_refused_while_it_arrives(chat: Chat):
    guest = await chat.visit()

    async def endless():
        while True:
            yield b" " * 65536

    headers = {"Authorization": f"Bearer {guest.token}"}
    async with asyncio.timeout(10):
        try:
            async with chat.http.post(
                f"{chat.base}/messages", data=endless(), headers=headers
            ) as response:
                assert response.status == 413
        except aiohttp.ClientError:
            pass  # answered and closed while we were still writing


async def test_a_body_that_never_ends_is_given_up(chat: Chat, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("channels.webchat.bodies._JSON_WITHIN", 0.1)
    guest = await chat.visit()

    async def slow():
        yield b"{"
        await asyncio.Event().wait()

    headers = {"Authorization": f"Bearer {guest.token}"}
    async with asyncio.timeout(20):
        async with chat.http.post(
            f"{chat.base}/messages", data=slow(), headers=headers
        ) as response:
            assert response.status == 408


async def test_a_fault_of_ours_is_not_a_fault_of_the_request(chat: Chat):
    guest = await chat.visit()

    async def save(name: str, content: object, /):
        raise PermanentError(f"{name} {content!r} is not wanted")

    chat.host.files.save = save  # type: ignore[method-assign]
    problem = await guest.call("POST", "files", status=422, data=b"x")
    assert "not wanted" not in json.dumps(problem)
