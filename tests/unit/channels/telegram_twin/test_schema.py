"""The twin notices what the real server would ignore without a word."""

import json
from typing import Any

import pytest

from channels.telegram.twin.calls import Call, Upload
from channels.telegram.twin.schema import spelt, wrongs

BUTTON = {"text": "Yes", "callback_data": "y"}
FILE = Upload("a.jpg", "image/jpeg", b"x")


def call(method: str, **arguments: Any) -> Call:
    texts = {n: v if isinstance(v, str) else json.dumps(v) for n, v in arguments.items()}
    return Call(method, texts)


GOOD = [
    call("sendMessage", chat_id=1, text="a", parse_mode="HTML"),
    call("sendMessage", chat_id="1", text="a", disable_notification=True),
    call("sendMessage", chat_id="1", text="a", disable_notification="True"),
    call("sendMessage", chat_id=1, text="a", reply_markup={"inline_keyboard": [[BUTTON]]}),
    call("sendMessage", chat_id=1, text="a", reply_markup={"remove_keyboard": True}),
    call("sendMessage", chat_id=1, text="a", reply_parameters={"message_id": 5, "quote": "a"}),
    call(
        "sendMessage", chat_id=1, text="1", entities=[{"type": "bold", "offset": 0, "length": 1}]
    ),
    call("sendMediaGroup", chat_id=1, media=[{"type": "photo", "media": "x", "caption": "c"}]),
    call("getUpdates", timeout=5, allowed_updates=["message"]),
    call(
        "setMessageReaction", chat_id=1, message_id=2, reaction=[{"type": "emoji", "emoji": "👍"}]
    ),
    Call("sendPhoto", {"chat_id": "1", "photo": "attach://one"}, {"one": FILE}),
    Call("sendPhoto", {"chat_id": "1"}, {"photo": FILE}),
]


@pytest.mark.parametrize("one", GOOD)
def test_good(one: Call):
    assert list(wrongs(one)) == []


BAD = [
    (call("sendMessage", chat_id=1), "text is required"),
    (call("sendMessage", chat_id=1, text="a", txt="b"), "unknown parameter txt"),
    (
        call("sendMessage", chat_id=1, text="a", protect_content="perhaps"),
        "protect_content is no Boolean",
    ),
    (
        call(
            "sendMessage", chat_id=1, text="a", reply_markup={"inline_keyboard": [[{"txt": "a"}]]}
        ),
        "reply_markup.inline_keyboard[0][0].text is required",
    ),
    (
        call("sendMessage", chat_id=1, text="a", reply_parameters={"message": 5}),
        "reply_parameters.message_id is required",
    ),
    (
        call("sendMediaGroup", chat_id=1, media=[{"type": "photo", "media": "x", "text": "c"}]),
        "unknown parameter media[0].text",
    ),
    (call("getUpdates", allowed_updates="message"), "allowed_updates is no list"),
    (Call("sendPhoto", {"chat_id": "1", "photo": "attach://one"}), "attach://one names no file"),
    (
        Call("sendPhoto", {"chat_id": "1", "photo": "x"}, {"two": FILE}),
        "file two is named by nothing",
    ),
    (call("sendHologram"), "unknown method"),
    (call("banChatMember"), "not played by this twin"),
]


@pytest.mark.parametrize(("one", "wrong"), BAD)
def test_bad(one: Call, wrong: str):
    assert wrong in list(wrongs(one))


def test_spelling_of_methods_does_not_matter():
    assert spelt("SENDMESSAGE") == "sendMessage"
    assert spelt("banchatmember") == "banChatMember"
    assert spelt("sendHologram") is None
