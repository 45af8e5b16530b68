"""What somebody wants to send, and who; checked before anything is locked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from hub.conversations import rich_text
from hub.conversations.cleaning import clean, clean_json, clean_line
from hub.customers.addresses import normalise
from hub.deliveries.route import Fallback
from hub.errors import Invalid
from hub.mappings import NOTHING
from hub.operators.access import Viewer
from hub.ports import Button, Invite

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
class Words:
    """What a message says on a channel: storable, the HTML safe, the subject one line."""

    text: str
    html: str = ""
    subject: str = ""
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Choices:
    """The answers to a question, for channels without buttons: chosen by number, or at `url`."""

    labels: tuple[str, ...]
    url: str = ""


class Draft(NamedTuple):
    """A message to a customer. A tuple: thousands are made and changed at a time.

    contact_point: one of the customer's, by id or as `tel:+79120000000`; channel: a name. Both are
    wishes that have to be met; without them the route decides.
    purpose: `service` (an answer), or what else it is for: `notice` (news), `reminder`,
    `marketing`, `survey`.
    in_reply_to_position: the newest position the author has seen; checked when given.
    reply_to: the message that is shown as answered, if it stands in the same chat.
    inbox_id: leaves by this inbox and no other.
    force: send in spite of an opt-out, a block or bad health of the address.
    automatic: sent by a machine on its own; answers nothing and opens no conversation.
    status: of the conversation afterwards (send and close); None leaves it, or reopens it.
    deliver_within: after that long without success it fails.
    fallback: the ways after the first, should that bring no receipt in time, or fail.
    preferences_page: makes the address that `preferences_url` stands for, by contact point.
    useful_until: past this the message is worth nothing: it expires, and quiet hours that would
    hold it for longer do not hold it.
    html: rich text, instead of `text` or saying the same; what of it goes on: `rich_text`.
    quote: the words that are answered go along below, where the channel does that (mail).
    variants: of a template, the words on the channels that say it differently; then buttons are
    offered where a channel has them and needed nowhere. None: somebody wrote these words.
    choices: how its buttons' answers are given where there are none; then none are needed.
    invite: an appointment that goes along for the customer's calendar, where a channel has that.
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
    inbox_id: UUID | None = None
    conversation_id: UUID | None = None
    purpose: str = "service"
    send_at: datetime | None = None
    in_reply_to_position: int | None = None
    reply_to: UUID | None = None
    force: bool = False
    automatic: bool = False
    status: Literal["open", "pending", "closed"] | None = None
    deliver_within: timedelta = DELIVER_WITHIN
    fallback: tuple[Fallback, ...] = ()
    useful_until: datetime | None = None
    preferences_page: Callable[[UUID], str] | None = None
    quote: bool = False
    data: Mapping[str, object] = NOTHING
    variants: Mapping[str, Words] | None = None
    invite: Invite | None = None
    choices: Choices | None = None

    def on(self, channel: str) -> "Draft":
        """The draft as it goes over `channel`."""
        # Asked for `None`, not for emptiness: a template that says the same everywhere lists none.
        words = None if self.variants is None else self.variants.get(channel)
        if words is None:
            return self
        return self._replace(
            text=words.text,
            html=words.html,
            subject=words.subject or self.subject,
            buttons=words.buttons,
        )

    @property
    def answers(self) -> bool:
        """Whether this is an answer, not a notice: only answers touch the conversation's state."""
        return not self.automatic and self.purpose == "service"


def checked(draft: Draft, now: datetime) -> Draft:
    """The draft with storable text and no time in the past; raises Invalid, naming the field."""
    html = rich_text.safe(clean(draft.html)) if draft.html else ""
    words = clean(draft.text) if draft.text.strip() else rich_text.as_text(html)
    if not words.strip() and not draft.files:
        raise Invalid(
            "There is nothing to send.",
            remedy="Write a text or add a file.",
            fields={"text": "empty, and no files"},
        )
    later = draft.send_at if draft.send_at is not None and draft.send_at > now else None
    subject, data = clean_line(draft.subject), clean_json(draft.data)
    cc = _copies("cc", draft.cc)
    bcc = tuple([one for one in _copies("bcc", draft.bcc) if one not in cc])
    was = (draft.text, draft.html, draft.subject, draft.cc, draft.bcc, draft.data, draft.send_at)
    # A template's words are right already, and a copy of two dozen fields is no trifle.
    if was == (words, html, subject, cc, bcc, data, later):
        return draft
    return draft._replace(
        text=words, html=html, subject=subject, cc=cc, bcc=bcc, data=data, send_at=later
    )


def _copies(field_: str, addresses: Sequence[str]) -> tuple[str, ...]:
    """Mail addresses in one spelling, each once, in order."""
    if not addresses:
        return ()
    found: dict[str, None] = {}
    for number, one in enumerate(addresses):
        try:
            found[normalise("email", one)] = None
        except Invalid as error:
            raise Invalid(
                f"“{clean(one)[:100]}” is no mail address.",
                remedy="An email address looks like name@example.com.",
                fields={f"{field_}.{number}": str(error)},
            ) from error
    return tuple(found)
