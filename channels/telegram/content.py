"""What a message carries, as words, formatting and files: every kind, none of them empty."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from channels.telegram import service
from channels.telegram.entities import to_html
from channels.telegram.fields import Json, integer, number, obj, objects, text_of
from channels.telegram.files import FileRef, animated_sticker, file_ref, largest
from channels.telegram.people import chat_name


@dataclass(frozen=True, slots=True)
class Content:
    """kind: the Bot API's word for it. html: '' when nothing is formatted.

    data: facts for who wants to show more than words. service: nobody wrote this; it happened.
    """

    kind: str
    text: str = ""
    html: str = ""
    files: tuple[FileRef, ...] = ()
    data: Mapping[str, object] = field(default_factory=dict)
    service: bool = False


# What a message has beside its content.
_ENVELOPE = frozenset({
    "message_id", "message_thread_id", "direct_messages_topic", "from", "sender_chat",
    "sender_boost_count", "sender_business_bot", "sender_tag", "date", "guest_query_id",
    "business_connection_id", "chat", "forward_origin", "is_topic_message",
    "is_automatic_forward", "reply_to_message", "external_reply", "quote", "reply_to_story",
    "reply_to_checklist_task_id", "reply_to_poll_option_id", "via_bot", "guest_bot_caller_user",
    "guest_bot_caller_chat", "edit_date", "has_protected_content", "is_from_offline",
    "is_paid_post", "media_group_id", "author_signature", "paid_star_count", "entities",
    "link_preview_options", "suggested_post_info", "effect_id", "caption", "caption_entities",
    "show_caption_above_media", "has_media_spoiler", "reply_markup", "receiver_user",
    "ephemeral_message_id", "forward_date", "forward_from", "forward_from_chat",
    "forward_from_message_id", "forward_sender_name", "forward_signature",
})  # fmt: skip


def read(message: Json) -> Content:
    """What the message says or shows. Never empty, whatever stands in it."""
    for kind, reader in _READERS.items():
        if message.get(kind) is not None and (found := reader(message)) is not None:
            return found
    for kind, words in service.WORDS.items():
        if message.get(kind) not in (None, False):
            return Content(kind, words(message), service=True)
    return _unknown(message)


def _unknown(message: Json) -> Content:
    kinds = [
        name for name, value in message.items() if name not in _ENVELOPE and value is not None
    ]
    if not kinds:
        return Content("unknown", "Sent a message without any content.")
    kind = kinds[0][:60]
    words = f"Sent something that cannot be shown here ({kind.replace('_', ' ')})."
    caption = _captioned(message)
    return Content(kind, "\n".join(filter(None, (words, caption[0]))), data={"kind": kind})


def _text(message: Json) -> Content | None:
    text = text_of(message, "text")
    if not text.strip():
        return None
    return Content("text", text, to_html(text, objects(message, "entities")))


def _captioned(message: Json) -> tuple[str, str]:
    caption = text_of(message, "caption")
    return caption, to_html(caption, objects(message, "caption_entities"))


def _file(kind: str, suffix: str, label: str) -> Callable[[Json], Content | None]:
    """A kind that is one file with a caption."""

    def read_file(message: Json) -> Content | None:
        part = obj(message, kind)
        file = file_ref(part, kind, suffix)
        text, html = _captioned(message)
        data: dict[str, object] = {"kind": kind}
        if seconds := integer(part, "duration"):
            data["duration"] = seconds
        if file is None:
            lost = f"Sent {label} that could not be read."
            return Content(kind, "\n".join(filter(None, (text, lost))), data=data)
        return Content(kind, text, html, (file,), data)

    return read_file


def _photo(message: Json) -> Content:
    text, html = _captioned(message)
    size = largest(objects(message, "photo"))
    file = file_ref(size, "photo", ".jpg") if size else None
    if file is None:
        text, html = "\n".join(filter(None, (text, "Sent a photo that could not be read."))), ""
    return Content("photo", text, html, (file,) if file else (), {"kind": "photo"})


def _live_photo(message: Json) -> Content:
    part = obj(message, "live_photo")
    found = (
        file_ref(part, "live_photo", ".mp4"),
        file_ref(largest(objects(part, "photo")) or {}, "photo", ".jpg"),
    )
    text, html = _captioned(message)
    files = tuple(file for file in found if file is not None)
    return Content("live_photo", text or "Live photo", html, files, {"kind": "live_photo"})


def _sticker(message: Json) -> Content:
    sticker = obj(message, "sticker")
    emoji = text_of(sticker, "emoji")
    file = animated_sticker(sticker) or file_ref(sticker, "sticker", ".webp")
    words = f"Sticker {emoji}".strip()
    data = {"kind": "sticker", "emoji": emoji, "set": text_of(sticker, "set_name")}
    return Content("sticker", words, files=(file,) if file else (), data=data)


def _paid_media(message: Json) -> Content:
    part = obj(message, "paid_media")
    stars, items = integer(part, "star_count"), objects(part, "paid_media", most=10)
    files = tuple(file for one in items if (file := _paid_file(one)) is not None)
    hidden = len(items) - len(files)
    words = f"Paid media ({stars} ⭐)" + (f", {hidden} not shown" if hidden else "")
    caption, _ = _captioned(message)
    text = "\n".join(filter(None, (words, caption)))
    return Content("paid_media", text, files=files, data={"kind": "paid_media", "stars": stars})


def _paid_file(item: Json) -> FileRef | None:
    if text_of(item, "type") == "photo":
        return file_ref(largest(objects(item, "photo")) or {}, "photo", ".jpg")
    return file_ref(obj(item, "video"), "video", ".mp4")


def _story(message: Json) -> Content:
    whose = chat_name(obj(obj(message, "story"), "chat"))
    words = f"Story of {whose} (open Telegram to see it)" if whose else "Story"
    return Content("story", words, data={"kind": "story"})


def _contact(message: Json) -> Content:
    contact = obj(message, "contact")
    name = f"{text_of(contact, 'first_name')} {text_of(contact, 'last_name')}".strip()
    phone = text_of(contact, "phone_number")
    own = _is_own(message)
    words = ", ".join(filter(None, (name, phone))) or "empty"
    data = {"kind": "contact", "name": name, "phone": phone, "own": own}
    return Content("contact", f"Contact: {words}", data=data)


def _is_own(message: Json) -> bool:
    who = integer(obj(message, "contact"), "user_id")
    return who != 0 and who == integer(obj(message, "from"), "id") and not _forwarded(message)


def _forwarded(message: Json) -> bool:
    """A forwarded contact is a copy: its sender may hold an old one."""
    return any(message.get(name) for name in ("forward_origin", "forward_date"))


def own_phone(message: Json) -> str:
    """The phone number the sender shared as their own, or ''.

    Only Telegram's button shares a number with the account's own id beside it
    (https://core.telegram.org/bots/api#contact); anybody can send somebody else's card.
    """
    phone = text_of(obj(message, "contact"), "phone_number").strip()
    if not phone or not _is_own(message):
        return ""
    return phone if phone.startswith("+") else f"+{phone}"


def _location(message: Json) -> Content:
    place = obj(message, "location")
    name = "Live location" if integer(place, "live_period") else "Location"
    spot = _spot(place)
    return Content("location", f"{name}: {spot[0]}", data={"kind": "location", **spot[1]})


def _venue(message: Json) -> Content:
    venue = obj(message, "venue")
    spot = _spot(obj(venue, "location"))
    title, address = text_of(venue, "title"), text_of(venue, "address")
    words = ", ".join(filter(None, (title, address))) or "Place"
    data = {"kind": "venue", "title": title, "address": address, **spot[1]}
    return Content("venue", f"{words} ({spot[0]})", data=data)


def _spot(place: Json) -> tuple[str, dict[str, object]]:
    latitude, longitude = number(place, "latitude"), number(place, "longitude")
    if latitude is None or longitude is None:
        return "unknown place", {}
    return f"{latitude:.6f}, {longitude:.6f}", {"latitude": latitude, "longitude": longitude}


def _poll(message: Json) -> Content:
    poll = obj(message, "poll")
    lines = [f"Poll: {text_of(poll, 'question') or 'without a question'}"]
    lines += [
        f"- {text_of(option, 'text')} ({integer(option, 'voter_count')})"
        for option in objects(poll, "options", most=30)
    ]
    return Content("poll", "\n".join(lines), data={"kind": "poll"})


def _checklist(message: Json) -> Content:
    checklist = obj(message, "checklist")
    lines = [f"Checklist: {text_of(checklist, 'title')}".rstrip()]
    for task in objects(checklist, "tasks", most=100):
        mark = "☑" if task.get("completion_date") else "☐"
        lines.append(f"{mark} {text_of(task, 'text')}")
    return Content("checklist", "\n".join(lines), data={"kind": "checklist"})


def _dice(message: Json) -> Content:
    dice = obj(message, "dice")
    words = f"{text_of(dice, 'emoji') or '🎲'} {integer(dice, 'value')}"
    return Content("dice", words, data={"kind": "dice"})


def _game(message: Json) -> Content:
    game = obj(message, "game")
    words = "\n".join(filter(None, (text_of(game, "title"), text_of(game, "description"))))
    return Content("game", f"Game: {words}".strip(), data={"kind": "game"})


def _gift(message: Json) -> Content:
    given = obj(message, "gift")
    gift = obj(given, "gift")
    emoji, stars = text_of(obj(gift, "sticker"), "emoji"), integer(gift, "star_count")
    words = f"Gift {emoji}".strip() + (f" ({stars} ⭐)" if stars else "")
    said = text_of(given, "text")
    text = "\n".join(filter(None, (words, said)))
    return Content("gift", text, data={"kind": "gift", "stars": stars})


def _unique_gift(message: Json) -> Content:
    gift = obj(obj(message, "unique_gift"), "gift")
    name = text_of(gift, "base_name") or text_of(gift, "name")
    words = f"Gift: {name} #{integer(gift, 'number')}" if name else "Gift"
    return Content("unique_gift", words, data={"kind": "unique_gift"})


def _invoice(message: Json) -> Content:
    invoice = obj(message, "invoice")
    price = service.money(text_of(invoice, "currency"), integer(invoice, "total_amount"))
    words = " · ".join(filter(None, (text_of(invoice, "title"), price)))
    text = "\n".join(filter(None, (f"Invoice: {words}", text_of(invoice, "description"))))
    return Content("invoice", text, data={"kind": "invoice"})


def _paid(message: Json) -> Content:
    payment = obj(message, "successful_payment")
    price = service.money(text_of(payment, "currency"), integer(payment, "total_amount"))
    return Content("successful_payment", f"Paid {price}".strip(), data={"kind": "payment"})


def _web_app(message: Json) -> Content:
    sent = obj(message, "web_app_data")
    words = "\n".join(filter(None, (text_of(sent, "button_text"), text_of(sent, "data"))))
    return Content("web_app_data", words or "Sent data from a web app.", data={"kind": "web_app"})


def _rich(message: Json) -> Content | None:
    """Blocks of text and pictures: their words, without their arrangement."""
    words: list[str] = []
    todo: list[object] = [message.get("rich_message")]
    while todo and len(words) < 2_000:
        one = todo.pop()
        if isinstance(one, Mapping):
            words += [said for name in ("text", "caption") if (said := text_of(one, name))]
            todo += [value for value in reversed(list(one.values())) if not isinstance(value, str)]
        elif isinstance(one, list):
            todo += reversed([part for part in one if not isinstance(part, str)])
            words += [part for part in one if isinstance(part, str)]
    text = "\n".join(words).strip()
    return Content("rich_message", text, data={"kind": "rich_message"}) if text else None


# In this order: an animation also comes as a document, a venue as a location.
_READERS: Mapping[str, Callable[[Json], Content | None]] = {
    "text": _text,
    "rich_message": _rich,
    "live_photo": _live_photo,
    "photo": _photo,
    "animation": _file("animation", ".mp4", "an animation"),
    "video": _file("video", ".mp4", "a video"),
    "video_note": _file("video_note", ".mp4", "a video note"),
    "voice": _file("voice", ".ogg", "a voice message"),
    "audio": _file("audio", ".mp3", "a piece of music"),
    "document": _file("document", "", "a file"),
    "sticker": _sticker,
    "paid_media": _paid_media,
    "story": _story,
    "contact": _contact,
    "venue": _venue,
    "location": _location,
    "poll": _poll,
    "checklist": _checklist,
    "dice": _dice,
    "game": _game,
    "gift": _gift,
    "unique_gift": _unique_gift,
    "invoice": _invoice,
    "successful_payment": _paid,
    "web_app_data": _web_app,
}
