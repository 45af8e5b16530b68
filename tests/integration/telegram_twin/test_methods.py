"""aiogram's bot works with the twin as with the real server: every method that the twin plays."""

import inspect
from typing import Any

import pytest
from aiogram import Bot
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    ChatMemberMember,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    InputPollOption,
    KeyboardButton,
    LinkPreviewOptions,
    MessageEntity,
    ReactionTypeEmoji,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
)

from channels.telegram.twin import schema
from channels.telegram.twin.samples import sample
from tests.integration.telegram_twin.conftest import ANN, Provider

pytestmark = pytest.mark.asyncio(loop_scope="module")

YES = InlineKeyboardMarkup(
    inline_keyboard=[[InlineKeyboardButton(text="Yes", callback_data="yes")]]
)


def file(kind: str, **wish: str) -> BufferedInputFile:
    name, _, content = sample(kind, wish)
    return BufferedInputFile(content, name)


@pytest.fixture(autouse=True)
def only_what_is_documented(provider: Provider):
    yield
    assert provider.twin.violations == []


async def test_who_the_bot_is(provider: Provider):
    me = await provider.bot.get_me()
    assert (me.is_bot, me.username) == (True, "luna_optics_bot")


FORMATTED: list[dict[str, Any]] = [
    {"text": "<b>hi</b> you", "parse_mode": "HTML"},
    {"text": "*hi* you", "parse_mode": "MarkdownV2"},
    {"text": "hi you", "entities": [MessageEntity(type="bold", offset=0, length=2)]},
]


@pytest.mark.parametrize("arguments", FORMATTED)
async def test_text(provider: Provider, arguments: dict[str, Any]):
    options = LinkPreviewOptions(is_disabled=True)
    sent = await provider.bot.send_message(
        ANN, **arguments, link_preview_options=options, disable_notification=True
    )
    assert sent.html_text == "<b>hi</b> you"
    assert sent.chat.first_name == "Ann"
    assert provider.shown(sent.message_id)["text"] == "hi you"


FILES = [
    ("photo", "photo"),
    ("document", "document"),
    ("video", "video"),
    ("animation", "animation"),
    ("voice", "voice"),
    ("audio", "audio"),
    ("video_note", "video_note"),
    ("sticker", "sticker"),
]


@pytest.mark.parametrize(("kind", "field"), FILES)
async def test_files(provider: Provider, kind: str, field: str):
    send = getattr(provider.bot, f"send_{kind}")
    sent = await send(ANN, file(kind))
    found = getattr(sent, field)
    found = found[-1] if isinstance(found, list) else found
    content = await provider.bot.download(found.file_id)
    assert content is not None
    assert content.read() == sample(kind, {})[2]
    again = await send(ANN, found.file_id)
    repeated = getattr(again, field)
    repeated = repeated[-1] if isinstance(repeated, list) else repeated
    assert repeated.file_unique_id == found.file_unique_id


async def test_captions_and_facts_of_files(provider: Provider):
    photo = await provider.bot.send_photo(
        ANN, file("photo"), caption="<i>a</i>", parse_mode="HTML"
    )
    assert photo.html_text == "<i>a</i>"
    assert photo.photo is not None
    assert [(one.width, one.height) for one in photo.photo] == [(90, 67), (800, 600)]
    voice = await provider.bot.send_voice(ANN, file("voice"), duration=7)
    assert voice.voice is not None
    assert (voice.voice.duration, voice.voice.mime_type) == (7, "audio/ogg")
    song = await provider.bot.send_audio(ANN, file("audio"), title="Song", performer="Choir")
    assert song.audio is not None
    assert (song.audio.title, song.audio.performer) == ("Song", "Choir")


@pytest.mark.parametrize(
    ("kind", "wish", "field"),
    [
        ("sticker", {"format": "animated"}, "is_animated"),
        ("sticker", {"format": "video"}, "is_video"),
    ],
)
async def test_kinds_of_sticker(provider: Provider, kind: str, wish: dict[str, str], field: str):
    sent = await provider.bot.send_sticker(ANN, file(kind, **wish))
    assert getattr(sent.sticker, field) is True


async def test_what_is_no_voice_becomes_a_document(provider: Provider):
    sent = await provider.bot.send_voice(ANN, file("document"))
    assert sent.voice is None
    assert sent.document is not None
    gif = await provider.bot.send_document(ANN, file("animation"))
    assert gif.animation is not None


async def test_albums(provider: Provider):
    pictures = await provider.bot.send_media_group(
        ANN,
        [
            InputMediaPhoto(media=file("photo"), caption="*a*", parse_mode="MarkdownV2"),
            InputMediaVideo(media=file("video"), duration=2),
        ],
    )
    assert [one.content_type for one in pictures] == ["photo", "video"]
    assert len({one.media_group_id for one in pictures}) == 1
    assert pictures[0].html_text == "<b>a</b>"
    papers = await provider.bot.send_media_group(
        ANN, [InputMediaDocument(media=file("document")) for _ in range(2)]
    )
    songs = await provider.bot.send_media_group(
        ANN, [InputMediaAudio(media=file("audio")) for _ in range(2)]
    )
    assert papers[0].media_group_id != songs[0].media_group_id
    (alone,) = await provider.bot.send_media_group(ANN, [InputMediaPhoto(media=file("photo"))])
    assert alone.media_group_id is None


async def test_things(provider: Provider):
    bot = provider.bot
    assert (await bot.send_location(ANN, 42.5, 23.25)).location
    venue = await bot.send_venue(ANN, 42.5, 23.25, "Home", "Street 1")
    assert venue.venue is not None
    assert venue.venue.title == "Home"
    contact = await bot.send_contact(ANN, "+359888555010", "Ann", last_name="Lee")
    assert contact.contact is not None
    assert contact.contact.user_id is None
    dice = await bot.send_dice(ANN, emoji="🏀")
    assert dice.dice is not None
    assert 1 <= dice.dice.value <= 5
    poll = await bot.send_poll(
        ANN,
        "When?",
        [InputPollOption(text="Now"), InputPollOption(text="Later")],
        is_anonymous=False,
    )
    assert poll.poll is not None
    assert (await bot.stop_poll(ANN, poll.message_id)).is_closed


MARKUPS = [
    (YES, True),
    (ReplyKeyboardMarkup(keyboard=[[KeyboardButton(text="Phone", request_contact=True)]]), False),
    (ReplyKeyboardRemove(), False),
    (ForceReply(), False),
]


@pytest.mark.parametrize(("markup", "given_back"), MARKUPS)
async def test_markup(provider: Provider, markup: Any, given_back: bool):
    sent = await provider.bot.send_message(ANN, "a", reply_markup=markup)
    assert (sent.reply_markup is not None) is given_back
    assert provider.shown(sent.message_id)["reply_markup"]
    answer = ReplyParameters(message_id=sent.message_id)
    answering = await provider.bot.send_message(ANN, "b", reply_parameters=answer)
    assert answering.reply_to_message is not None
    assert (answering.reply_to_message.reply_markup is not None) is given_back


async def test_replies_and_quotes(provider: Provider):
    await provider.ann("Where is my order?")
    asked = await provider.update()
    assert asked.message is not None
    number = asked.message.message_id
    answer = ReplyParameters(message_id=number, quote="my order")
    sent = await provider.bot.send_message(ANN, "Here", reply_parameters=answer)
    assert sent.reply_to_message is not None
    assert sent.reply_to_message.text == "Where is my order?"
    assert sent.quote is not None
    assert (sent.quote.text, sent.quote.position) == ("my order", 9)
    lost = ReplyParameters(message_id=1, allow_sending_without_reply=True)
    alone = await provider.bot.send_message(ANN, "Here", reply_parameters=lost)
    assert alone.reply_to_message is None


async def test_edits(provider: Provider):
    bot = provider.bot
    sent = await bot.send_message(ANN, "a", reply_markup=YES)
    edited = await bot.edit_message_text(
        "<b>b</b>", chat_id=ANN, message_id=sent.message_id, parse_mode="HTML"
    )
    assert not isinstance(edited, bool)
    assert (edited.text, edited.reply_markup, bool(edited.edit_date)) == ("b", None, True)
    await bot.edit_message_reply_markup(chat_id=ANN, message_id=sent.message_id, reply_markup=YES)
    assert provider.shown(sent.message_id)["reply_markup"]
    photo = await bot.send_photo(ANN, file("photo"), caption="a")
    await bot.edit_message_caption(chat_id=ANN, message_id=photo.message_id, caption="b")
    assert provider.shown(photo.message_id)["caption"] == "b"
    media = InputMediaDocument(media=file("document"), caption="c")
    await bot.edit_message_media(media, chat_id=ANN, message_id=photo.message_id)
    assert {"document", "caption"} <= provider.shown(photo.message_id).keys()
    assert "photo" not in provider.shown(photo.message_id)


async def test_deletions(provider: Provider):
    sent = [await provider.bot.send_message(ANN, "a") for _ in range(3)]
    numbers = [one.message_id for one in sent]
    assert await provider.bot.delete_message(ANN, numbers[0])
    assert await provider.bot.delete_messages(ANN, [*numbers, 5_000])
    assert not any(provider.twin.world.stored(ANN, number) for number in numbers)


async def test_reactions(provider: Provider):
    await provider.ann("Thanks")
    thanks = await provider.update()
    assert thanks.message is not None
    number = thanks.message.message_id
    await provider.bot.set_message_reaction(ANN, number, [ReactionTypeEmoji(emoji="👍")])
    assert provider.twin.world.messages[ANN][number].reactions == {"bot": ["👍"]}
    await provider.bot.set_message_reaction(ANN, number, [])
    assert provider.twin.world.messages[ANN][number].reactions == {"bot": []}


async def test_copies_and_forwards(provider: Provider):
    sent = await provider.bot.send_message(ANN, "a")
    copy = await provider.bot.copy_message(ANN, ANN, sent.message_id)
    assert provider.shown(copy.message_id)["text"] == "a"
    forward = await provider.bot.forward_message(ANN, ANN, sent.message_id)
    assert forward.forward_origin is not None
    assert forward.forward_origin.type == "user"


async def test_chats(provider: Provider):
    bot = provider.bot
    chat = await bot.get_chat(ANN)
    assert (chat.type, chat.full_name) == ("private", "Ann Lee")
    member = await bot.get_chat_member(ANN, ANN)
    assert isinstance(member, ChatMemberMember)
    assert await bot.get_chat_member_count(ANN) == 2
    assert (await bot.get_user_profile_photos(ANN)).total_count == 0
    assert await bot.send_chat_action(ANN, "typing")
    sent = await bot.send_message(ANN, "a")
    assert await bot.pin_chat_message(ANN, sent.message_id)
    assert await bot.unpin_chat_message(ANN, message_id=sent.message_id)
    assert await bot.unpin_all_chat_messages(ANN)


async def test_what_the_bot_says_of_itself(provider: Provider):
    bot = provider.bot
    await bot.set_my_commands([BotCommand(command="help", description="Help")])
    assert [one.command for one in await bot.get_my_commands()] == ["help"]
    await bot.delete_my_commands()
    assert await bot.get_my_commands() == []
    await bot.set_my_name("Shop")
    assert (await bot.get_my_name()).name == "Shop"
    await bot.set_my_description("About")
    assert (await bot.get_my_description()).description == "About"
    await bot.set_my_short_description("Short")
    assert (await bot.get_my_short_description()).short_description == "Short"
    assert await bot.set_chat_menu_button()
    assert (await bot.get_chat_menu_button()).type == "commands"


async def test_leaving(provider: Provider):
    await provider.ann("hi", chat={"id": -5, "kind": "group", "title": "Yard"})
    assert await provider.bot.leave_chat(-5)
    assert await provider.bot.close()
    assert await provider.bot.log_out()
    assert await provider.updates() == []


async def test_every_method_played_is_known_to_the_client(provider: Provider):
    """And the other way about: what the schema calls played is played."""
    assert set(provider.twin.answering.methods) == set(schema.known()["methods"])
    names = {name.replace("_", "") for name, one in inspect.getmembers(Bot) if callable(one)}
    assert {name.lower() for name in provider.twin.answering.methods} <= names
