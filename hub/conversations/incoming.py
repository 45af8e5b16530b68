"""What an inbound message is once it has been read: cleaned, bounded, its address normalised.

Everything that can be wrong with a message by itself is found here, before the database is asked.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from hub.conversations.cleaning import clean, clean_json, needs_cleaning
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


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message ready to be stored. `key` is its name within the inbox, of bounded length."""

    inbox: InboxRef
    key: str
    entry_id: UUID
    address: Key
    seen: Seen
    text: str
    html: str
    data: Mapping[str, object]
    sender_name: str
    reply_address: str
    occurred_at: datetime
    attachments: tuple[Attachment, ...]
    conversation_id: UUID | None
    thread: tuple[str, ...]
    raw: bytes
    automatic: bool
    imported: bool
    checkpoint: Checkpoint | None
    source: InboundMessage
    """As the channel gave it: what quarantine keeps when storing fails."""

    @property
    def live(self) -> bool:
        """A person wrote it just now: it may open, wake and be waited upon."""
        return not (self.automatic or self.imported)


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
    name, locale = _one_line(message.sender_name), _locale(message.locale)
    value = normalise(message.address.scheme, message.address.value, region=inbox.region or None)
    return Incoming(
        inbox=inbox,
        key=key_of(message.external_id),
        entry_id=new_id(),
        address=(message.address.scheme, value),
        seen=Seen(
            scheme=message.address.scheme,
            value=message.address.value,
            proof=message.proof,
            name=name,
            locale=locale,
            label=name,
            imported=message.imported,
            by_id=inbox.id,
        ),
        text=bounded("text", clean(message.text), MAX_TEXT),
        html=bounded("html", clean(message.html), MAX_HTML),
        data=_data(message.data),
        sender_name=name,
        reply_address=bounded("reply_address", clean(message.reply_address), _MAX_REPLY_ADDRESS),
        occurred_at=_moment(message.occurred_at),
        attachments=_attachments(message.attachments),
        conversation_id=message.conversation_id,
        thread=tuple(key_of(one) for one in message.thread[:_MAX_THREAD] if one),
        raw=_raw(message.raw),
        automatic=message.automatic,
        imported=message.imported,
        checkpoint=checkpoint,
        source=message,
    )


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(message, fields={field: message})


def bounded(field: str, text: str, limit: int) -> str:
    if len(text) > limit:
        raise _invalid(field, f"The message's {field} is longer than {limit:,} characters.")
    return text


def _one_line(name: str) -> str:
    return " ".join(clean(name).split())[:_MAX_NAME]


def _locale(tag: str) -> str:
    """BCP 47, as far as its shape goes; what is none is not worth losing a message for."""
    return tag.replace("_", "-") if _LOCALE.fullmatch(tag) else ""


def _data(data: Mapping[str, object]) -> Mapping[str, object]:
    if not data:
        return {}
    storable = clean_json(data) if needs_cleaning(data) else data
    if len(orjson.dumps(storable)) > MAX_DATA:
        raise _invalid("data", f"The message's data is larger than {MAX_DATA:,} bytes.")
    return storable


def _moment(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise _invalid("occurred_at", "The message's occurred_at carries no time zone.")
    return moment


def _raw(raw: bytes) -> bytes:
    if len(raw) > MAX_RAW:
        raise _invalid("raw", f"The original is larger than {MAX_RAW:,} bytes.")
    return raw


def _attachments(attachments: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
    if len(attachments) > MAX_FILES:
        raise _invalid("attachments", f"The message carries more than {MAX_FILES} files.")
    for one in attachments:
        if one.content is None and one.file_id is None:
            raise _invalid(
                "attachments", f"The file {one.name!r} has neither content nor file_id."
            )
    return attachments
