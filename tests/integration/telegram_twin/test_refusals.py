"""What the twin refuses it refuses in the real server's words, whatever body the call came in."""

import asyncio
import io
from typing import Any

import aiohttp
import pytest
from aiogram.types import ForceReply

from channels.telegram.twin.calls import LARGEST_UPLOAD
from channels.telegram.twin.limits import Pace
from channels.telegram.twin.serving import TOKEN
from tests.integration.telegram_twin.conftest import ANN, Provider

pytestmark = pytest.mark.asyncio(loop_scope="module")

LATE = "query is too old and response timeout expired or query ID is invalid"
BUTTON = {"inline_keyboard": [[{"text": "a", "callback_data": "x" * 65}]]}
TOO_BIG = "is too big for a photo; the maximum size is 10485760 bytes"
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("sendMessage", {"text": "a"}, "chat_id is empty"),
    ("sendMessage", {"chat_id": 1, "text": "a"}, "chat not found"),
    ("sendMessage", {"chat_id": "@nobody", "text": "a"}, "chat not found"),
    ("sendMessage", {"chat_id": ANN}, "message text is empty"),
    ("sendMessage", {"chat_id": ANN, "text": "   "}, "text must be non-empty"),
    ("sendMessage", {"chat_id": ANN, "text": "ж" * 4097}, "message is too long"),
    (
        "sendMessage",
        {"chat_id": ANN, "text": "<b>a", "parse_mode": "HTML"},
        "can't parse entities: Can't find end tag corresponding to start tag \"b\"",
    ),
    ("sendMessage", {"chat_id": ANN, "text": "a", "parse_mode": "x"}, "unsupported parse_mode"),
    ("sendMessage", {"chat_id": ANN, "text": "a", "reply_markup": BUTTON}, "BUTTON_DATA_INVALID"),
    (
        "sendMessage",
        {"chat_id": ANN, "text": "a", "reply_markup": "{"},
        "can't parse reply keyboard markup JSON object",
    ),
    (
        "sendMessage",
        {"chat_id": ANN, "text": "a", "reply_parameters": {"message_id": 9999}},
        "message to be replied not found",
    ),
    (
        "sendMessage",
        {"chat_id": ANN, "text": "a", "reply_parameters": {"quote": "a"}},
        'can\'t find field "message_id"',
    ),
    ("sendPhoto", {"chat_id": ANN}, "there is no photo in the request"),
    (
        "sendPhoto",
        {"chat_id": ANN, "photo": "nonsense"},
        "wrong remote file identifier specified: Wrong string length",
    ),
    (
        "sendPhoto",
        {"chat_id": ANN, "photo": "https://a.example/b"},
        "failed to get HTTP URL content",
    ),
    ("sendMediaGroup", {"chat_id": ANN}, 'parameter "media" is required'),
    ("sendMediaGroup", {"chat_id": ANN, "media": "["}, "can't parse media JSON object"),
    ("sendMediaGroup", {"chat_id": ANN, "media": []}, "there are no messages to send"),
    (
        "sendMediaGroup",
        {"chat_id": ANN, "media": [{}] * 11},
        "too many messages to send as an album",
    ),
    (
        "sendMediaGroup",
        {"chat_id": ANN, "media": [{"type": "animation", "media": "x"}]},
        "can't parse InputMedia: type \"animation\" can't be used in sendMediaGroup",
    ),
    ("sendLocation", {"chat_id": ANN, "latitude": 42}, "longitude is empty"),
    (
        "sendLocation",
        {"chat_id": ANN, "latitude": 99, "longitude": 1},
        "invalid location specified",
    ),
    ("sendContact", {"chat_id": ANN, "first_name": "A"}, 'parameter "phone_number" is required'),
    ("sendDice", {"chat_id": ANN, "emoji": "🐟"}, "DICE_EMOJI_INVALID"),
    (
        "sendPoll",
        {"chat_id": ANN, "question": "?", "options": "x"},
        "can't parse options JSON object",
    ),
    ("sendChatAction", {"chat_id": ANN, "action": "sing"}, "wrong parameter action in request"),
    ("editMessageText", {"text": "a"}, "message identifier is not specified"),
    (
        "editMessageText",
        {"chat_id": ANN, "message_id": 9999, "text": "a"},
        "message to edit not found",
    ),
    ("editMessageText", {"inline_message_id": "x", "text": "a"}, "MESSAGE_ID_INVALID"),
    ("deleteMessage", {"chat_id": ANN, "message_id": 9999}, "message to delete not found"),
    ("deleteMessage", {"chat_id": ANN}, "message identifier is not specified"),
    (
        "deleteMessages",
        {"chat_id": ANN, "message_ids": []},
        "message identifiers are not specified",
    ),
    (
        "deleteMessages",
        {"chat_id": ANN, "message_ids": [1] * 101},
        "too many message identifiers specified",
    ),
    ("setMessageReaction", {"chat_id": ANN, "message_id": 9999}, "message to react not found"),
    ("answerCallbackQuery", {"callback_query_id": "1"}, LATE),
    ("getFile", {}, "file_id not specified"),
    ("getFile", {"file_id": "x"}, "wrong file_id or the file is temporarily unavailable"),
    ("getChat", {"chat_id": 1}, "chat not found"),
    ("setMyCommands", {"commands": [{"command": "Ä", "description": "x"}]}, "BOT_COMMAND_INVALID"),
    ("setWebhook", {"url": "ftp://a.example"}, "invalid webhook URL specified"),
    (
        "setWebhook",
        {"url": "https://a.example", "secret_token": "ы"},
        "secret token contains unallowed characters",
    ),
    (
        "setWebhook",
        {"url": "https://a.example", "secret_token": "x" * 257},
        "secret token is too long",
    ),
]


@pytest.mark.parametrize(("method", "arguments", "words"), REFUSED)
async def test_refused(provider: Provider, method: str, arguments: dict[str, Any], words: str):
    assert await provider.refusal(method, **arguments) == (400, f"Bad Request: {words}")


async def test_edits_refused(provider: Provider):
    sent = await provider.bot.send_message(ANN, "a")
    place = await provider.bot.send_location(ANN, 1, 2)
    asks = await provider.bot.send_message(ANN, "Phone?", reply_markup=ForceReply())
    await provider.ann("b")
    theirs = (await provider.update()).message
    assert theirs is not None
    same = {"chat_id": ANN, "message_id": sent.message_id}
    cases = [
        ({**same, "text": "a"}, "message is not modified: specified new message content"),
        ({"chat_id": ANN, "message_id": place.message_id, "text": "a"}, "there is no text in"),
        (
            {"chat_id": ANN, "message_id": theirs.message_id, "text": "a"},
            "message can't be edited",
        ),
        ({"chat_id": ANN, "message_id": asks.message_id, "text": "a"}, "message can't be edited"),
        ({**same, "text": "b", "reply_markup": {"force_reply": True}}, "inline keyboard expected"),
    ]
    for arguments, words in cases:
        code, said = await provider.refusal("editMessageText", **arguments)
        assert (code, said[: len("Bad Request: ") + len(words)]) == (400, f"Bad Request: {words}")
    _, said = await provider.refusal("editMessageCaption", **same, caption="x")
    assert said == "Bad Request: there is no caption in the message to edit"


async def test_who_may_not_be_written_to(provider: Provider):
    await provider.twin.play({"who": "7000000200", "name": "Bob", "do": "block"})
    said = await provider.refusal("sendMessage", chat_id=7000000200, text="a")
    assert said == (403, "Forbidden: bot was blocked by the user")
    await provider.twin.play({"who": "7000000201", "name": "Eve", "do": "rename"})
    said = await provider.refusal("sendMessage", chat_id=7000000201, text="a")
    assert said == (403, "Forbidden: bot can't initiate conversation with a user")


async def test_migrated_chat(provider: Provider):
    await provider.ann("hi", chat={"id": -77, "kind": "group", "title": "Yard"})
    await provider.ann(do="migrate", chat=-77)
    status, body = await provider.call("sendMessage", chat_id=-77, text="a")
    assert status == 400
    assert body["description"] == "Bad Request: group chat was upgraded to a supergroup chat"
    there = body["parameters"]["migrate_to_chat_id"]
    assert (await provider.bot.send_message(there, "a")).chat.type == "supergroup"


async def test_tokens_and_addresses(provider: Provider):
    base = provider.twin.address
    wanted = [
        (f"{base}/bot1:wrong/getMe", 401, "Unauthorized"),
        (f"{base}/botwrong/getMe", 401, "Unauthorized: invalid token specified"),
        (f"{base}/bot{TOKEN}/sendHologram", 404, "Not Found: method not found"),
        (
            f"{base}/bot{TOKEN}/banChatMember",
            501,
            "Not Implemented: this twin does not play banChatMember",
        ),
        (f"{base}/bot{TOKEN}", 404, "Not Found"),
        (f"{base}/file/bot{TOKEN}/photos/file_99.jpg", 404, "Not Found"),
        (f"{base}/file/bot1:wrong/photos/file_1.jpg", 404, "Not Found"),
    ]
    for url, status, words in wanted:
        async with provider.http.get(url) as answer:
            said = await answer.json()
        assert (answer.status, said) == (
            status,
            {"ok": False, "error_code": status, "description": words},
        )


async def test_bodies(provider: Provider):
    """Query, form, multipart and JSON say the same; names of methods in any letters."""
    url = f"{provider.twin.address}/bot{TOKEN}/SENDMESSAGE"
    arguments = {"chat_id": str(ANN), "text": "a & b"}
    multipart = aiohttp.MultipartWriter("form-data")
    for name, value in arguments.items():
        multipart.append(value).set_content_disposition("form-data", name=name)
    for options in (
        {"params": arguments},
        {"data": arguments},
        {"data": multipart},
        {"json": arguments | {"chat_id": ANN}},
    ):
        async with provider.http.post(url, **options) as answer:
            said = await answer.json()
        assert (answer.status, said["result"]["text"]) == (200, "a & b")
    for raw, words in ((b"{", "can't parse request JSON"), (b"[]", "expected JSON object")):
        headers = {"Content-Type": "application/json"}
        async with provider.http.post(url, data=raw, headers=headers) as answer:
            assert words in (await answer.json())["description"]


def photo(content: bytes) -> aiohttp.FormData:
    form = aiohttp.FormData({"chat_id": str(ANN)})
    form.add_field("photo", io.BytesIO(content), filename="a.jpg")
    return form


async def test_files_refused(provider: Provider):
    url = f"{provider.twin.address}/bot{TOKEN}/sendPhoto"
    wanted = [
        (photo(b""), 400, "Bad Request: file must be non-empty"),
        (photo(b"no picture"), 400, "Bad Request: IMAGE_PROCESS_FAILED"),
        (
            photo(bytes(11 << 20)),
            400,
            f"Bad Request: file of size 11534336 bytes {TOO_BIG}",
        ),
        (photo(bytes(LARGEST_UPLOAD + 1)), 413, "Request Entity Too Large"),
    ]
    for form, status, words in wanted:
        async with provider.http.post(url, data=form) as answer:
            said = await answer.json()
        assert (answer.status, said["description"]) == (status, words)


async def test_a_file_stays_of_its_kind(provider: Provider):
    await provider.ann(files=[{"kind": "photo"}])
    message = (await provider.update()).message
    assert message is not None
    assert message.photo is not None
    photo_id = message.photo[-1].file_id
    said = await provider.refusal("sendDocument", chat_id=ANN, document=photo_id)
    assert said == (400, "Bad Request: can't use file of type Photo as Document")


async def test_what_is_too_large_to_fetch(provider: Provider):
    await provider.ann(files=[{"kind": "video", "size": 25 << 20}])
    message = (await provider.update()).message
    assert message is not None
    assert message.video is not None
    assert message.video.file_size == 25 << 20
    said = await provider.refusal("getFile", file_id=message.video.file_id)
    assert said == (400, "Bad Request: file is too big")


async def test_too_fast(provider: Provider):
    provider.twin.limits.pace = Pace(burst=1)
    await provider.bot.send_message(ANN, "a")
    status, body = await provider.call("sendMessage", chat_id=ANN, text="b")
    assert (status, body["parameters"]) == (429, {"retry_after": 1})
    assert body["description"] == "Too Many Requests: retry after 1"
    assert await provider.bot.send_chat_action(ANN, "typing")


async def test_unknown_parameters_are_remembered(provider: Provider):
    await provider.call("sendMessage", chat_id=ANN, text="a", txt="b")
    assert provider.twin.violations == ["sendMessage: unknown parameter txt"]
    async with provider.http.get(f"{provider.twin.page}violations") as answer:
        assert await answer.json() == {"violations": provider.twin.violations}
    async with provider.http.delete(f"{provider.twin.page}violations") as answer:
        assert await answer.json() == {"violations": []}


async def test_many_at_once(provider: Provider):
    """Numbers of messages are given once, whatever goes on at the same time."""
    sent = await asyncio.gather(*(provider.bot.send_message(ANN, str(n)) for n in range(30)))
    assert len({one.message_id for one in sent}) == 30
