"""What a mail says once it has been read: frozen, decoded, safe to show."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from typing_extensions import override


class Kind(StrEnum):
    """Why nobody typed this mail just now; `PERSONAL` when somebody seems to have."""

    PERSONAL = "personal"
    AUTO_REPLY = "auto-reply"
    NOTIFICATION = "notification"
    BULK = "bulk"
    LIST = "list"
    BOUNCE = "bounce"
    RECEIPT = "receipt"
    FEEDBACK = "feedback"


class _Packed:
    """Goes from process to process as what it was made of: a third of what `dataclasses` takes."""

    __slots__: tuple[str, ...] = ()

    @override
    def __reduce__(self) -> tuple[type["_Packed"], tuple[object, ...]]:
        return type(self), tuple([getattr(self, name) for name in self.__slots__])


@dataclass(frozen=True, slots=True)
class Address(_Packed):
    """One mailbox. `address` is as it was written, without brackets; may be empty."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Attachment(_Packed):
    """A file; `content` is decoded, `content_id` has no brackets, `inline` asks to be shown."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)
    content_id: str | None = None
    inline: bool = False

    @property
    def size(self) -> int:
        """Bytes, decoded."""
        return len(self.content)


@dataclass(frozen=True, slots=True)
class Bounce:
    """A delivery report. `status` as in RFC 3463 (`5.1.1`), `action` as in RFC 3464 2.3.3."""

    status: str | None
    action: str
    recipient: str | None
    original_message_id: str | None


@dataclass(frozen=True, slots=True)
class Mail(_Packed):
    """A mail. Ids have no brackets; `html` is sanitised, with remote images held back."""

    message_id: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    sender: Address | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    subject: str = ""
    date: datetime | None = None
    text: str = ""
    reply_text: str = ""
    html: str | None = None
    remote_images: bool = False
    attachments: tuple[Attachment, ...] = ()
    kind: Kind = Kind.PERSONAL
    bounce: Bounce | None = None

    @property
    def auto_submitted(self) -> bool:
        """A machine sent it by itself (RFC 3834), so nothing may answer it by itself.

        Lists and bulk (Precedence, List-Id) are no such thing: people write to lists. They have
        kinds of their own, which no rule answers either.
        """
        return self.kind in _BY_MACHINE


_BY_MACHINE = frozenset(
    {Kind.AUTO_REPLY, Kind.NOTIFICATION, Kind.BOUNCE, Kind.RECEIPT, Kind.FEEDBACK}
)
