"""Handing one message to Telegram: files read, one call, its answer; edits, reactions, typing."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from aiogram.exceptions import TelegramBadRequest, TelegramMigrateToChat
from aiogram.methods import (
    DeleteMessage,
    EditMessageCaption,
    EditMessageText,
    SendChatAction,
    SetMessageReaction,
    TelegramMethod,
)
from aiogram.types import InlineKeyboardMarkup, ReactionTypeEmoji

from channels.telegram import buttons
from channels.telegram.api import BotApi
from channels.telegram.errors import classify
from channels.telegram.fields import integer
from channels.telegram.outgoing import kind_of, method_for, words_of
from channels.telegram.receiving import ALBUM_KNOWN_FOR, PART
from channels.telegram.updates import Names, message_number
from hub.ports import (
    Address,
    ChannelError,
    Host,
    OutboundMessage,
    PermanentError,
    RateLimited,
    Reason,
    SendReceipt,
    SinkUnavailable,
)


class Sender:
    """Sends for one bot."""

    def __init__(self, host: Host, api: BotApi, bot_id: str) -> None:
        self._host = host
        self._api = api
        self._names = Names(bot_id)
        self._flood = Flood()

    async def send(self, message: OutboundMessage) -> SendReceipt:
        chat_id = chat_of(message.address, message.reply_address)
        contents = {file.id: await self._host.files.read(file.id) for file in message.files}
        await buttons.remember(self._host, message.buttons)
        answers = await self._number(message.reply_to) if message.reply_to else 0
        try:
            return await self._hand_over(message, chat_id, contents, answers)
        except Exception as error:  # noqa: BLE001 - sorted, and raised again
            raise self._meaning(error, chat_id) from None

    async def _hand_over(
        self, message: OutboundMessage, chat_id: int, contents: dict[UUID, bytes], answers: int
    ) -> SendReceipt:
        def method(chat: int, *, plain: bool = False) -> TelegramMethod[Any]:
            return method_for(message, chat, contents, answers=answers, plain=plain)

        try:
            return await self._receipt(await self._api.call(method(chat_id)), chat_id)
        except TelegramMigrateToChat as moved:
            # It was refused for its address alone: the new one is the first that gets it.
            chat = moved.migrate_to_chat_id
            return await self._receipt(await self._api.call(method(chat)), chat, moved=True)
        except TelegramBadRequest as error:
            if not _as_document(message, error):
                raise
            answer = await self._api.call(method(chat_id, plain=True))
            return await self._receipt(answer, chat_id)

    async def _receipt(self, result: object, chat_id: int, *, moved: bool = False) -> SendReceipt:
        album = result if isinstance(result, list) else [result]
        names = [
            self._names.message(chat_id, number)
            for one in album
            if (number := integer(one, "message_id"))
        ]
        # It has arrived: not knowing the other pictures later is the lesser evil.
        with suppress(SinkUnavailable):
            for part in names[1:]:
                until = self._host.now() + ALBUM_KNOWN_FOR
                fact = {"album": names[0]}
                await self._host.state.put(f"{PART}:{part}", fact, expires_at=until)
        return SendReceipt(
            external_id=names[0] if names else "",
            new_reply_address=str(chat_id) if moved else "",
        )

    def _meaning(self, error: Exception, chat_id: int) -> ChannelError:
        return self._flood.judged(classify(error), chat_id, self._host.now())

    # --- afterwards -----------------------------------------------------------------------

    async def edit(self, message: OutboundMessage, external_id: str) -> None:
        chat_id, number = await self._place(message.address, external_id)
        words = words_of(message)
        await buttons.remember(self._host, message.buttons)
        markup = buttons.keyboard(message.buttons)
        common: dict[str, Any] = {
            "chat_id": chat_id,
            "message_id": number,
            "reply_markup": markup if isinstance(markup, InlineKeyboardMarkup) else None,
        }
        if message.files:
            method: TelegramMethod[Any] = EditMessageCaption(
                caption=words.text or None, caption_entities=words.entities, **common
            )
        else:
            method = EditMessageText(text=words.text, entities=words.entities, **common)
        await self._after(method, chat_id, fine="message is not modified")

    async def delete(self, address: Address, external_id: str) -> None:
        chat_id, number = await self._place(address, external_id)
        method = DeleteMessage(chat_id=chat_id, message_id=number)
        await self._after(method, chat_id, fine="message to delete not found")

    async def react(self, address: Address, external_id: str, value: str) -> None:
        chat_id, number = await self._place(address, external_id)
        emoji = [ReactionTypeEmoji(emoji=value)] if value else []
        method = SetMessageReaction(chat_id=chat_id, message_id=number, reaction=list(emoji))
        await self._after(method, chat_id)

    async def typing(self, address: Address, reply_address: str) -> None:
        chat_id = chat_of(address, reply_address)
        await self._after(SendChatAction(chat_id=chat_id, action="typing"), chat_id)

    async def _after(self, method: TelegramMethod[Any], chat_id: int, *, fine: str = "") -> None:
        """`fine`: the refusal that says it is so already."""
        try:
            await self._api.call(method)
        except Exception as error:  # noqa: BLE001 - sorted, and raised again
            if fine and isinstance(error, TelegramBadRequest) and fine in error.message.lower():
                return
            raise self._meaning(error, chat_id) from None

    async def _place(self, address: Address, external_id: str) -> tuple[int, int]:
        number = await self._number(external_id)
        if not number:
            raise PermanentError("This message's number at Telegram is not known.", Reason.OTHER)
        return message_number(external_id)[0] or chat_of(address, ""), number

    async def _number(self, external_id: str) -> int:
        number = message_number(external_id)[1]
        if number:
            return number
        album = await self._host.state.get(f"album:{external_id}") or {}
        return integer(album, "message_id")


def chat_of(address: Address, reply_address: str) -> int:
    """The chat's number; a private chat has that of its person. Raises PermanentError."""
    for one in (reply_address, address.value):
        if one.removeprefix("-").isdecimal() and one.isascii() and len(one) <= 20:
            return int(one)
    raise PermanentError("This is no number of a Telegram chat.", Reason.INVALID_ADDRESS)


def _as_document(message: OutboundMessage, error: TelegramBadRequest) -> bool:
    """Whether Telegram may take as a plain file what it refuses as a picture, video or voice."""
    meaning = classify(error)
    refused = isinstance(meaning, PermanentError) and meaning.reason is Reason.CONTENT_REJECTED
    return refused and any(kind_of(file) != "document" for file in message.files)


class Flood:
    """Tells whose limit was met: one chat that has to wait is that chat, two at once are the bot.

    Telegram's 429 does not say so itself.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, datetime] = {}

    def judged(self, error: ChannelError, chat_id: int, now: datetime) -> ChannelError:
        if not isinstance(error, RateLimited):
            return error
        self._waiting = {chat: until for chat, until in self._waiting.items() if until > now}
        others = self._waiting.keys() - {chat_id}
        self._waiting[chat_id] = now + timedelta(seconds=error.retry_after)
        return RateLimited(
            str(error),
            retry_after=error.retry_after,
            scope="inbox" if others else "recipient",
            provider_code=error.provider_code,
        )
