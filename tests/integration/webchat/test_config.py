"""What a widget is told at first: words, hours, form; the same for everybody, and cached."""

from datetime import UTC, datetime
from typing import Any

import pytest

from hub.ports import Opening
from tests.integration.webchat.conftest import Chat, OpenChat


async def config(chat: Chat, query: str = "", **headers: str) -> Any:
    return await chat.call("GET", f"config{query}", status=200, headers=headers)


async def test_a_chat_with_nothing_set(open_chat: OpenChat):
    told = await config(await open_chat(jwt_secret="", name="Shop"))
    words = told.pop("words")
    assert told == {
        "name": "Shop",
        "locale": "en",
        "dir": "ltr",
        "greeting": words["greeting"],
        "away": None,
        "form": None,
        "files": {"max_bytes": 10 * 1024 * 1024, "max_count": 10},
        "max_text": 10_000,
        "identify": False,
    }
    assert words["send"] == "Send"


async def test_what_an_administrator_set_is_told(open_chat: OpenChat):
    chat = await open_chat(greeting=" Ask us ", form="required", max_file_mb=0)
    told = await config(chat, "?locale=bg", **{"Accept-Language": "ru"})
    assert (told["greeting"], told["locale"], told["files"]) == ("Ask us", "bg", None)
    assert told["form"] == {
        "fields": [{"name": "name", "required": True}, {"name": "email", "required": True}]
    }
    assert told["identify"] is True
    assert told["words"]["send"] == "Изпращане"
    optional = await config(await open_chat(form="optional"))
    assert [one["required"] for one in optional["form"]["fields"]] == [False, False]


async def test_outside_the_opening_hours_the_chat_is_away(open_chat: OpenChat):
    chat = await open_chat()
    chat.host.hours = Opening(open=False, next=datetime(2026, 5, 4, 6, tzinfo=UTC))
    told = await config(chat)
    assert told["away"] == {
        "text": told["words"]["away"],
        "until": "2026-05-04T06:00:00Z",
        "mail": False,
    }
    chat.host.hours = Opening(open=True)
    assert (await config(chat))["away"] is None
    worded = await open_chat(away_text="На море.")
    worded.host.hours = Opening(open=False)
    assert (await config(worded))["away"] == {"text": "На море.", "until": None, "mail": False}


async def test_mail_is_promised_only_where_the_hub_has_some(open_chat: OpenChat):
    chat = await open_chat()
    chat.host.hours = Opening(open=False)
    assert (await config(chat))["away"]["mail"] is False
    chat.host.schemes.add("email")
    assert (await config(chat))["away"]["mail"] is True


async def test_a_browser_may_keep_it_for_a_minute(chat: Chat):
    url = f"{chat.base}/config"
    async with chat.http.get(url, headers={"Origin": "https://shop.example"}) as response:
        assert response.headers["Cache-Control"] == "public, max-age=60"
        assert response.headers["Vary"] == "Accept-Language"
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        tag = response.headers["ETag"]
    async with chat.http.get(url, headers={"If-None-Match": tag}) as response:
        assert (response.status, await response.read()) == (304, b"")
        assert response.headers["Access-Control-Allow-Origin"] == "*"
    async with chat.http.get(f"{url}?locale=ru", headers={"If-None-Match": tag}) as response:
        assert response.status == 200


async def test_only_the_named_sites_are_told(open_chat: OpenChat):
    chat = await open_chat(origins="https://shop.example")
    url = f"{chat.base}/config"
    async with chat.http.get(url, headers={"Origin": "https://shop.example"}) as response:
        assert response.status == 200
        assert response.headers["Vary"] == "Accept-Language, Origin"
        assert response.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    async with chat.http.get(url, headers={"Origin": "https://evil.example"}) as response:
        assert response.status == 403


async def test_no_secret_is_told(chat: Chat):
    async with chat.http.get(f"{chat.base}/config") as response:
        assert "a-signing-secret" not in await response.text()


async def test_asking_is_limited_for_each_address(open_chat: OpenChat):
    chat = await open_chat(address_messages_per_minute=3)
    for _ in range(3):
        await config(chat)
    await chat.call("GET", "config", status=429)


@pytest.mark.parametrize("locale", ["zz", "../../x", "%00", "x" * 2000])
async def test_a_language_we_have_not_is_english(chat: Chat, locale: str):
    assert (await config(chat, f"?locale={locale}"))["locale"] == "en"
