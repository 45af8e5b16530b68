"""What each delivery of a message carries: the provider messages a channel can take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.clock import rfc3339
from hub.deliveries.split import split
from hub.ports import Button, Capabilities, Quoted, StoredFile


@dataclass(frozen=True, slots=True)
class Message:
    """A message before it meets a channel."""

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
    answered: Mapping[str, Any] = field(default_factory=dict)
    quoted: Quoted | None = None
    unsubscribe_url: str = ""


def contents(message: Message, can: Capabilities) -> list[dict[str, Any]]:
    """`deliveries.content` of each part, in order.

    Long text is split; files and buttons go with the last piece of it. More files than one
    provider message holds follow in messages of their own. HTML only travels whole.
    """
    pieces = [piece for piece in split(message.text, can.max_text_length) if piece.strip()]
    pieces = pieces or [message.text]
    packs = _packs(message.files, can.max_files)
    common = _common(message, can)
    parts: list[dict[str, Any]] = [{**common, "text": piece} for piece in pieces]
    if can.html and message.html and len(parts) == 1:
        parts[0]["html"] = message.html
    if can.buttons and message.buttons:
        parts[-1]["buttons"] = [from_button(one) for one in message.buttons]
    if packs:
        parts[-1]["files"] = _files(packs[0])
    parts += [{**common, "text": "", "files": _files(pack)} for pack in packs[1:]]
    return parts


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
        unsubscribe_url=facts.get("unsubscribe_url", ""),
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


def _common(message: Message, can: Capabilities) -> dict[str, Any]:
    facts: Mapping[str, Any] = {
        "subject": message.subject if can.subject else "",
        "cc": list(message.cc) if can.cc else [],
        "bcc": list(message.bcc) if can.cc else [],
        "in_reply_to": message.in_reply_to,
        "author_name": message.author_name,
        "automatic": message.automatic,
        "forced": message.forced,
        "locale": message.locale,
        "answered": dict(message.answered),
        "quoted": _quoted(message.quoted) if can.subject else None,
        "unsubscribe_url": message.unsubscribe_url,
    }
    return {name: fact for name, fact in facts.items() if fact}


def _quoted(one: Quoted | None) -> dict[str, str] | None:
    return {"text": one.text, "author": one.author, "at": rfc3339(one.at)} if one else None


def _packs(files: Sequence[StoredFile], most: int) -> list[Sequence[StoredFile]]:
    size = most or len(files) or 1
    return [files[start : start + size] for start in range(0, len(files), size)]


def _files(files: Sequence[StoredFile]) -> list[dict[str, Any]]:
    return [
        {"id": str(one.id), "name": one.name, "content_type": one.content_type, "size": one.size}
        for one in files
    ]
