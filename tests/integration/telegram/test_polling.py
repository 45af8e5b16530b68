"""Polling against a server that can be made to say anything: what is committed, what confirmed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from channels.telegram import channel_type, receiving
from channels.telegram.errors import FOREIGN_WEBHOOK, TWO_POLLERS
from channels.telegram.settings import TelegramSettings
from hub.ports import (
    Address,
    Channel,
    Edits,
    InboxMisconfigured,
    OutboundMessage,
    OutcomeUnknown,
    SinkUnavailable,
    TransientError,
)
from hub.ports.fake import RecordingHost
from hub.tasks import background
from tests.contract.bot_api import TOKEN, BotApiDouble, private
from tests.nodes import until

OFFSET = "offset:7000000001"
PATIENCE = 15.0


class Time:
    def __init__(self) -> None:
        self.moment = datetime(2026, 5, 3, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment


@dataclass
class Bot:
    """A bot's server and the host of its inbox; the channel is opened as often as wished."""

    api: BotApiDouble
    host: RecordingHost
    time: Time
    settings: TelegramSettings
    count: int = 0

    def writes(self, words: str, who: int = 42, **fields: object) -> None:
        self.count += 1
        more = fields or {"text": words}
        message = private(who, message_id=self.count, **more)
        self.api.queue({"update_id": 900 + self.count, "message": message})

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.host.sink.messages]

    @asynccontextmanager
    async def receiving(self) -> AsyncIterator[Channel]:
        """The inbox, open and receiving until it fails or the test is done with it."""
        async with channel_type.open(self.settings, self.host) as channel, background() as tasks:
            tasks.start(_quietly(channel), "receive")
            yield channel


async def _received(channel: Channel) -> None:
    async with asyncio.timeout(PATIENCE):
        await channel.receive()


async def _quietly(channel: Channel) -> None:
    with suppress(SinkUnavailable):
        await channel.receive()


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    time = Time()
    async with BotApiDouble.open() as api, RecordingHost.open(time) as host:
        settings = TelegramSettings.model_validate(
            {"token": TOKEN, "api_base": api.base, "poll_timeout": 1, "album_wait": 0.2}
        )
        yield Bot(api, host, time, settings)


async def test_what_was_not_committed_is_fetched_again(bot: Bot):
    for number in range(3):
        bot.writes(f"{number}")
    bot.host.sink.available = False
    async with bot.receiving():
        await until(bot.host.sink.waiting.is_set, within=PATIENCE)
    assert (bot.texts, bot.api.confirmed) == ([], 0)
    bot.host.sink.available = True
    async with bot.receiving():
        await until(lambda: bot.api.confirmed == 904, within=PATIENCE)
    assert bot.texts == ["0", "1", "2"]


async def test_nothing_is_confirmed_while_it_waits_for_its_commit(bot: Bot):
    bot.host.sink.gate.clear()
    bot.writes("held")
    async with bot.receiving():
        await until(bot.host.sink.waiting.is_set, within=PATIENCE)
        assert bot.api.confirmed == 0
    # The process died there: whoever comes next fetches it again, and nobody twice.
    bot.host.sink.gate.set()
    async with bot.receiving():
        await until(lambda: bot.api.confirmed == 902, within=PATIENCE)
    assert bot.texts == ["held"]
    assert bot.host.sink.checkpoints[OFFSET]["next"] == 902


async def test_a_gap_of_hours_is_caught_up_in_the_order_of_each_chat(bot: Bot):
    for number in range(250):
        bot.writes(f"{number}", who=100 + number % 7)
    async with bot.receiving():
        await until(lambda: bot.api.confirmed == 1151, within=PATIENCE)
    said = [(message.address.value, int(message.text)) for message in bot.host.sink.messages]
    assert len(said) == 250
    for who in range(100, 107):
        mine = [number for address, number in said if address == str(who)]
        assert mine == sorted(mine)


async def test_an_offset_of_a_week_ago_means_nothing(bot: Bot):
    bot.writes("old")
    async with bot.receiving():
        await until(lambda: bot.api.confirmed == 902, within=PATIENCE)
    # After a quiet week the server counts from anywhere.
    bot.time.moment += timedelta(days=8)
    bot.api.queue({"update_id": 5, "message": private(message_id=700, text="new")})
    async with bot.receiving():
        await until(lambda: bot.texts == ["old", "new"], within=PATIENCE)


async def test_an_album_waits_for_its_rest(bot: Bot):
    bot.api.files = {"a": b"1", "b": b"2", "c": b"3"}
    bot.writes("", photo=[{"file_id": "a"}], caption="Three", media_group_id="g")
    async with bot.receiving():
        bot.writes("", photo=[{"file_id": "b"}], media_group_id="g")
        bot.writes("", photo=[{"file_id": "c"}], media_group_id="g")
        await until(lambda: bot.api.confirmed == 904, within=PATIENCE)
    (message,) = bot.host.sink.messages
    joined = [change for change in bot.host.sink.changes.values() if change.kind == "joined"]
    assert (message.text, len(message.attachments), len(joined)) == ("Three", 1, 2)
    assert message.names == ("7000000001:42:1",)
    assert {change.external_id for change in joined} == {message.external_id}


def answer(words: str, to: int) -> dict[str, Any]:
    return {"text": words, "reply_to_message": {"message_id": to}}


async def test_who_answers_the_second_picture_answers_our_album(bot: Bot):
    pictures = [await bot.host.files.save(f"{name}.png", b"x") for name in "ab"]
    album = OutboundMessage(
        uuid4(),
        uuid4(),
        None,
        Address("telegram", "42"),
        "42",
        "Two of them",
        files=tuple(replace(one, content_type="image/png") for one in pictures),
    )
    async with bot.receiving() as channel:
        receipt = await channel.send(album)
        assert bot.api.names()[-1] == "sendMediaGroup"
        first = receipt.external_id
        number = int(first.rpartition(":")[2])
        bot.writes("", **answer("The second one", number + 1))
        bot.writes("", **answer("The first one", number))
        bot.api.queue(
            {
                "update_id": 910,
                "message_reaction": {
                    "chat": {"id": 42, "type": "private"},
                    "message_id": number + 1,
                    "user": {"id": 42, "is_bot": False, "first_name": "A"},
                    "date": 1_790_000_000,
                    "old_reaction": [],
                    "new_reaction": [{"type": "emoji", "emoji": "👍"}],
                },
            }
        )
        await until(lambda: bot.host.sink.changes, within=PATIENCE)
    assert [one.thread for one in bot.host.sink.messages] == [(first,), (first,)]
    (reaction,) = bot.host.sink.changes.values()
    assert reaction.external_id == first


async def test_that_groups_are_left_alone_is_said_beside_the_inbox(bot: Bot):
    group = {"id": -5, "type": "group", "title": "Neighbours"}
    bot.api.queue({"update_id": 1, "message": private(chat=group, text="Hi all")})
    async with bot.receiving():
        await until(lambda: bot.api.confirmed == 2, within=PATIENCE)
    # Said again whenever it is opened: opening takes the words away.
    async with bot.receiving():
        await until(lambda: len(bot.host.remarks) == 2, within=PATIENCE)
    assert all("Neighbours" in detail for detail, _ in bot.host.remarks)
    assert bot.host.sink.messages == []


async def test_two_pollers_are_explained(bot: Bot):
    conflict = "Conflict: terminated by other getUpdates request; make sure that only one bot"
    answer = (409, {"ok": False, "error_code": 409, "description": conflict})
    bot.api.answer("getUpdates", *[answer] * 4)
    async with channel_type.open(bot.settings, bot.host) as channel:
        with pytest.raises(TransientError, match=TWO_POLLERS[:40]):
            await _received(channel)
    findings = await channel_type.check(bot.settings, bot.host)
    assert any(one.what == TWO_POLLERS and one.level == "warning" for one in findings)


async def test_a_foreign_webhook_is_explained_and_removed(bot: Bot):
    bot.api.webhook = "https://elsewhere.example/hook"
    findings = await channel_type.check(bot.settings, bot.host)
    assert any("webhook" in one.what and one.level == "warning" for one in findings)
    async with channel_type.open(bot.settings, bot.host) as channel:
        assert bot.api.webhook == ""
        conflict = "Conflict: can't use getUpdates method while webhook is active"
        answer = (409, {"ok": False, "error_code": 409, "description": conflict})
        bot.api.answer("getUpdates", *[answer] * 4)
        with pytest.raises(TransientError, match=FOREIGN_WEBHOOK[:40]):
            await _received(channel)


async def test_a_hiccup_is_sat_out_and_a_dead_server_reported(bot: Bot):
    bot.api.answer("getUpdates", (502, b"<html>"), None, (200, b'{"ok":tr'))
    bot.writes("after")
    async with bot.receiving():
        await until(lambda: bot.texts == ["after"], within=PATIENCE)
    # A poll of before may still come in.
    bot.api.answer("getUpdates", *[(502, b"<html>")] * 6)
    async with channel_type.open(bot.settings, bot.host) as channel:
        with pytest.raises(OutcomeUnknown, match="again and again"):
            await _received(channel)


async def test_a_revoked_token_closes_the_inbox(bot: Bot):
    async with channel_type.open(bot.settings, bot.host) as channel:
        refused = {"ok": False, "error_code": 401, "description": "Unauthorized"}
        bot.api.answer("getUpdates", (401, refused))
        with pytest.raises(InboxMisconfigured):
            await _received(channel)


async def test_a_file_is_tried_again_and_the_message_never_lost(bot: Bot):
    bot.api.files = {"a": b"bytes"}
    too_big = {"ok": False, "error_code": 400, "description": "Bad Request: file is too big"}
    bot.api.answer("getFile", (500, b"oops"), None)
    bot.writes("", document={"file_id": "a", "file_name": "a.pdf"})
    async with bot.receiving():
        await until(lambda: len(bot.texts) == 1, within=PATIENCE)
        bot.api.answer("getFile", (400, too_big))
        bot.writes("", document={"file_id": "b", "file_name": "b.pdf"}, caption="Here")
        await until(lambda: len(bot.texts) == 2, within=PATIENCE)
        bot.writes("", voice={"file_id": "gone"})
        await until(lambda: len(bot.texts) == 3, within=PATIENCE)
    first, second, third = bot.host.sink.messages
    assert [part.name for part in first.attachments] == ["a.pdf"]
    assert second.text.startswith("Here\n[b.pdf: a bot may fetch at most 20 MB")
    assert third.text == "[voice.ogg: this file could not be fetched from Telegram.]"


async def test_a_file_that_never_comes_holds_up_no_press(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(receiving, "PATIENCE", 0.2)
    bot.api.hanging.add("slow")
    bot.writes("", document={"file_id": "slow", "file_name": "slow.pdf"}, caption="Here")
    query = {"id": "q1", "from": private(43)["from"], "message": private(43), "data": "yes"}
    bot.api.queue({"update_id": 990, "callback_query": query})
    async with bot.receiving():
        await until(lambda: "answerCallbackQuery" in bot.api.names(), within=PATIENCE)
    assert bot.texts == ["Here\n[slow.pdf: Telegram took too long to hand over this file.]"]
    (press,) = bot.host.sink.changes.values()
    assert (press.kind, press.value) == ("button", "yes")


async def test_a_press_is_answered_after_its_commit(bot: Bot):
    query = {"id": "q1", "from": private()["from"], "message": private(), "data": "yes"}
    bot.host.sink.gate.clear()
    bot.api.queue({"update_id": 901, "callback_query": query})
    async with bot.receiving():
        await until(bot.host.sink.waiting.is_set, within=PATIENCE)
        assert "answerCallbackQuery" not in bot.api.names()
        bot.host.sink.gate.set()
        await until(lambda: "answerCallbackQuery" in bot.api.names(), within=PATIENCE)
    assert bot.api.last("answerCallbackQuery") == {"callback_query_id": "q1"}


async def test_a_chat_that_moved_gets_the_message_at_its_new_address(bot: Bot):
    moved = {
        "ok": False,
        "error_code": 400,
        "description": "Bad Request: group chat was upgraded to a supergroup chat",
        "parameters": {"migrate_to_chat_id": -1001},
    }
    message = OutboundMessage(uuid4(), uuid4(), None, Address("telegram", "-5"), "", "Hello")
    async with channel_type.open(bot.settings, bot.host) as channel:
        bot.api.answer("sendMessage", (400, moved))
        receipt = await channel.send(message)
    assert receipt.new_reply_address == "-1001"
    assert bot.api.last("sendMessage") == {"chat_id": "-1001", "text": "Hello"}


async def test_the_words_under_a_picture_are_edited_as_its_caption(bot: Bot):
    stored = await bot.host.files.save("frame.png", b"png")
    message = OutboundMessage(
        uuid4(),
        uuid4(),
        None,
        Address("telegram", "42"),
        "42",
        "Was",
        files=(replace(stored, content_type="image/png"),),
    )
    async with channel_type.open(bot.settings, bot.host) as channel:
        receipt = await channel.send(message)
        assert isinstance(channel, Edits)
        await channel.edit(replace(message, text="Is"), receipt.external_id)
    number = receipt.external_id.rpartition(":")[2]
    said = {"chat_id": "42", "message_id": number, "caption": "Is"}
    assert bot.api.last("editMessageCaption") == said
    assert "editMessageText" not in bot.api.names()


async def test_a_picture_telegram_refuses_goes_as_a_file(bot: Bot):
    stored = await bot.host.files.save("wide.png", b"png")
    file = replace(stored, content_type="image/png")
    refused = {"ok": False, "error_code": 400, "description": "Bad Request: PHOTO_INVALID"}
    message = OutboundMessage(
        uuid4(), uuid4(), None, Address("telegram", "42"), "", "", files=(file,)
    )
    async with channel_type.open(bot.settings, bot.host) as channel:
        bot.api.answer("sendPhoto", (400, refused))
        await channel.send(message)
    sent = bot.api.last("sendDocument")
    assert sent["chat_id"] == "42"
    assert sent[sent["document"].removeprefix("attach://")] == "wide.png"
