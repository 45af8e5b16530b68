"""What a channel can carry: the hub refuses or splits before it queues."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class FileKind:
    """Files that a channel sends alike. The first kind of a channel that fits a file is its kind.

    types: content types; empty = any. max_bytes: larger ones are of a later kind; 0 = any size.
    together: whether several of them fit into one provider message (an album).
    """

    types: frozenset[str] = frozenset()
    max_bytes: int = 0
    together: bool = True


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Of one channel; the table in docs/adding-a-channel.md is made of it."""

    address_schemes: frozenset[str]
    max_text_length: int
    """Characters in one provider message; longer text is split."""
    html: bool = False
    subject: bool = False
    files: bool = False
    files_if: str = ""
    """The setting of an inbox that has to be true for its `files`; empty = all of them carry."""
    max_file_bytes: int = 0
    max_files: int = 0
    buttons: bool = False
    cc: bool = False
    delivery_receipts: bool = False
    read_receipts: bool = False
    edits: bool = False
    deletes: bool = False
    reactions: bool = False
    replies: bool = False
    """Shows which message one of ours answers (`OutboundMessage.reply_to`)."""
    typing: bool = False
    can_start: bool = False
    """May write first, to an address that never wrote to the inbox."""
    awaits_visit: bool = False
    """Messages wait until the customer comes to look (a chat on a page): what stays unread goes on
    by mail, where an address is known."""
    reply_window: timedelta | None = None
    """Free text only this long after the customer's last message."""
    repeat_is_safe: bool = False
    """A second `send` of the same delivery can be recognised by the receiver (same Message-ID)."""
    sends_per_second: float = 0
    """Of one inbox; 0 = unlimited."""
    recipient_sends_per_second: float = 0
    utf16: bool = False
    """`max_text_length` and `max_caption_length` count UTF-16 code units, not code points."""
    max_caption_length: int = 0
    """Of text in one message with files; longer text leaves before them. 0 = no limit of its own.
    """
    file_kinds: tuple[FileKind, ...] = ()
    """Which files travel together; what fits no kind travels alone. None = all together.

    Where files travel together without buttons, buttons stay with the text.
    """
    invites: bool = False
    """Carries appointments for the recipient's calendar (`OutboundMessage.invite`)."""
    segments: bool = False
    """Text is counted, and paid for, in segments of a text message."""
