"""What the bot does to messages that are there: edits, deletions, reactions, copies."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from channels.telegram.twin import chats, media
from channels.telegram.twin.calls import Call
from channels.telegram.twin.keyboards import inline_only, visible
from channels.telegram.twin.reactions import reaction_of
from channels.telegram.twin.refusals import Refused, bad_request
from channels.telegram.twin.sending import Method, Sending, caption_of, input_media, text_of
from channels.telegram.twin.world import Message, Stored, World

_NOT_CHANGED = (
    "message is not modified: specified new message content and reply markup are exactly the "
    "same as a current content and reply markup of the message"
)
_FOR_EVERYONE = 48 * 60 * 60
"""Seconds after which a message stays."""
_CAPTION = ("caption", "caption_entities")
_OWN = {"message_id", "from", "chat", "date", "reply_to_message", "quote", "media_group_id"}
_OWN |= {"reply_markup", "edit_date", "sender_chat"}


@dataclass(frozen=True, slots=True)
class Editing:
    world: World
    clock: Callable[[], float]
    sending: Sending

    def methods(self) -> dict[str, Method]:
        return {
            "editMessageText": self._edit_text,
            "editMessageCaption": self._edit_caption,
            "editMessageMedia": self._edit_media,
            "editMessageReplyMarkup": self._edit_markup,
            "stopPoll": self._stop_poll,
            "deleteMessage": self._delete,
            "deleteMessages": self._delete_many,
            "setMessageReaction": self._react,
            "copyMessage": self._copy,
            "forwardMessage": self._forward,
        }

    def _edit_text(self, call: Call) -> Message:
        said = text_of(call)
        stored = self._editable(call)
        if "text" not in stored.message:
            raise bad_request("there is no text in the message to edit")
        entities = {"entities": list(said.entities)} if said.entities else {}
        return self._changed(call, stored, ("text", "entities"), {"text": said.text, **entities})

    def _edit_caption(self, call: Call) -> Message:
        caption = caption_of(call)
        stored = self._editable(call)
        if not any(kind in stored.message for kind in media.KINDS):
            raise bad_request("there is no caption in the message to edit")
        return self._changed(call, stored, _CAPTION, caption)

    def _edit_media(self, call: Call) -> Message:
        call.required("media")
        one = call.parsed("media", "Can't parse input media JSON object")
        fields = input_media(self.world, call, one)
        stored = self._editable(call)
        if not any(kind in stored.message for kind in media.KINDS):
            raise bad_request("there is no media in the message to edit")
        return self._changed(call, stored, (*media.KINDS, *_CAPTION), fields)

    def _edit_markup(self, call: Call) -> Message:
        return self._changed(call, self._editable(call), (), {})

    def _editable(self, call: Call) -> Stored:
        if call.text("inline_message_id") and not call.text("chat_id"):
            raise bad_request("MESSAGE_ID_INVALID")
        if not call.text("chat_id") and not call.text("message_id"):
            raise bad_request("Message identifier is not specified")
        chats.writable(self.world, call)
        stored = chats.message(self.world, call, "message to edit")
        keyboard = visible(stored.message).keys() != stored.message.keys()
        if not stored.outgoing or keyboard:
            raise bad_request("message can't be edited")
        return stored

    def _changed(
        self, call: Call, stored: Stored, gone: tuple[str, ...], fields: Mapping[str, Any]
    ) -> Message:
        """A markup that is not given again is gone, as on the real server."""
        old = stored.message
        markup = inline_only(call)
        kept = {n: v for n, v in old.items() if n not in (*gone, "reply_markup", "edit_date")}
        new = {**kept, **fields} | ({"reply_markup": markup} if markup else {})
        if new == {name: value for name, value in old.items() if name != "edit_date"}:
            raise bad_request(_NOT_CHANGED)
        new["edit_date"] = int(self.clock())
        self.world.put(replace(stored, message=new))
        return new

    def _stop_poll(self, call: Call) -> dict[str, Any]:
        stored = chats.message(self.world, call, "message with poll to stop")
        poll = stored.message.get("poll")
        if poll is None or not stored.outgoing:
            raise bad_request("message is not a poll" if poll is None else "poll can't be stopped")
        closed = {**poll, "is_closed": True}
        self.world.put(replace(stored, message={**stored.message, "poll": closed}))
        return closed

    def _delete(self, call: Call) -> bool:
        if not call.text("chat_id"):
            raise bad_request("Chat identifier is not specified")
        if call.number("message_id") <= 0:
            raise bad_request("Message identifier is not specified")
        chats.writable(self.world, call)
        self._remove(chats.message(self.world, call, "message to delete"))
        return True

    def _delete_many(self, call: Call) -> bool:
        listed = call.parsed("message_ids", "Can't parse message_ids JSON object")
        if listed in (None, []):
            raise bad_request("Message identifiers are not specified")
        if not isinstance(listed, list):
            raise bad_request("Expected an Array of message identifiers")
        if len(listed) > 100:
            raise bad_request("Too many message identifiers specified")
        chat = chats.writable(self.world, call)
        found = [self.world.stored(chat.id, int(number)) for number in listed]
        for stored in found:
            if stored is not None:
                self._remove(stored)
        return True

    def _remove(self, stored: Stored) -> None:
        if self.clock() - stored.message["date"] > _FOR_EVERYONE:
            raise bad_request("message can't be deleted for everyone")
        self.world.put(replace(stored, deleted=True))

    def _react(self, call: Call) -> bool:
        stored = chats.message(self.world, call, "message to react")
        chats.writable(self.world, call)
        chosen = reaction_of(call)
        self.world.put(replace(stored, reactions={**stored.reactions, "bot": chosen}))
        return True

    def _copy(self, call: Call) -> dict[str, int]:
        fields = self._fields(call, "message to copy")
        if call.text("caption"):
            fields |= caption_of(call)
        chat = chats.writable(self.world, call)
        return {"message_id": self.sending.keep(chat, call, fields)["message_id"]}

    def _forward(self, call: Call) -> Message:
        stored = self._source(call, "message to forward")
        origin = forward_origin(stored.message)
        fields = self._fields(call, "message to forward") | {"forward_origin": origin}
        return self.sending.keep(chats.writable(self.world, call), call, fields)

    def _fields(self, call: Call, word: str) -> dict[str, Any]:
        message = self._source(call, word).message
        return {name: value for name, value in message.items() if name not in _OWN}

    def _source(self, call: Call, word: str) -> Stored:
        home = chats.known(self.world, call, "from_chat_id")
        stored = self.world.stored(home.id, call.number("message_id"))
        if stored is None:
            raise Refused(400, f"Bad Request: {word} not found")
        return stored


def forward_origin(message: Message) -> dict[str, Any]:
    """Where a forwarded message comes from."""
    if "from" in message:
        return {"type": "user", "date": message["date"], "sender_user": message["from"]}
    origin = {"date": message["date"], "message_id": message["message_id"]}
    return {"type": "channel", "chat": message["chat"], **origin}
