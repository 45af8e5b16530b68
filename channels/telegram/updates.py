"""What one update (https://core.telegram.org/bots/api#update) amounts to. Reads, decides nothing.

Private chats become messages and changes; groups and channels are counted and left alone. What is
of no documented shape is `Unreadable`, to be kept as it came.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from channels.telegram import content
from channels.telegram.entities import plain_html
from channels.telegram.fields import Json, flag, integer, moment, obj, objects, text_of
from channels.telegram.files import FileRef
from channels.telegram.people import SCHEME, chat_name, name_of, origin_of
from hub.ports import Address, Change, InboundMessage, Proof

ALLOWED = (
    "message",
    "edited_message",
    "channel_post",
    "callback_query",
    "message_reaction",
    "my_chat_member",
)
"""What is asked for (`allowed_updates`); reactions come only when they are named."""
_GROUPS = frozenset({"group", "supergroup", "channel"})
# They concern no private chat with this bot, or say nothing an operator could use.
_OF_NO_CONCERN = frozenset({
    "edited_channel_post", "business_connection", "deleted_business_messages",
    "message_reaction_count", "inline_query", "chosen_inline_result", "poll", "chat_member",
    "chat_join_request", "chat_boost", "removed_chat_boost",
})  # fmt: skip
_MOST_QUOTE = 4096


@dataclass(frozen=True, slots=True)
class Names:
    """How this bot's messages are named within its inbox."""

    bot_id: str

    def message(self, chat_id: int, message_id: int) -> str:
        # Message ids repeat across chats, and a chat has the same id for every bot.
        return f"{self.bot_id}:{chat_id}:{message_id}"

    def album(self, chat_id: int, group: str) -> str:
        return f"{self.bot_id}:{chat_id}:album:{group}"


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of a customer, its files still to be fetched.

    part: its own name when it is a part of an album, which `message` is named for.
    phone: the number it proves to be the sender's own.
    """

    message: InboundMessage
    files: tuple[FileRef, ...] = ()
    part: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """Something happened to a message or a chat. query_id: of a button press, to be answered."""

    change: Change
    query_id: str = ""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A group or channel: not answered, not kept."""

    title: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """Of no concern."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Of no documented shape; `error` says in what way."""

    error: str


Outcome = Heard | Changed | Elsewhere | Nothing | Unreadable


def read(update: object, names: Names, now: datetime) -> Outcome:
    """What the update amounts to. Never raises, whatever it is given."""
    if not isinstance(update, dict):
        return Unreadable("An update is no object.")
    for kind, reader in _READERS.items():
        if isinstance(update.get(kind), dict):
            return reader(update, names, now)
    if any(name in _OF_NO_CONCERN for name in update):
        return Nothing()
    return _of_unknown_kind(update, names, now)


def place(update: object) -> str:
    """What must be taken in its order: the chat it is of, or ''."""
    if isinstance(update, dict):
        for one in update.values():
            chat = obj(one, "chat") or obj(obj(one, "message"), "chat") or obj(one, "from")
            if found := integer(chat, "id"):
                return str(found)
    return ""


def _of_unknown_kind(update: Json, names: Names, now: datetime) -> Outcome:
    for kind, inner in update.items():
        if _is_private(inner) and integer(inner, "message_id"):
            message = obj(update, kind)
            if integer(obj(message, "from"), "id") not in (0, integer(obj(inner, "chat"), "id")):
                return Nothing()  # not the customer's: what a business account said itself
            read_as = _edit if str(kind).startswith("edited_") else _heard
            return read_as(update, message, names, now)
    kinds = ", ".join(str(name)[:60] for name in update if name != "update_id") or "nothing"
    return Unreadable(f"Telegram sent an update of a kind that is not known here: {kinds}.")


def _message(update: Json, names: Names, now: datetime) -> Outcome:
    message = obj(update, "message")
    elsewhere = _elsewhere(message)
    return elsewhere or _heard(update, message, names, now)


def _elsewhere(inner: Json) -> Outcome | None:
    """What there is to say when `inner` is not of a private chat."""
    chat = obj(inner, "chat")
    if text_of(chat, "type") in _GROUPS:
        return Elsewhere(chat_name(chat)[:100] or "without a name")
    return None if _is_private(inner) else Unreadable("An update without a chat or a sender.")


def _is_private(inner: object) -> bool:
    chat = obj(inner, "chat")
    kind = text_of(chat, "type")
    # Without a type: the ids of people are positive, those of groups are not.
    return integer(chat, "id") > 0 if not kind else kind == "private" and bool(integer(chat, "id"))


def _who(inner: Json) -> Json:
    """The customer: in a private chat the chat itself stands for them too."""
    sender = obj(inner, "from") or obj(inner, "user")
    return sender if integer(sender, "id") else obj(inner, "chat")


def _address(inner: Json) -> Address:
    return Address(SCHEME, str(integer(_who(inner), "id")))


def _heard(update: Json, message: Json, names: Names, now: datetime) -> Outcome:
    chat_id, message_id = integer(obj(message, "chat"), "id"), integer(message, "message_id")
    if not message_id:
        return Unreadable("A message without a number.")
    carried = content.read(message)
    text, html = _introduced(message, carried)
    group, own_name = text_of(message, "media_group_id")[:64], names.message(chat_id, message_id)
    who = _who(message)
    answered = obj(message, "reply_to_message")
    answers = integer(answered, "message_id")
    inbound = InboundMessage(
        external_id=names.album(chat_id, group) if group else own_name,
        address=_address(message),
        text=text,
        html=html,
        occurred_at=moment(message, "date") or now,
        proof=Proof.PROVIDER,
        sender_name=name_of(who),
        locale=text_of(who, "language_code"),
        reply_address=str(chat_id),
        thread=(names.message(chat_id, answers),) if answers else (),
        data=_data(message, carried, who),
        raw=raw_of(update),
        automatic=carried.service,
    )
    phone = content.own_phone(message)
    return Heard(inbound, carried.files, own_name if group else "", phone)


def _introduced(message: Json, carried: content.Content) -> tuple[str, str]:
    """The words with a line before them that says whose they were."""
    origin = origin_of(message)
    if not origin:
        return carried.text, carried.html
    line = f"Forwarded from {origin}"
    text = f"{line}\n{carried.text}".strip()
    return text, f"<i>{plain_html(line)}</i><br>{carried.html}" if carried.html else ""


def _data(message: Json, carried: content.Content, who: Json) -> dict[str, object]:
    quote = text_of(obj(message, "quote"), "text")[:_MOST_QUOTE]
    facts: dict[str, object] = {
        **carried.data,
        "username": text_of(who, "username"),
        "forwarded_from": origin_of(message),
        "quote": quote,
        **_command(carried.text),
        **_answered_elsewhere(message),
    }
    return {name: fact for name, fact in facts.items() if fact not in ("", None)}


def _command(text: str) -> dict[str, object]:
    """`/start PAYLOAD`: what a link t.me/bot?start=PAYLOAD carried."""
    command, _, payload = text.partition(" ")
    if command.partition("@")[0] != "/start":
        return {}
    return {"command": "start", "start": payload.strip()[:64]}


def _answered_elsewhere(message: Json) -> dict[str, object]:
    """What it answers when that is no message of this chat."""
    outside = obj(message, "external_reply")
    if outside:
        whose = origin_of({"forward_origin": obj(outside, "origin")})
        return {"in_reply_to": chat_name(obj(outside, "chat")) or whose}
    story = obj(message, "reply_to_story")
    return {"in_reply_to": f"story of {chat_name(obj(story, 'chat'))}"} if story else {}


def _edited(update: Json, names: Names, now: datetime) -> Outcome:
    message = obj(update, "edited_message")
    elsewhere = _elsewhere(message)
    return elsewhere or _edit(update, message, names, now)


def _edit(update: Json, message: Json, names: Names, now: datetime) -> Outcome:
    chat_id, message_id = integer(obj(message, "chat"), "id"), integer(message, "message_id")
    text, html = _introduced(message, content.read(message))
    if not text and message.get("media_group_id"):
        # One picture of an album was exchanged: that takes no words from the whole.
        return Nothing()
    return Changed(
        Change(
            kind="edit",
            occurred_at=moment(message, "edit_date") or now,
            address=_address(message),
            change_id=_change_id(update, names, "edit", integer(message, "edit_date")),
            external_id=names.message(chat_id, message_id),
            text=text,
            html=html,
        )
    )


def _reacted(update: Json, names: Names, now: datetime) -> Outcome:
    reaction = obj(update, "message_reaction")
    if (elsewhere := _elsewhere(reaction)) is not None:
        return elsewhere
    chat_id = integer(obj(reaction, "chat"), "id")
    return Changed(
        Change(
            kind="reaction",
            occurred_at=moment(reaction, "date") or now,
            address=_address(reaction),
            change_id=_change_id(update, names, "reaction", integer(reaction, "date")),
            external_id=names.message(chat_id, integer(reaction, "message_id")),
            value="".join(_emoji(one) for one in objects(reaction, "new_reaction", most=11)),
        )
    )


def _emoji(reaction: Json) -> str:
    # A picture of a set of its own has no character; that there is one is all that can be shown.
    by_type = {"paid": "⭐", "custom_emoji": "💟"}
    return text_of(reaction, "emoji")[:16] or by_type.get(text_of(reaction, "type"), "❔")


def _pressed(update: Json, names: Names, now: datetime) -> Outcome:
    query = obj(update, "callback_query")
    under = obj(query, "message")
    who = integer(obj(query, "from"), "id")
    query_id = text_of(query, "id")
    if not who or not query_id:
        return Unreadable("A pressed button without a person or a number.")
    if text_of(obj(under, "chat"), "type") in _GROUPS:
        return Elsewhere(chat_name(obj(under, "chat"))[:100])
    chat_id = integer(obj(under, "chat"), "id") or who
    change = Change(
        kind="button",
        occurred_at=now,
        address=Address(SCHEME, str(who)),
        change_id=f"{names.bot_id}:query:{query_id}",
        external_id=names.message(chat_id, integer(under, "message_id")),
        value=text_of(query, "data") or text_of(query, "game_short_name"),
        proof=Proof.PROVIDER,
    )
    return Changed(change, query_id)


def _member(update: Json, names: Names, now: datetime) -> Outcome:
    member = obj(update, "my_chat_member")
    if (elsewhere := _elsewhere(member)) is not None:
        return elsewhere
    status = text_of(obj(member, "new_chat_member"), "status")
    gone = status in ("kicked", "left") or flag(obj(member, "new_chat_member"), "was_kicked")
    return Changed(
        Change(
            kind="blocked" if gone else "unblocked",
            occurred_at=moment(member, "date") or now,
            address=_address(member),
            change_id=_change_id(update, names, "member", integer(member, "date")),
        )
    )


def _change_id(update: Json, names: Names, kind: str, date: int) -> str:
    # After a quiet week Telegram counts updates from a random number on: the date tells them
    # apart.
    return f"{names.bot_id}:{kind}:{integer(update, 'update_id')}:{date}"


def _channel_post(update: Json, *_: object) -> Outcome:
    return Elsewhere(chat_name(obj(obj(update, "channel_post"), "chat"))[:100])


def raw_of(update: object) -> bytes:
    """The update as JSON, to be kept."""
    try:
        return orjson.dumps(update)
    except TypeError:  # half a surrogate pair, an integer of more than 64 bits
        return json.dumps(update, ensure_ascii=False).encode("utf-8", "replace")


def album_of(update: object) -> str:
    """The media group the update's message is a part of, or ''."""
    message = obj(update, "message")
    return text_of(message, "media_group_id") and f"{place(update)}:{message['media_group_id']}"


_READERS: Mapping[str, Callable[[Json, Names, datetime], Outcome]] = {
    "message": _message,
    "edited_message": _edited,
    "message_reaction": _reacted,
    "callback_query": _pressed,
    "my_chat_member": _member,
    "channel_post": _channel_post,
}


def message_number(external_id: str) -> tuple[int, int]:
    """(chat, message) that an external id of `Names.message` names; zeros for any other."""
    bot, _, rest = external_id.partition(":")
    chat, _, number = rest.partition(":")
    known = bot.isdecimal() and chat.removeprefix("-").isdecimal() and number.isdecimal()
    return (int(chat), int(number)) if known and len(external_id) < 80 else (0, 0)
