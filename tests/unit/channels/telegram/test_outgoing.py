"""Which call of the Bot API carries which message."""

from uuid import UUID, uuid4

import pytest
from aiogram.methods import SendMediaGroup
from aiogram.types import BufferedInputFile

from channels.telegram.media import MAX_PHOTO
from channels.telegram.outgoing import method_for
from hub.ports import Address, OutboundMessage, StoredFile


def file(content_type: str, size: int = 10) -> StoredFile:
    return StoredFile(uuid4(), f"file.{content_type.rpartition('/')[2]}", content_type, size)


def message(*files: StoredFile, text: str = "Words") -> OutboundMessage:
    address = Address("telegram", "42")
    return OutboundMessage(uuid4(), uuid4(), None, address, "42", text, files=files)


def contents(*files: StoredFile) -> dict[UUID, bytes]:
    return {one.id: one.name.encode() for one in files}


@pytest.mark.parametrize(
    ("content_type", "size", "call", "field"),
    [
        ("image/jpeg", 10, "sendPhoto", "photo"),
        ("image/png", MAX_PHOTO, "sendPhoto", "photo"),
        ("image/png", MAX_PHOTO + 1, "sendDocument", "document"),
        ("image/webp", 10, "sendDocument", "document"),
        ("image/gif", 10, "sendAnimation", "animation"),
        ("video/mp4", 10, "sendVideo", "video"),
        ("video/webm", 10, "sendDocument", "document"),
        ("audio/mpeg", 10, "sendAudio", "audio"),
        ("audio/mp4", 10, "sendAudio", "audio"),
        ("audio/ogg", 10, "sendVoice", "voice"),
        ("Audio/OGG; codecs=opus", 10, "sendVoice", "voice"),
        ("application/pdf", 10, "sendDocument", "document"),
    ],
)
def test_one_file_goes_as_what_it_is(content_type: str, size: int, call: str, field: str) -> None:
    one = file(content_type, size)
    method = method_for(message(one), 42, contents(one))
    assert (method.__api_method__, getattr(method, "caption", None)) == (call, "Words")
    sent = getattr(method, field)
    assert isinstance(sent, BufferedInputFile)
    assert (sent.data, sent.filename) == (one.name.encode(), one.name)
    plain = method_for(message(one), 42, contents(one), plain=True)
    assert plain.__api_method__ == "sendDocument"


@pytest.mark.parametrize(
    ("types", "sent_as"),
    [
        (("image/png", "image/jpeg"), ["photo", "photo"]),
        (("image/png", "video/mp4"), ["photo", "video"]),
        (("audio/mpeg", "audio/mp4"), ["audio", "audio"]),
        (("application/pdf", "text/plain"), ["document", "document"]),
        (("image/png", "application/pdf"), ["document", "document"]),
        (("audio/mpeg", "video/mp4"), ["document", "document"]),
        (("audio/ogg", "audio/ogg"), ["document", "document"]),
        (("image/gif", "image/png"), ["document", "document"]),
    ],
)
def test_several_files_go_as_one_album(types: tuple[str, ...], sent_as: list[str]) -> None:
    files = [file(one) for one in types]
    method = method_for(message(*files), 42, contents(*files), answers=7)
    assert isinstance(method, SendMediaGroup)
    assert [one.type for one in method.media] == sent_as
    assert [one.caption for one in method.media] == ["Words", None]
    assert method.reply_parameters is not None
    assert method.reply_parameters.message_id == 7
    plain = method_for(message(*files), 42, contents(*files), plain=True)
    assert isinstance(plain, SendMediaGroup)
    assert [one.type for one in plain.media] == ["document", "document"]


def test_words_alone_are_a_message() -> None:
    method = method_for(message(), 42, {})
    assert (method.__api_method__, getattr(method, "text", None)) == ("sendMessage", "Words")
