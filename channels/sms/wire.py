"""What passes between the channel and a gateway: plain values, so that a gateway is pure."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from channels.sms.keywords import Keyword
from hub.ports import DeliveryReceipt, Finding, SendReceipt

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Text:
    """One message to hand over. `to` in E.164; `valid_for` seconds, worth nothing after them.

    status_url: where news of it are to go; it names the message by `reference`.
    media: addresses of pictures, good for a day.
    """

    to: str
    text: str
    reference: UUID
    status_url: str
    valid_for: int
    media: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a gateway. `form` and `json` exclude each other."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Pairs = field(default=(), repr=False)
    form: Pairs = field(default=(), repr=False)
    json: object = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Received:
    """A gateway's request to us.

    url: as the gateway had to spell it, with its query string untouched. query, form: decoded,
    in order, repeated names kept. headers: names in lower case. remote: the caller's address.
    """

    method: str
    url: str
    query: Pairs
    form: Pairs
    headers: Mapping[str, str]
    body: bytes
    remote: str


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or the like of a message (MMS), to be fetched from the provider."""

    url: str
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Inbound:
    """What a customer wrote. `occurred_at`: None where the gateway does not say.

    asked: the provider itself took the message for a keyword. answered: and answers it itself.
    """

    external_id: str
    sender: str
    text: str
    to: str = ""
    occurred_at: datetime | None = None
    media: tuple[Media, ...] = ()
    asked: Keyword | None = None
    answered: bool = False


class Unreadable(ValueError):
    """The gateway's request lacks what it has to say; `str` says what, and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What a gateway wants to hear once a message is stored."""

    content_type: str
    body: bytes


Ask = Callable[[Call], Awaitable[Answer]]
"""Sends a call and brings the answer; raises what the HTTP client raises."""


class Gateway(Protocol):
    """One provider's protocol, without a socket: signature, parse, build, status map."""

    acknowledgement: Acknowledgement
    sends_per_second: float
    """How fast the sender may be used; 0 = no limit."""
    pasted: Collection[str]
    """Which of our addresses have to be entered at the provider: `webhook`, `status`."""
    media_headers: Mapping[str, str]
    """What fetching a picture from the API's own host needs."""

    def build(self, text: Text, /) -> Call: ...

    def taken(self, answer: Answer, text: Text, /) -> SendReceipt:
        """The receipt for a message; raises `channels.sms.errors.Refused` when it was refused."""

    def genuine(self, received: Received, /) -> bool:
        """Whether the request is the provider's own: decided on the raw request."""

    def inbound(self, received: Received, /) -> Inbound:
        """Raises Unreadable."""

    def status(self, received: Received, now: datetime, /) -> DeliveryReceipt | None:
        """None for news that say nothing of a message we sent. Raises Unreadable."""

    async def admitted(self, ask: Ask, /) -> None:
        """Raises Refused where the account's credentials are wrong, or the client's errors."""

    async def check(self, ask: Ask, urls: Mapping[str, str], /) -> Sequence[Finding]:
        """What can be found out without sending anything; raises Refused, or the client's errors.

        urls: `webhook` and `status`, to be pasted at the provider.
        """
