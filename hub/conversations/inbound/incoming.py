"""What an inbound message is once it has been read: cleaned, bounded, its address normalised.

Everything that can be wrong with a message by itself is found here, before the database is asked.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from hub.conversations.cleaning import clean, clean_json, clean_name
from hub.customers.addresses import normalise
from hub.customers.identify import Key, Seen
from hub.errors import Invalid
from hub.ids import new_id
from hub.inboxes.open_inbox import InboxRef
from hub.ports import Attachment, Checkpoint, InboundMessage

MAX_TEXT = 1_000_000
"""Characters."""
MAX_HTML = 5_000_000
MAX_DATA = 256_000
"""Bytes of JSON."""
MAX_RAW = 100_000_000
MAX_FILES = 200
_MAX_NAME = 300
_MAX_REPLY_ADDRESS = 1_000
_MAX_THREAD = 100
_LONGEST_KEY = 512
"""Bytes: an index row of PostgreSQL ends at about 2,700."""
_LOCALE = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,7}")


class Incoming(NamedTuple):
    """A message ready to be stored.

    key: its name within the inbox, of bounded length. thread: the names it refers to, likewise.
    names: what else it goes by.
    message: cleaned. source: as the channel gave it, for quarantine if storing fails.
    """

    inbox: InboxRef
    key: str
    entry_id: UUID
    address: Key
    seen: Seen
    thread: tuple[str, ...]
    names: tuple[str, ...]
    live: bool
    """A person wrote it just now: it may open, wake and be waited upon."""
    message: InboundMessage
    source: InboundMessage
    checkpoint: Checkpoint | None


def key_of(external_id: str) -> str:
    """What the inbox calls a message, short enough for an index and still as good as unique."""
    name = clean(external_id)
    if len(name) <= _LONGEST_KEY // 4 or len(name.encode()) <= _LONGEST_KEY:
        return name
    return f"{name[:64]}…sha256:{hashlib.sha256(name.encode()).hexdigest()}"


def name_of(message: InboundMessage) -> str:
    """The same, also for a message that was given none: it is named by its bytes."""
    if message.external_id:
        return key_of(str(message.external_id))
    return (
        "unnamed:"
        + hashlib.sha256(message.raw or repr(message).encode("utf-8", "replace")).hexdigest()
    )


def weight_of(message: InboundMessage) -> int:
    """About how many bytes the message brings into a transaction."""
    files = sum(len(one.content) for one in message.attachments if one.content)
    return len(message.text) + len(message.html) + len(message.raw) + files + 1_000


def read(
    inbox: InboxRef, message: InboundMessage, checkpoint: Checkpoint | None = None
) -> Incoming:
    """The message as it can be stored; raises Invalid, naming what is wrong with it."""
    if not message.external_id:
        raise _invalid("external_id", "The channel gave the message no external_id.")
    scheme, raw = message.address.scheme, message.address.value
    value = normalise(scheme, raw, region=inbox.region or None)
    cleaned = _cleaned(message)
    _check(cleaned)
    return Incoming(
        inbox=inbox,
        key=key_of(message.external_id),
        entry_id=new_id(),
        address=(scheme, value),
        seen=Seen(
            scheme=scheme,
            value=raw,
            proof=message.proof,
            name=cleaned.sender_name,
            locale=_locale(message.locale),
            label=cleaned.sender_name,
            imported=message.imported,
            by_id=inbox.id,
        ),
        thread=tuple([key_of(one) for one in message.thread[:_MAX_THREAD] if one]),
        names=tuple([key_of(one) for one in message.names[:_MAX_THREAD] if one]),
        live=not (message.automatic or message.imported),
        message=cleaned,
        source=message,
        checkpoint=checkpoint,
    )


def _cleaned(message: InboundMessage) -> InboundMessage:
    """The message without what the database cannot hold: nearly always itself."""
    words = {
        "text": clean(message.text),
        "html": clean(message.html),
        "sender_name": _one_line(message.sender_name),
        "reply_address": clean(message.reply_address),
        "data": _data(message.data),
    }
    changed: dict[str, Any] = {
        name: one for name, one in words.items() if one is not getattr(message, name)
    }
    return replace(message, **changed) if changed else message


def _check(message: InboundMessage) -> None:
    bounded("text", message.text, MAX_TEXT)
    bounded("html", message.html, MAX_HTML)
    bounded("reply_address", message.reply_address, _MAX_REPLY_ADDRESS)
    if len(message.raw) > MAX_RAW:
        raise _invalid("raw", f"The original is larger than {MAX_RAW:,} bytes.")
    if message.occurred_at.tzinfo is None:
        raise _invalid("occurred_at", "The message's occurred_at carries no time zone.")
    if message.attachments:
        _check_files(message.attachments)


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(message, fields={field: message})


def bounded(field: str, text: str, limit: int) -> str:
    if len(text) > limit:
        raise _invalid(field, f"The message's {field} is longer than {limit:,} characters.")
    return text


def _one_line(name: str) -> str:
    line = clean_name(name)[:_MAX_NAME]
    return name if line == name else line


def _locale(tag: str) -> str:
    """BCP 47, as far as its shape goes; what is none is not worth losing a message for."""
    return tag.replace("_", "-") if _LOCALE.fullmatch(tag) else ""


def _data(data: Mapping[str, object]) -> Mapping[str, object]:
    if not data:
        return data
    try:
        written = orjson.dumps(data)
    except TypeError:
        written = b"\\u0000"
    if b"\\u0000" in written:
        data = clean_json(data)
        written = orjson.dumps(data)
    if len(written) > MAX_DATA:
        raise _invalid("data", f"The message's data is larger than {MAX_DATA:,} bytes.")
    return data


def _check_files(attachments: tuple[Attachment, ...]) -> None:
    if len(attachments) > MAX_FILES:
        raise _invalid("attachments", f"The message carries more than {MAX_FILES} files.")
    for one in attachments:
        if one.content is None and one.file_id is None:
            raise _invalid("attachments", f"The file {one.name!r} has neither content nor id.")
