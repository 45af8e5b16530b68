"""Taking updates in: files fetched, everything committed, then acknowledged."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import structlog
from aiogram.exceptions import AiogramError, TelegramRetryAfter
from aiogram.methods import AnswerCallbackQuery

from channels.telegram import updates
from channels.telegram.api import MAX_DOWNLOAD, BotApi, TooLarge
from channels.telegram.buttons import pressed_value
from channels.telegram.entities import plain_html
from channels.telegram.fields import integer, text_of
from channels.telegram.files import FileRef, megabytes
from channels.telegram.updates import Changed, Elsewhere, Heard, Names, Unreadable
from hub.ports import (
    Accepted,
    Address,
    Attachment,
    Change,
    Checkpoint,
    Host,
    InboundMessage,
    PermanentError,
    SinkUnavailable,
)

log = structlog.get_logger(__name__)

PATIENCE = 15.0
"""Seconds for all files of a message: whatever else the bot was told waits meanwhile, and Telegram
takes no answer to a button that was pressed long ago."""
_FETCHES = 3
_LONGEST_PAUSE = 5.0
"""Seconds between two tries to fetch a file."""
ALBUM_KNOWN_FOR = timedelta(days=60)
IGNORED = "ignored"
"""The fact of the inbox that counts what came from groups and channels."""
PART = "part"
"""Facts of the further pictures of our albums, which go by the first one's name."""
LEAVE_GROUPS = "Take the bot out of the group, and switch off /setjoingroups at @BotFather."


class Receiver:
    """Takes single updates in; which ones, and when, others decide."""

    def __init__(self, host: Host, api: BotApi, bot_id: str) -> None:
        self._host = host
        self._api = api
        self._names = Names(bot_id)

    async def take(self, update: object, checkpoint: Checkpoint | None = None) -> None:
        """Commit what the update amounts to, with the checkpoint. Raises SinkUnavailable."""
        try:
            await self._take(update, checkpoint)
        except SinkUnavailable:
            raise
        except Exception as error:
            # A fault of ours in one update must not hold up all that follow.
            log.exception("telegram.update_failed", update_id=integer(update, "update_id"))
            await self._keep(update, f"The channel failed: {type(error).__name__}.", checkpoint)

    async def _take(self, update: object, checkpoint: Checkpoint | None) -> None:
        outcome = updates.read(update, self._names, self._host.now())
        match outcome:
            case Heard():
                await self._hear(outcome, checkpoint)
            case Changed():
                await self._change(outcome, checkpoint)
            case Elsewhere():
                await self._ignore(outcome, checkpoint)
            case Unreadable():
                await self._keep(update, outcome.error, checkpoint)
            case _:
                await self._move(checkpoint)

    async def keep_bytes(self, raw: bytes, error: str) -> None:
        """Put what is not even an update into quarantine."""
        name = f"{self._names.bot_id}:raw:{sha256(raw).hexdigest()}"
        await self._host.sink.quarantine(raw, error, external_id=name)

    async def _hear(self, heard: Heard, checkpoint: Checkpoint | None) -> None:
        message, sink = await self._with_files(heard), self._host.sink
        if message.thread:
            # Who answers a picture of our album answers the message it is a part of.
            message = replace(message, thread=(await self._whole(message.thread[0]),))
        last = None if heard.part or heard.phone else checkpoint
        if heard.part:
            message = replace(message, names=(heard.part,))
        accepted = await sink.message(message, checkpoint=last)
        if heard.part and isinstance(accepted, Accepted):
            await self._join(heard.part, message, accepted)
        if heard.phone:
            await sink.change(_proof(message, heard.phone))
        if last is not checkpoint:
            await self._move(checkpoint)

    async def _join(self, part: str, message: InboundMessage, accepted: Accepted) -> None:
        """Add a part to the album's entry, unless it made that entry."""
        if accepted.duplicate:
            await self._host.sink.change(_joining(part, message))
        else:
            # Whoever answers the album answers its first part: an album has no number.
            number = updates.message_number(part)[1]
            until = self._host.now() + ALBUM_KNOWN_FOR
            key = f"album:{message.external_id}"
            await self._host.state.put(key, {"message_id": number}, expires_at=until)

    async def _change(self, changed: Changed, checkpoint: Checkpoint | None) -> None:
        change = changed.change
        if change.kind == "reaction":
            change = replace(change, external_id=await self._whole(change.external_id))
        if change.kind == "button":
            value = await pressed_value(self._host.state, change.value)
            change = replace(change, value=value)
        await self._host.sink.change(change, checkpoint=checkpoint)
        if changed.query_id:
            await self._answer(changed.query_id)

    async def _whole(self, name: str) -> str:
        """The name of the album that the message is a part of, if it is one of ours."""
        album = await self._host.state.get(f"{PART}:{name}") or {}
        return text_of(album, "album") or name

    async def _answer(self, query_id: str) -> None:
        """Stop the button's clock. Too late is no harm: the press itself is committed."""
        try:
            await self._api.call(AnswerCallbackQuery(callback_query_id=query_id), seconds=10)
        except AiogramError as error:
            log.info("telegram.press_unanswered", error=type(error).__name__)

    async def _ignore(self, where: Elsewhere, checkpoint: Checkpoint | None) -> None:
        known = await self._host.state.get(IGNORED) or {}
        note = {
            "count": integer(known, "count") + 1,
            "title": where.title,
            "at": self._host.now().isoformat(),
        }
        await self._host.state.put(IGNORED, note)
        await self.remark(note)
        await self._move(checkpoint)

    async def remark(self, note: Mapping[str, object] | None = None) -> None:
        """Say beside the inbox that groups are left alone, if it was in one lately."""
        known = note or await self._host.state.get(IGNORED) or {}
        if integer(known, "count"):
            title = text_of(known, "title")
            await self._host.remark(
                f"Messages of groups and channels are left alone, the last of “{title}”: an inbox "
                "answers in private chats only.",
                LEAVE_GROUPS,
            )

    async def _keep(self, update: object, error: str, checkpoint: Checkpoint | None) -> None:
        raw = updates.raw_of(update)
        number = integer(update, "update_id")
        name = f"{self._names.bot_id}:update:{number}:{sha256(raw).hexdigest()[:16]}"
        await self._host.sink.quarantine(raw, error, external_id=name, checkpoint=checkpoint)

    async def _move(self, checkpoint: Checkpoint | None) -> None:
        if checkpoint is not None:
            await self._host.state.put(checkpoint.key, checkpoint.value)

    # --- files ----------------------------------------------------------------------------

    async def _with_files(self, heard: Heard) -> InboundMessage:
        attachments, notes = [], []
        given_up = asyncio.get_running_loop().time() + PATIENCE
        for file in heard.files:
            fetched = await self._fetched_by(given_up, file)
            if isinstance(fetched, str):
                notes.append(fetched)
            else:
                attachments.append(fetched)
        message = replace(heard.message, attachments=tuple(attachments))
        return _noted(message, notes) if notes else message

    async def _fetched_by(self, given_up: float, file: FileRef) -> Attachment | str:
        """As `_fetched`, until that moment of the loop's clock."""
        try:
            async with asyncio.timeout_at(given_up):
                return await self._fetched(file)
        except TimeoutError:
            return f"{file.name}: Telegram took too long to hand over this file."

    async def _fetched(self, file: FileRef) -> Attachment | str:
        """The file, stored; or what to say instead."""
        if file.size > MAX_DOWNLOAD:
            return _too_large(file)
        for attempt in range(1, _FETCHES + 1):
            try:
                async with self._api.download(file.file_id) as content:
                    stored = await self._host.files.save(file.name, content)
                return Attachment(file.name, file_id=stored.id)
            except (TooLarge, PermanentError):
                return _too_large(file)
            except AiogramError as error:
                if "too big" in str(error).lower():
                    return _too_large(file)
                if attempt < _FETCHES:
                    await asyncio.sleep(_pause(error, attempt))
        return f"{file.name}: this file could not be fetched from Telegram."


def _pause(error: AiogramError, attempt: int) -> float:
    told = error.retry_after if isinstance(error, TelegramRetryAfter) else 0.2 * attempt
    return min(float(told), _LONGEST_PAUSE)


def _too_large(file: FileRef) -> str:
    size = f" ({megabytes(file.size)})" if file.size else ""
    return f"{file.name}{size}: a bot may fetch at most 20 MB. Ask for it by another way."


def _noted(message: InboundMessage, notes: list[str]) -> InboundMessage:
    lines = [f"[{note}]" for note in notes]
    html = message.html and "<br>".join([message.html, *map(plain_html, lines)])
    return replace(message, text="\n".join(filter(None, [message.text, *lines])), html=html)


def _joining(part: str, message: InboundMessage) -> Change:
    """A further part of an album whose entry is there."""
    return Change(
        kind="joined",
        occurred_at=message.occurred_at,
        address=message.address,
        change_id=part,
        external_id=message.external_id,
        text=message.text,
        html=message.html,
        attachments=message.attachments,
    )


def _proof(message: InboundMessage, phone: str) -> Change:
    return Change(
        kind="proven",
        occurred_at=message.occurred_at,
        address=message.address,
        change_id=f"phone:{message.external_id}",
        proven=Address("tel", phone),
    )
