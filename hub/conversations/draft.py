"""What somebody wants to send, and who; checked before anything is locked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from hub.conversations.cleaning import clean, clean_json
from hub.errors import Invalid
from hub.operators.access import Viewer
from hub.ports import Button

DELIVER_WITHIN = timedelta(hours=24)
"""A message that could not be handed over for so long is stale: it fails and says so."""


@dataclass(frozen=True, slots=True)
class Author:
    """kind: operator, rule, integration, system."""

    kind: Literal["operator", "rule", "integration", "system"]
    id: UUID | None
    name: str


@dataclass(frozen=True, slots=True)
class Cause:
    """The rule that sends, the object (an order) it is about, and how deep rules nest."""

    rule_id: UUID | None = None
    object_kind: str = ""
    object_id: UUID | None = None
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: whose name the entry carries, what they may see, and what made them."""

    viewer: Viewer
    author: Author
    cause: Cause = Cause()

    @classmethod
    def of(cls, viewer: Viewer) -> "Sender":
        """The viewer in person."""
        return cls(viewer, Author(viewer.kind, viewer.id, viewer.name))


@dataclass(frozen=True, slots=True)
class Note:
    """A private note on a customer's record, or in one of their conversations.

    mentions: operators who are to be told of it.
    """

    text: str
    conversation_id: UUID | None = None
    files: tuple[UUID, ...] = ()
    mentions: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to a customer.

    contact_point: one of the customer's, by id or as `tel:+79120000000`; channel: a name. Both are
    wishes that have to be met; without them the route decides.
    purpose: `service` (an answer), or what else it is for: `notice`, `reminder`, `survey`, ...
    in_reply_to_position: the newest position the author has seen; checked when given.
    force: send in spite of an opt-out, a block or bad health of the address.
    automatic: sent by a machine on its own; answers nothing and opens no conversation.
    status: of the conversation afterwards (send and close); None leaves it, or reopens it.
    deliver_within: after that long without success it fails.
    """

    text: str
    html: str = ""
    subject: str = ""
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    files: tuple[UUID, ...] = ()
    buttons: tuple[Button, ...] = ()
    contact_point: UUID | str | None = None
    channel: str = ""
    conversation_id: UUID | None = None
    purpose: str = "service"
    send_at: datetime | None = None
    in_reply_to_position: int | None = None
    force: bool = False
    automatic: bool = False
    status: Literal["open", "pending", "closed"] | None = None
    deliver_within: timedelta = DELIVER_WITHIN
    data: Mapping[str, object] = field(default_factory=dict)

    @property
    def answers(self) -> bool:
        """Whether this is an answer, not a notice: only answers touch the conversation's state."""
        return not self.automatic and self.purpose == "service"


def checked(draft: Draft, now: datetime) -> Draft:
    """The draft with storable text and no time in the past; raises Invalid, naming the field."""
    if not draft.text.strip() and not draft.files:
        raise Invalid(
            "There is nothing to send.",
            remedy="Write a text or add a file.",
            fields={"text": "empty, and no files"},
        )
    later = draft.send_at if draft.send_at is not None and draft.send_at > now else None
    return replace(
        draft,
        text=clean(draft.text),
        html=clean(draft.html),
        # A line break in a subject would end the header it travels in.
        subject=" ".join(clean(draft.subject).split()),
        data=clean_json(draft.data),
        send_at=later,
    )
