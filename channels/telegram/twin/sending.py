"""What the bot sends: the send methods, each checked and kept as the real server would."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from channels.telegram.twin import chats, media
from channels.telegram.twin.calls import Call
from channels.telegram.twin.keyboards import reply_markup, visible
from channels.telegram.twin.refusals import bad_request
from channels.telegram.twin.replies import replied
from channels.telegram.twin.text import Formatted, formatted
from channels.telegram.twin.things import THINGS
from channels.telegram.twin.world import Chat, Message, Stored, World

LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
_MOST_IN_ALBUM = 10
_FILES = {
    "sendPhoto": "photo",
    "sendDocument": "document",
    "sendVideo": "video",
    "sendAnimation": "animation",
    "sendVoice": "voice",
    "sendAudio": "audio",
    "sendVideoNote": "video_note",
    "sendSticker": "sticker",
}
_TOGETHER = ({"photo", "video", "live_photo"}, {"document"}, {"audio"})
"""What may share an album."""

Method = Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class Sending:
    world: World
    clock: Callable[[], float]
    typing: Callable[[int, str], None]

    def methods(self) -> dict[str, Method]:
        files = dict.fromkeys(_FILES, self._send_file)
        things = dict.fromkeys(THINGS, self._send_thing)
        return {
            "sendMessage": self._send_message,
            "sendMediaGroup": self._send_media_group,
            "sendChatAction": self._send_chat_action,
            **files,
            **things,
        }

    def _send_message(self, call: Call) -> Message:
        said = text_of(call)
        fields: dict[str, Any] = {"text": said.text, "entities": list(said.entities)}
        options = call.parsed(
            "link_preview_options", "Can't parse link preview options JSON object"
        )
        if options:
            fields["link_preview_options"] = options
        return self._one(call, fields)

    def _send_file(self, call: Call) -> Message:
        medium = media.of_call(self.world, call, _FILES[call.method])
        above = call.flag("show_caption_above_media")
        more = {"show_caption_above_media": True} if above else {}
        return self._one(call, medium.fields() | caption_of(call) | more)

    def _send_thing(self, call: Call) -> Message:
        return self._one(call, THINGS[call.method](call))

    def _send_media_group(self, call: Call) -> list[Message]:
        listed = call.parsed("media", "Can't parse media JSON object")
        if not call.text("media"):
            call.required("media")
        fields = album(self.world, call, listed)
        chat = chats.writable(self.world, call)
        group = {"media_group_id": str(secrets.randbits(53))} if len(fields) > 1 else {}
        return [self.keep(chat, call, one | group) for one in fields]

    def _send_chat_action(self, call: Call) -> bool:
        if call.text("action").lower() not in _ACTIONS:
            raise bad_request("Wrong parameter action in request")
        self.typing(chats.writable(self.world, call).id, call.text("action"))
        return True

    def _one(self, call: Call, fields: Mapping[str, Any]) -> Message:
        return self.keep(chats.writable(self.world, call), call, fields)

    def keep(self, chat: Chat, call: Call, fields: Mapping[str, Any]) -> Message:
        """Send it: the message as the bot gets it back."""
        markup = reply_markup(call, private=chat.kind == "private")
        answering = replied(self.world, chat, call)
        message: Message = {
            "message_id": self.world.next_message_id(chat),
            "chat": self.world.chat_view(chat.id),
            "date": int(self.clock()),
            **answering,
            **{name: value for name, value in fields.items() if value not in ([], "")},
        }
        message |= _author(self.world, chat)
        if call.flag("protect_content"):
            message["has_protected_content"] = True
        kept = message | ({"reply_markup": markup} if markup else {})
        self.world.put(Stored(kept, outgoing=True))
        return visible(kept)


_ACTIONS = {
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "record_audio",
    "upload_audio",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
    "cancel",
}


def _author(world: World, chat: Chat) -> dict[str, Any]:
    if chat.kind == "channel":
        return {"sender_chat": world.chat_view(chat.id)}
    names = ("id", "is_bot", "first_name", "username")
    return {"from": {name: world.bot[name] for name in names}}


def text_of(call: Call) -> Formatted:
    """The text of sendMessage or editMessageText. Raises Refused."""
    if not call.text("text"):
        raise bad_request("Message text is empty")
    listed = call.parsed("entities", "Can't parse entities JSON object")
    said = formatted(call.text("text"), call.text("parse_mode"), listed)
    if not said.text:
        raise bad_request("Text must be non-empty")
    if len(said.text) > LONGEST_TEXT:
        raise bad_request("Message is too long")
    return said


def caption_of(call: Call) -> dict[str, Any]:
    """`caption` and `caption_entities`, nothing without one. Raises Refused."""
    listed = call.parsed("caption_entities", "Can't parse entities JSON object")
    return _caption(call.text("caption"), call.text("parse_mode"), listed)


def _caption(text: str, mode: str, listed: object) -> dict[str, Any]:
    said = formatted(text, mode, listed)
    if len(said.text) > LONGEST_CAPTION:
        raise bad_request("Message caption is too long")
    if not said.text:
        return {}
    entities = {"caption_entities": list(said.entities)} if said.entities else {}
    return {"caption": said.text, **entities}


def album(world: World, call: Call, listed: object) -> list[dict[str, Any]]:
    """The fields of each message of an album. Raises Refused."""
    if not isinstance(listed, list):
        raise bad_request("Expected an Array of InputMedia")
    if len(listed) > _MOST_IN_ALBUM:
        raise bad_request("Too many messages to send as an album")
    if not listed:
        raise bad_request("There are no messages to send")
    kinds = {str(one.get("type")) for one in listed if isinstance(one, Mapping)}
    fields = [input_media(world, call, one, in_album=True) for one in listed]
    if not any(kinds <= together for together in _TOGETHER):
        raise bad_request("Can't use the media of the specified type in the album")
    return fields


def input_media(
    world: World, call: Call, one: object, *, in_album: bool = False
) -> dict[str, Any]:
    """The fields that an InputMedia makes. Raises Refused."""
    if not isinstance(one, Mapping):
        raise bad_request("Can't parse InputMedia: expected an Object")
    kind = str(one.get("type") or "")
    if not kind:
        raise bad_request("Can't parse InputMedia: Can't find field \"type\"")
    if not one.get("media"):
        raise bad_request("Can't parse InputMedia: media not found")
    if kind == "animation" and in_album:
        raise bad_request(
            "Can't parse InputMedia: type \"animation\" can't be used in sendMediaGroup"
        )
    if kind not in _INPUT_MEDIA:
        raise bad_request(f'Can\'t parse InputMedia: type "{kind}" is unsupported')
    more = {name: one[name] for name in _TOLD if name in one}
    named = str(one["media"])
    medium = media.resolved(world, call, kind, named, more)
    text, mode = (str(one.get(name) or "") for name in ("caption", "parse_mode"))
    return medium.fields() | _caption(text, mode, one.get("caption_entities"))


_TOLD: Sequence[str] = ("duration", "width", "height", "title", "performer")
_INPUT_MEDIA = {"photo", "video", "animation", "audio", "document"}
