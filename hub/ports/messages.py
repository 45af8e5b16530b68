"""The frozen values that cross the border between the hub and a channel.

Times are aware, in UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID


class Proof(StrEnum):
    """How sure the channel is that the address belongs to whoever wrote."""

    NONE = "none"
    """The sender merely says so: a name typed into a form, an unaligned From."""
    PROVIDER = "provider"
    """The provider authenticated the account: Telegram, a signed SMS webhook, DMARC."""
    SIGNED = "signed"
    """The company's own site vouched for it with a signature (JWT)."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody can be reached.

    scheme: `email`, `tel`, `telegram`, `webchat`, ... (`[a-z][a-z0-9]*`).
    value: as the channel spells it; the hub normalises it (E.164, lower-case domain).
    """

    scheme: str
    value: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that comes with an inbound message.

    Bytes at hand, or already stored by `host.files`.
    """

    name: str
    content: bytes | None = None
    file_id: UUID | None = None
    content_type: str = ""
    """What the sender claims; the hub sniffs the bytes and believes those."""
    inline: bool = False
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file the hub holds. `content_type` is sniffed, `size` in bytes."""

    id: UUID
    name: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Button:
    """A quick reply. Pressing it comes back as a `Change` of kind `button` with this `value`.

    asks: `phone` for a button that shares the customer's own number instead, where a channel has
    one (Telegram); elsewhere it is a quick reply.
    """

    label: str
    value: str
    asks: Literal["", "phone"] = ""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where the channel stands with its provider; committed together with the message."""

    key: str
    value: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What somebody else wrote, in a message that sends it on.

    Counts only when one of the company's own people sends it, and then as theirs who wrote it.
    data: the channel's facts for that, in place of the message's.
    """

    address: Address
    name: str
    text: str
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One message from a customer.

    external_id: unique within the inbox and the same however often the provider repeats it.
    occurred_at: when the sender says it was written.
    thread: external ids (newest first) or signed reply tokens that name a conversation.
    data: JSON facts of the channel (subject, reply_to, location, ...), shown but not interpreted.
    """

    external_id: str
    address: Address
    text: str
    occurred_at: datetime
    proof: Proof = Proof.NONE
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    sender_name: str = ""
    locale: str = ""
    reply_address: str = ""
    """Provider address to answer to, when it differs from the contact point (a chat id)."""
    conversation_id: UUID | None = None
    """Set only when a signature of ours in the message proves it."""
    answers_delivery: UUID | None = None
    """Our delivery that it answers; likewise only when a signature of ours proves it."""
    thread: tuple[str, ...] = ()
    data: Mapping[str, object] = field(default_factory=dict)
    raw: bytes = b""
    """The original, kept for "show source" and for replay."""
    automatic: bool = False
    """An auto-reply or bulk mail: recorded, but it opens nothing and is not answered."""
    names: tuple[str, ...] = ()
    """Further external ids the message goes by: those of the parts it was put together from."""
    imported: bool = False
    """History: sorted by `occurred_at`; no rule, no notice, no timer."""
    forwarded: Forwarded | None = None
    in_order: bool = False
    """What refers to messages of other addresses, as mails do: of all such that the inbox hands
    over at once, those handed over first are kept first. Else each address has an order alone."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The message is committed. `duplicate` when it had been before: nothing was written now."""

    entry_id: UUID
    position: int
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Quarantined:
    """The input is committed to quarantine, raw; acknowledge it: an administrator will see it."""

    quarantine_id: UUID


@dataclass(frozen=True, slots=True)
class Invite:
    """An appointment for the recipient's own calendar (RFC 5545).

    id: the same as long as the appointment lives. sequence: grows with every change of its time,
    and with its end. answered: they have said that they will come.
    """

    id: UUID
    sequence: int
    title: str
    starts_at: datetime
    ends_at: datetime | None = None
    place: str = ""
    cancelled: bool = False
    answered: bool = False


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One provider message to send. The hub has split and rendered it already.

    delivery_id: the idempotency key (Message-ID for email, client reference for SMS).
    address: the contact point; `reply_address`, when known, the provider's own name for it.
    """

    delivery_id: UUID
    entry_id: UUID
    conversation_id: UUID | None
    address: Address
    reply_address: str
    text: str
    html: str = ""
    subject: str = ""
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    files: tuple[StoredFile, ...] = ()
    buttons: tuple[Button, ...] = ()
    in_reply_to: str = ""
    """External id of the message this one answers."""
    reply_to: str = ""
    """The same when the operator chose that message: then it is shown as what is answered."""
    author_name: str = ""
    """Of the operator who wrote it; empty for what a machine sends."""
    automatic: bool = False
    attempt: int = 1
    locale: str = ""
    answered: Mapping[str, object] = field(default_factory=dict)
    """`InboundMessage.data` of the message this one answers, as the same channel put it there."""
    quoted: "Quoted | None" = None
    """What the answered message says, when its words are to go along below the answer."""
    unsubscribe_url: str = ""
    """Where one POST asks for silence (RFC 8058); empty for what is no notice."""
    invite: Invite | None = None
    """What goes along for the recipient's calendar; only where the channel carries invites."""
    deadline: datetime | None = None
    """Worth nothing after this, for a provider that can be told so."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """Words of a customer's message, to be shown below the answer to it."""

    text: str
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SendReceipt:
    """The provider took the message."""

    external_id: str = ""
    provider_status: str = ""
    detail: str = ""
    """What an operator should know all the same: which of the copies (cc) were refused."""
    new_reply_address: str = ""
    """When the provider said that the recipient moved (a migrated chat)."""


@dataclass(frozen=True, slots=True)
class DeliveryReceipt:
    """News of the provider about a message sent earlier, in any order and as often as it likes.

    Names the delivery by `delivery_id` or by the provider's `external_id`.
    """

    status: Literal["sent", "delivered", "read", "failed"]
    occurred_at: datetime
    delivery_id: UUID | None = None
    external_id: str = ""
    provider_status: str = ""
    provider_code: str = ""
    detail: str = ""
    reason: str = ""
    """A `Reason` when the status is `failed`."""
    recipient: str = ""
    """Whom it is about, where the provider says so: a copy (cc) that came back is no failure."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to a message or an address after the fact.

    kind        meaning of the other fields
    edit        `external_id` of the message, `text`, `html`
    delete      `external_id`
    reaction    `external_id`, `value` (empty takes it back)
    read        everything up to `position` was seen by the customer at `address`
    blocked     `address` blocked us; `unblocked` the opposite
    opted_out   `address` asked for silence; `opted_in` the opposite. With a `delivery_id` (a
                complaint about it) the address it went to asks, whomever the report names
    owed        `address` gets the one answer `text` from this inbox, whatever it asked for: what
                law or the provider's rules demand (help, the confirmation of a stop). With the
                `value` `opted_out` once for each time that it asked for silence
    button      `value` of the pressed button under the message `external_id`
    claimed     `claims`: what whoever writes from `address` says of himself
    joined      a further part of the message `external_id` (an album's next picture): its
                `attachments` and words join it, and it goes by `change_id` too
    proven      the provider says that `proven` belongs to whoever writes from `address` as well
    """

    kind: Literal[
        "edit",
        "delete",
        "reaction",
        "read",
        "blocked",
        "unblocked",
        "opted_out",
        "opted_in",
        "owed",
        "button",
        "claimed",
        "joined",
        "proven",
    ]
    occurred_at: datetime
    address: Address
    change_id: str
    """Unique within the inbox: a repeated change does nothing."""
    external_id: str = ""
    text: str = ""
    html: str = ""
    value: str = ""
    position: int = 0
    claims: Mapping[str, str] = field(default_factory=dict)
    """`name`, `email`; `by`: `visitor`, or `site` when the company's own site says so. Shown to
    operators as claimed: it proves nothing, and nobody is found, linked or merged by it."""
    attachments: tuple[Attachment, ...] = ()
    """Stored by `host.files` already."""
    proven: Address | None = None
    proof: Proof = Proof.NONE
    """Of a pressed button, which becomes a message: as `InboundMessage.proof`."""
    delivery_id: UUID | None = None
    """Ours, of this inbox, where a signature of ours in the report proves it."""


@dataclass(frozen=True, slots=True)
class Signal:
    """What is true for a moment: typing; `online` when the customer looks at the chat, `offline`.

    Presence holds until the other of the two is told, or the process ends.
    """

    kind: Literal["typing", "online", "offline"]
    address: Address


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether somebody is there by the inbox's business hours; `next`: when again, where known."""

    open: bool
    next: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """An operator has read what the customer wrote, up to `position`."""

    position: int


@dataclass(frozen=True, slots=True)
class TranscriptEntry:
    """One message as the customer at that contact point may see it."""

    id: UUID
    position: int
    direction: Literal["inbound", "outbound"]
    text: str
    html: str
    author_name: str
    files: tuple[StoredFile, ...]
    buttons: tuple[Button, ...]
    external_id: str
    """Of an inbound message: what the channel called it. Empty for outbound ones."""
    status: str
    deleted: bool
    occurred_at: datetime
    recorded_at: datetime
    delivery_ids: tuple[UUID, ...] = ()
