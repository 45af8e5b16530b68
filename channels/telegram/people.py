"""What people and chats are called, and who wrote: labels may change, the number never does."""

from channels.telegram.fields import Json, integer, obj, text_of

SCHEME = "telegram"
_FORWARDED = ("forward_origin", "forward_from", "forward_from_chat", "forward_sender_name")


def name_of(user: Json) -> str:
    """First and last name, else @username, else the number."""
    name = f"{text_of(user, 'first_name')} {text_of(user, 'last_name')}".strip()
    username = text_of(user, "username")
    return name or (f"@{username}" if username else str(integer(user, "id") or ""))


def chat_name(chat: Json) -> str:
    """The title of a group or channel, or the name of a person."""
    return text_of(chat, "title") or name_of(chat)


def origin_of(message: Json) -> str:
    """From whom a forwarded message is (`forward_origin`, its older fields too); '' for none."""
    if not any(name in message for name in _FORWARDED):
        return ""
    origin = obj(message, "forward_origin")
    names = (
        name_of(obj(origin, "sender_user")),
        text_of(origin, "sender_user_name"),
        chat_name(obj(origin, "sender_chat")),
        chat_name(obj(origin, "chat")),
        name_of(obj(message, "forward_from")),
        chat_name(obj(message, "forward_from_chat")),
        text_of(message, "forward_sender_name"),
    )
    found = next((name for name in names if name), "")
    return found or ("somebody" if origin else "")
