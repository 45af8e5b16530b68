"""Which call of the Bot API carries an outbound message. Pure: files are read by others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from aiogram.methods import (
    SendAnimation,
    SendAudio,
    SendDocument,
    SendMediaGroup,
    SendMessage,
    SendPhoto,
    SendVideo,
    SendVoice,
    TelegramMethod,
)
from aiogram.types import (
    BufferedInputFile,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    MessageEntity,
    ReplyParameters,
)

from channels.telegram.buttons import keyboard
from channels.telegram.markup import formatted
from channels.telegram.media import ANIMATIONS, MAX_PHOTO, MUSIC, PHOTOS, VIDEOS, VOICES
from hub.ports import OutboundMessage, StoredFile

_SINGLE: Mapping[str, type[Any]] = {
    "photo": SendPhoto,
    "video": SendVideo,
    "audio": SendAudio,
    "voice": SendVoice,
    "animation": SendAnimation,
    "document": SendDocument,
}
_IN_ALBUM: Mapping[str, type[Any]] = {
    "photo": InputMediaPhoto,
    "video": InputMediaVideo,
    "audio": InputMediaAudio,
}


@dataclass(frozen=True, slots=True)
class Words:
    text: str
    entities: list[MessageEntity] | None


def words_of(message: OutboundMessage) -> Words:
    """What the message says, formatted as its HTML is."""
    if not message.html:
        return Words(message.text, None)
    text, entities = formatted(message.html)
    return Words(text, entities or None) if text.strip() else Words(message.text, None)


def kind_of(file: StoredFile) -> str:
    """The Bot API's word for what the file is sent as."""
    content_type = file.content_type.partition(";")[0].strip().lower()
    if content_type in PHOTOS and file.size <= MAX_PHOTO:
        return "photo"
    kinds = {"video": VIDEOS, "audio": MUSIC, "voice": VOICES, "animation": ANIMATIONS}
    return next((kind for kind, types in kinds.items() if content_type in types), "document")


def method_for(
    message: OutboundMessage,
    chat_id: int,
    contents: Mapping[UUID, bytes],
    *,
    answers: int = 0,
    plain: bool = False,
) -> TelegramMethod[Any]:
    """The one call. `answers`: number of the message replied to; `plain`: files as documents."""
    words = words_of(message)
    common: dict[str, Any] = {"chat_id": chat_id}
    if answers:
        common["reply_parameters"] = ReplyParameters(
            message_id=answers, allow_sending_without_reply=True
        )
    if len(message.files) > 1:
        media = _album(message.files, contents, words, plain=plain)
        return SendMediaGroup(media=media, **common)
    common["reply_markup"] = keyboard(message.buttons)
    if not message.files:
        return SendMessage(text=words.text, entities=words.entities, **common)
    (file,) = message.files
    kind = "document" if plain else kind_of(file)
    if words.text:
        common |= {"caption": words.text, "caption_entities": words.entities}
    method: TelegramMethod[Any] = _SINGLE[kind](**{kind: _upload(file, contents)}, **common)
    return method


def _album(
    files: Sequence[StoredFile],
    contents: Mapping[UUID, bytes],
    words: Words,
    *,
    plain: bool,
) -> list[Any]:
    """The files as one album, the words below the first one: there Telegram shows them."""
    kinds = ["document" if plain else kind_of(file) for file in files]
    # Only photos and videos mix; anything else makes them all documents.
    mixed = len(set(kinds)) > 1 and not set(kinds) <= {"photo", "video"}
    media = []
    for number, (file, kind) in enumerate(zip(files, kinds, strict=True)):
        made = InputMediaDocument if mixed else _IN_ALBUM.get(kind, InputMediaDocument)
        said: dict[str, Any] = (
            {"caption": words.text, "caption_entities": words.entities}
            if words.text and not number
            else {}
        )
        media.append(made(media=_upload(file, contents), **said))
    return media


def _upload(file: StoredFile, contents: Mapping[UUID, bytes]) -> BufferedInputFile:
    return BufferedInputFile(contents[file.id], filename=file.name or "file")
