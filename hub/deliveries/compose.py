"""What each delivery of a message carries: the provider messages a channel can take."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from hub.clock import rfc3339
from hub.deliveries.split import split, units
from hub.deliveries.split_html import split_html
from hub.mappings import NOTHING
from hub.ports import (
    Button,
    Capabilities,
    FileKind,
    Invite,
    OutboundMessage,
    Quoted,
    StoredFile,
)


class Message(NamedTuple):
    """A message before it meets a channel. A tuple: thousands are made at a time."""

    text: str
    html: str = ""
    subject: str = ""
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    files: tuple[StoredFile, ...] = ()
    buttons: tuple[Button, ...] = ()
    in_reply_to: str = ""
    author_name: str = ""
    automatic: bool = False
    forced: bool = False
    locale: str = ""
    answered: Mapping[str, Any] = NOTHING
    quoted: Quoted | None = None
    invite: Invite | None = None
    unsubscribe_url: str = ""
    reply_to: str = ""
    purpose: str = ""
    """What consent it needs when it leaves; empty for what nobody can object to: an answer."""


def contents(message: Message, can: Capabilities) -> list[dict[str, Any]]:
    """`deliveries.content` of each part, in order.

    Long text is split; files and buttons go with the last piece of it, where they fit. More files
    than one provider message holds follow in messages of their own.
    """
    common = _common(message, can)
    parts: list[dict[str, Any]] = [common | piece for piece in _pieces(message, can)]
    packs = _packs(message, can) if message.files else []
    if can.buttons and message.buttons:
        parts[-1]["buttons"] = [from_button(one) for one in message.buttons]
    if packs and _goes_along(parts[-1], packs[0], can):
        parts[-1]["files"] = _files(packs.pop(0))
    parts += [{**common, "text": "", "files": _files(pack)} for pack in packs]
    if message.reply_to:
        parts[0]["reply_to"] = message.reply_to
    return parts


def _pieces(message: Message, can: Capabilities) -> list[dict[str, str]]:
    """Text, and HTML where the channel has it, of each part."""
    rich = message.html if can.html else ""
    texts = split(message.text, can.max_text_length, utf16=can.utf16)
    if rich and len(texts) > 1:
        halves = split_html(rich, can.max_text_length, utf16=can.utf16)
        return [{"text": text, "html": html} for text, html in halves]
    if rich:
        return [{"text": message.text, "html": rich}]
    return [{"text": text} for text in texts if text.strip()] or [{"text": message.text}]


def _goes_along(part: Mapping[str, Any], pack: Sequence[StoredFile], can: Capabilities) -> bool:
    """Whether the files fit into the message that carries this text, and perhaps buttons."""
    length = units(part["text"]) if can.utf16 else len(part["text"])
    short = not can.max_caption_length or length <= can.max_caption_length
    return short and not (can.file_kinds and len(pack) > 1 and part.get("buttons"))


def message_of(parts: Sequence[Mapping[str, Any]], text: str, html: str = "") -> Message:
    """The message that `parts` (in order) were made of, with other words."""
    facts = parts[0]
    return Message(
        text=text,
        html=html,
        subject=facts.get("subject", ""),
        cc=tuple(facts.get("cc", ())),
        bcc=tuple(facts.get("bcc", ())),
        files=tuple(to_file(file) for part in parts for file in part.get("files", ())),
        buttons=tuple(to_button(one) for part in parts for one in part.get("buttons", ())),
        in_reply_to=facts.get("in_reply_to", ""),
        author_name=facts.get("author_name", ""),
        automatic=facts.get("automatic", False),
        forced=facts.get("forced", False),
        locale=facts.get("locale", ""),
        answered=facts.get("answered", {}),
        quoted=to_quoted(facts.get("quoted")),
        invite=to_invite(facts.get("invite")),
        unsubscribe_url=facts.get("unsubscribe_url", ""),
        reply_to=facts.get("reply_to", ""),
        purpose=facts.get("purpose", ""),
    )


def outbound(content: Mapping[str, Any], empty: OutboundMessage) -> OutboundMessage:
    """The provider message that `deliveries.content` describes; `empty` says whose it is."""
    words = ("text", "html", "subject", "in_reply_to", "reply_to", "author_name", "locale")
    return replace(
        empty,
        **{name: content[name] for name in words if name in content},
        cc=tuple(content.get("cc", ())),
        bcc=tuple(content.get("bcc", ())),
        files=tuple(to_file(one) for one in content.get("files", ())),
        buttons=tuple(to_button(one) for one in content.get("buttons", ())),
        automatic=content.get("automatic", False),
        answered=content.get("answered", {}),
        quoted=to_quoted(content.get("quoted")),
        invite=to_invite(content.get("invite")),
        unsubscribe_url=content.get("unsubscribe_url", ""),
    )


def to_file(one: Mapping[str, Any]) -> StoredFile:
    """A file as `content` keeps it."""
    return StoredFile(UUID(one["id"]), one["name"], one["content_type"], one["size"])


def to_button(one: Mapping[str, Any]) -> Button:
    return Button(one["label"], one["value"], one.get("asks", ""))


def from_button(one: Button) -> dict[str, str]:
    """A button as `content` and `entries.data` keep it."""
    facts = {"label": one.label, "value": one.value, "asks": one.asks}
    return {name: fact for name, fact in facts.items() if fact}


def to_quoted(one: Mapping[str, Any] | None) -> Quoted | None:
    return Quoted(one["text"], one["author"], datetime.fromisoformat(one["at"])) if one else None


def to_invite(one: Mapping[str, Any] | None) -> Invite | None:
    """An invitation as `content` keeps it."""
    if one is None:
        return None
    ends_at = datetime.fromisoformat(one["ends_at"]) if one["ends_at"] else None
    times = {"starts_at": datetime.fromisoformat(one["starts_at"]), "ends_at": ends_at}
    return Invite(**{**one, "id": UUID(one["id"]), **times})


def _from_invite(one: Invite) -> dict[str, Any]:
    ends_at = rfc3339(one.ends_at) if one.ends_at else ""
    times = {"starts_at": rfc3339(one.starts_at), "ends_at": ends_at}
    return {
        "id": str(one.id),
        "sequence": one.sequence,
        "title": one.title,
        **times,
        "place": one.place,
        "cancelled": one.cancelled,
        "answered": one.answered,
    }


def _common(message: Message, can: Capabilities) -> dict[str, Any]:
    facts: Mapping[str, Any] = {
        "subject": can.subject and message.subject,
        "cc": can.cc and [*message.cc],
        "bcc": can.cc and [*message.bcc],
        "in_reply_to": message.in_reply_to,
        "author_name": message.author_name,
        "automatic": message.automatic,
        "forced": message.forced,
        "locale": message.locale,
        "answered": message.answered,
        "quoted": can.subject and message.quoted and _from_quoted(message.quoted),
        "invite": can.invites and message.invite and _from_invite(message.invite),
        "unsubscribe_url": message.unsubscribe_url,
        "purpose": message.purpose,
    }
    return {name: fact for name, fact in facts.items() if fact}


def _from_quoted(one: Quoted) -> dict[str, str]:
    return {"text": one.text, "author": one.author, "at": rfc3339(one.at)}


def _packs(message: Message, can: Capabilities) -> list[Sequence[StoredFile]]:
    """The files in the order given, as many to a message as may travel together."""
    most = can.max_files or len(message.files)
    # Buttons without words stand below a file, and not below an album.
    if can.file_kinds and message.buttons and not message.text.strip():
        most = 1
    packs: list[list[StoredFile]] = []
    before: FileKind | None = None
    for file in message.files:
        kind = _kind(file, can)
        if packs and kind == before and kind.together and len(packs[-1]) < most:
            packs[-1].append(file)
        else:
            packs.append([file])
        before = kind
    return [*packs]


def _kind(file: StoredFile, can: Capabilities) -> FileKind:
    if not can.file_kinds:
        return FileKind()
    content_type = file.content_type.partition(";")[0].strip().lower()
    fitting = (
        kind
        for kind in can.file_kinds
        if (not kind.types or content_type in kind.types)
        and (not kind.max_bytes or file.size <= kind.max_bytes)
    )
    return next(fitting, FileKind(together=False))


def _files(files: Sequence[StoredFile]) -> list[dict[str, Any]]:
    return [
        {"id": str(one.id), "name": one.name, "content_type": one.content_type, "size": one.size}
        for one in files
    ]
