"""What the customers can do reaches the bot as the client library knows it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, Update

from channels.telegram.twin.kinds import MESSAGES, UPDATES
from tests.integration.telegram_twin.conftest import ANN, Provider

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def raw(provider: Provider) -> list[dict[str, Any]]:
    """What waits, as it goes over the wire; taken."""
    _, body = await provider.call("getUpdates")
    provider.twin.updates.drop_all()
    found: list[dict[str, Any]] = body["result"]
    return found


SAME = {
    "live_location": "location",
    "spoiler_photo": "photo",
    "unsupported": "unknown",
    "future": "unknown",
    **dict.fromkeys(("reply_to_story", "external_reply", "via_bot", "custom_emoji"), "text"),
    "effect": "text",
}
"""What the client calls a kind, where it has another name for it."""


@pytest.mark.parametrize("kind", MESSAGES)
async def test_every_kind_of_message(provider: Provider, kind: str):
    await provider.ann(do="message", kind=kind)
    (one,) = await raw(provider)
    assert MESSAGES[kind].items() <= one["message"].items()
    message = Update.model_validate(one).message
    assert message is not None
    assert message.content_type == SAME.get(kind, kind)


@pytest.mark.parametrize("kind", UPDATES)
async def test_every_kind_of_update(provider: Provider, kind: str):
    provider.twin.world.remember("allowed_updates", [*UPDATES])
    await provider.ann(do="update", kind=kind)
    (one,) = await raw(provider)
    update = Update.model_validate(one)
    if kind == "telepathy":
        assert one["telepathy"]["thought"]
    else:
        assert update.event_type == kind


FILES = [
    ({"kind": "photo"}, "photo"),
    ({}, "document"),
    ({"kind": "video", "duration": 3}, "video"),
    ({"kind": "video_note"}, "video_note"),
    ({"kind": "voice"}, "voice"),
    ({"kind": "audio", "title": "Song"}, "audio"),
    ({"kind": "animation"}, "animation"),
    ({"kind": "sticker", "emoji": "😀"}, "sticker"),
    ({"kind": "sticker", "format": "animated"}, "sticker"),
    ({"kind": "sticker", "format": "video"}, "sticker"),
    ({"kind": "file", "name": "a.txt", "content": b"abc"}, "document"),
]


@pytest.mark.parametrize(("file", "field"), FILES)
async def test_files(provider: Provider, file: dict[str, Any], field: str):
    await provider.ann("words", files=[file])
    message = (await provider.update()).message
    assert message is not None
    assert (message.content_type, message.caption) == (field, "words")
    found = getattr(message, field)
    found = found[-1] if isinstance(found, list) else found
    content = await provider.bot.download(found.file_id)
    assert content is not None
    assert len(content.read()) == found.file_size
    moves = field in ("video", "video_note", "animation") or "format" in file
    assert (getattr(found, "thumbnail", None) is not None) is moves


async def test_album(provider: Provider):
    await provider.ann("both", files=[{"kind": "photo"}, {"kind": "video"}])
    found = [one.message for one in await provider.updates()]
    assert [one.caption for one in found if one] == ["both", None]
    assert len({one.media_group_id for one in found if one}) == 1


async def test_contacts(provider: Provider):
    await provider.ann(do="contact")
    await provider.ann(do="contact", contact={"phone_number": "+359", "first_name": "Bob"})
    own, other = [one.message.contact for one in await provider.updates() if one.message]
    assert own is not None
    assert other is not None
    assert (own.user_id, own.phone_number[:5]) == (ANN, "+7900")
    assert (other.user_id, other.phone_number) == (None, "+359")


async def test_start_with_a_payload(provider: Provider):
    await provider.ann(do="start", payload="link-1")
    message = (await provider.update()).message
    assert message is not None
    assert message.text == "/start link-1"
    assert [one.type for one in message.entities or []] == ["bot_command"]


async def test_reply_quote_edit_forward(provider: Provider):
    sent = await provider.bot.send_message(ANN, "Shall we come at nine?")
    await provider.ann("Yes", reply=True, quote="at nine", at=datetime(2026, 5, 3, 9, tzinfo=UTC))
    asked = (await provider.update()).message
    assert asked is not None
    assert asked.reply_to_message is not None
    assert asked.reply_to_message.message_id == sent.message_id
    assert asked.quote is not None
    assert asked.quote.text == "at nine"
    assert asked.date == datetime(2026, 5, 3, 9, tzinfo=UTC)
    await provider.ann("<b>No</b>", do="edit", html=True)
    edited = (await provider.update()).edited_message
    assert edited is not None
    assert (edited.message_id, edited.html_text) == (asked.message_id, "<b>No</b>")
    await provider.ann("News", do="forward", origin="Channel")
    forwarded = (await provider.update()).message
    assert forwarded is not None
    assert forwarded.forward_origin is not None


async def test_an_edited_caption(provider: Provider):
    await provider.ann("old", files=[{"kind": "photo"}])
    await provider.ann("new", do="edit")
    _, update = await provider.updates()
    assert update.edited_message is not None
    assert update.edited_message.caption == "new"


async def test_buttons(provider: Provider):
    button = InlineKeyboardButton(text="Yes", callback_data="y:1")
    markup = InlineKeyboardMarkup(inline_keyboard=[[button]])
    sent = await provider.bot.send_message(ANN, "Shall we?", reply_markup=markup)
    await provider.ann(do="press", button="Yes")
    query = (await provider.update()).callback_query
    assert query is not None
    assert query.message is not None
    assert (query.data, query.message.message_id) == ("y:1", sent.message_id)
    assert await provider.bot.answer_callback_query(query.id, text="Thanks")
    assert provider.twin.presses.answers[-1]["text"] == "Thanks"
    late = await provider.refusal("answerCallbackQuery", callback_query_id=query.id)
    assert late[0] == 400


async def test_a_keyboard_for_the_phone(provider: Provider):
    keys = {"keyboard": [[{"text": "My number", "request_contact": True}, "No"]]}
    await provider.call("sendMessage", chat_id=ANN, text="Phone?", reply_markup=keys)
    await provider.ann(do="press", button="My number")
    await provider.ann(do="press", button="No")
    contact, words = [one.message for one in await provider.updates()]
    assert contact is not None
    assert contact.contact is not None
    assert words is not None
    assert words.text == "No"


async def test_block_and_unblock(provider: Provider):
    await provider.ann(do="block")
    await provider.ann("I am back")
    gone, back, words = await provider.updates()
    assert gone.my_chat_member is not None
    assert gone.my_chat_member.new_chat_member.status == "kicked"
    assert back.my_chat_member is not None
    assert back.my_chat_member.new_chat_member.status == "member"
    assert words.message is not None


async def test_groups_and_channels(provider: Provider):
    await provider.ann("hi", chat={"id": -100200, "kind": "supergroup", "title": "Yard"})
    await provider.ann("news", chat={"id": -100300, "kind": "channel", "title": "News"})
    await provider.ann(do="join", chat=-100200)
    await provider.ann(do="leave", chat=-100200)
    group, channel, joined, left = await provider.updates()
    assert group.message is not None
    assert (group.message.chat.type, group.message.message_id) == ("supergroup", 101)
    assert channel.channel_post is not None
    assert channel.channel_post.from_user is None
    states = [
        one.my_chat_member.new_chat_member.status for one in (joined, left) if one.my_chat_member
    ]
    assert states == ["member", "left"]
    code, _ = await provider.refusal("sendMessage", chat_id=-100200, text="a")
    assert code == 403


async def test_another_name(provider: Provider):
    await provider.ann(do="rename", name="Anna Maria Lee", username="anna")
    await provider.ann("hi")
    message = (await provider.update()).message
    assert message is not None
    assert message.from_user is not None
    assert (message.from_user.full_name, message.from_user.username) == ("Anna Maria Lee", "anna")
    await provider.ann(do="rename", name="Ann Lee", username="")


@pytest.mark.parametrize(
    "act",
    [
        {"do": "fly"},
        {"who": "ann@example.com", "text": "a"},
        {"text": ""},
        {"do": "message", "kind": "telegram"},
        {"do": "update", "kind": "nothing"},
        {"do": "edit", "message": 9999, "text": "a"},
        {"do": "press", "button": "Nowhere"},
        {"files": [{"kind": "hologram"}]},
        {"text": "a", "reply": 9999},
    ],
)
async def test_what_cannot_be_done(provider: Provider, act: dict[str, Any]):
    with pytest.raises(ValueError, match=r"\w"):
        await provider.twin.play({"who": str(ANN), **act})
    assert await raw(provider) == []
