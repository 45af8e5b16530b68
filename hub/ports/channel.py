"""The channel port: what a channel offers (`ChannelType`, `Channel`) and is given (`Host`).

A `ChannelType` is stateless and named by an entry point of the group `hub.channels`. Opening it
with one inbox's settings gives a `Channel`: entering connects and authenticates, leaving closes.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable
from uuid import UUID

if TYPE_CHECKING:
    from aiohttp import ClientSession, web
    from pydantic import BaseModel

    from hub.ports.capabilities import Capabilities
    from hub.ports.messages import (
        Accepted,
        Address,
        Change,
        Checkpoint,
        DeliveryReceipt,
        InboundMessage,
        Opening,
        OutboundMessage,
        Quarantined,
        Seen,
        SendReceipt,
        Signal,
        StoredFile,
        TranscriptEntry,
    )

API_VERSION = 1
"""Raised when a channel written for the previous port can no longer run."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of `ChannelType.check`: what was tried, how it went, what to do."""

    level: Literal["ok", "warning", "error"]
    what: str
    remedy: str = ""


class Sink(Protocol):
    """Where a channel puts what came in. Every call returns after the commit.

    Acknowledge to the provider on the line after. `SinkUnavailable` means nothing was stored: do
    not
    acknowledge. Cancelling the caller does not undo a commit under way.
    """

    async def message(
        self, message: "InboundMessage", /, *, checkpoint: "Checkpoint | None" = None
    ) -> "Accepted | Quarantined":
        """Idempotent on (inbox, external_id).

        What is handed over at once is kept in its order for each address, and for each inbox when
        it carries checkpoints or is `in_order`.
        """

    async def change(self, change: "Change", /, *, checkpoint: "Checkpoint | None" = None) -> None:
        """Idempotent on (inbox, change_id).

        Changes of unknown messages are recorded as unknown.
        """

    async def delivery(self, receipt: "DeliveryReceipt", /) -> None:
        """Idempotent, any order; receipts of unknown deliveries are kept and matched later."""

    async def quarantine(
        self,
        raw: bytes,
        error: str,
        /,
        *,
        external_id: str,
        checkpoint: "Checkpoint | None" = None,
    ) -> "Accepted | Quarantined":
        """Keep what could not be read, visible and replayable.

        Idempotent on external_id: `Accepted` when the same input had become a message before.
        """

    def signal(self, signal: "Signal", /) -> None:
        """Typing, presence: best effort, forgotten with the process."""

    def risky(self, raw: bytes, external_id: str, /) -> AbstractAsyncContextManager[bool]:
        """Around parsing that might kill the process: enters with True when it may be tried.

        False when two processes have died inside already: the input is in quarantine, unparsed;
        acknowledge it and go on.
        """


class ChannelState(Protocol):
    """A small durable key-value store of one inbox (offsets, visit tokens)."""

    async def get(self, key: str, /) -> Mapping[str, object] | None: ...

    async def put(
        self, key: str, value: Mapping[str, object], /, *, expires_at: datetime | None = None
    ) -> None:
        """Past `expires_at` the key is gone."""

    async def update(
        self, key: str, value: Mapping[str, object], /, *, expires_at: datetime | None = None
    ) -> bool:
        """`put` over a value that is there; False, and nothing written, when there is none.

        So a change under way brings nothing back that another node deletes meanwhile.
        """

    async def delete(self, key: str, /) -> None: ...

    async def present(self, keys: Collection[str], /) -> frozenset[str]:
        """Those of `keys` that have a value now: one question for all of them."""


class Files(Protocol):
    """The hub's file store, bounded in size, types sniffed."""

    async def save(self, name: str, content: "AsyncIterator[bytes] | bytes", /) -> "StoredFile":
        """Raises PermanentError(TOO_LARGE) past the installation's limit, SinkUnavailable."""

    async def read(self, file_id: UUID, /) -> bytes:
        """Raises SinkUnavailable: a `send` that reads first, then hands over, is surely not sent.

        It says so with TransientError.
        """

    def url(self, file_id: UUID, /) -> str:
        """A signed, expiring address of the file."""


class Transcript(Protocol):
    """What one contact point said and was told: never the customer's other channels."""

    async def page(
        self,
        address: "Address",
        /,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> "Sequence[TranscriptEntry]":
        """Oldest first; the newest `limit` ones unless `after` (exclusive) is given."""

    async def seen(self, address: "Address", /) -> int | None:
        """How far an operator has read what this address wrote to this inbox: a position."""

    def follow(
        self, address: "Address", /
    ) -> "AbstractAsyncContextManager[AsyncIterator[Sequence[TranscriptEntry] | Signal | Seen]]":
        """New and changed entries from now on, on whichever node they are written.

        An entry may come twice and may come later than a `page` that holds it: key by id. A `Seen`
        comes when an operator has read on.
        """


class Host(Protocol):
    """What the hub gives to one open inbox."""

    @property
    def inbox_id(self) -> UUID: ...

    @property
    def inbox_name(self) -> str: ...

    @property
    def sink(self) -> Sink: ...

    @property
    def state(self) -> ChannelState: ...

    @property
    def files(self) -> Files: ...

    @property
    def transcript(self) -> Transcript: ...

    @property
    def http(self) -> "ClientSession":
        """For calls to providers: refuses private addresses unless HUB_ALLOW_HOSTS names them."""

    @property
    def public_url(self) -> str:
        """Where this inbox's `handle_http` is reached from outside, without a trailing slash."""

    def now(self) -> datetime:
        """The hub's clock, in UTC."""

    async def opening(self) -> "Opening":
        """What the business hours of this inbox say of now; raises SinkUnavailable."""

    async def carries(self, scheme: str, /) -> bool:
        """Whether some inbox of the hub can write to addresses of this scheme (`email`, `tel`).

        Ask before a customer is promised an answer there.
        """

    async def remark(self, detail: str, remedy: str = "", /) -> None:
        """Tell administrators something about an inbox that is open and works all the same.

        Shown as its detail until the next remark, or until it is opened anew.
        """

    def sign(self, purpose: str, text: str, /) -> str:
        """A signature only this inbox can make."""

    def verify(self, purpose: str, text: str, signature: str, /) -> bool: ...


@runtime_checkable
class Channel(Protocol):
    """One open inbox."""

    @property
    def capabilities(self) -> "Capabilities": ...

    async def send(self, message: "OutboundMessage", /) -> "SendReceipt":
        """Hand one message to the provider; raises the errors of `hub.ports.errors`."""

    async def receive(self) -> None:
        """Feed the sink until cancelled.

        Runs on one node at a time. HTTP-only channels just wait. Whatever it raises (a lost
        connection, SinkUnavailable) closes the inbox, to be opened again.
        """


@runtime_checkable
class HttpChannel(Channel, Protocol):
    """A channel that is spoken to: webhooks, the chat widget. Runs on every node."""

    async def handle_http(self, request: "web.Request", path: str, /) -> "web.StreamResponse":
        """`path` is what follows `/channels/{inbox}/`."""


@runtime_checkable
class Edits(Channel, Protocol):
    async def edit(self, message: "OutboundMessage", external_id: str, /) -> None: ...

    async def delete(self, address: "Address", external_id: str, /) -> None: ...


@runtime_checkable
class Typing(Channel, Protocol):
    async def typing(self, address: "Address", reply_address: str, /) -> None: ...


@runtime_checkable
class Reacts(Channel, Protocol):
    async def react(self, address: "Address", external_id: str, value: str, /) -> None: ...


@runtime_checkable
class Rereads(Channel, Protocol):
    async def reread(self, raw: bytes, external_id: str, /) -> None:
        """Bring to the sink, under that id, what went to quarantine unread; no checkpoint moves.

        What still cannot be read goes to quarantine again.
        """


class ChannelType(Protocol):
    """A kind of transport."""

    @property
    def name(self) -> str:
        """Lower-case word: `email`, `telegram`, `webchat`, `sms`."""

    @property
    def api_version(self) -> int:
        """`hub.ports.API_VERSION` of the port it was written for."""

    @property
    def settings(self) -> "type[BaseModel]":
        """Forms are drawn from its schema; `SecretStr` fields are encrypted and write-only."""

    @property
    def capabilities(self) -> "Capabilities":
        """What an open inbox of this type can carry at most."""

    async def check(self, settings: "BaseModel", host: Host) -> "Sequence[Finding]":
        """Try the settings against the provider; never raises for what a provider may answer."""

    def open(self, settings: "BaseModel", host: Host) -> AbstractAsyncContextManager[Channel]: ...


@runtime_checkable
class HttpChannelType(ChannelType, Protocol):
    """A kind of transport whose inboxes have addresses to give away."""

    @property
    def paths(self) -> Mapping[str, str]:
        """`webhook`, `status` (for a provider's console), `chat` (a page for people): what follows
        `/channels/{inbox}/`."""


@runtime_checkable
class Accounts(ChannelType, Protocol):
    """A kind of transport whose accounts two inboxes cannot share: they would fight over them."""

    def accounts(self, settings: "BaseModel", /) -> Collection[str]:
        """What an inbox with these settings receives from, each spelled in one way: a bot's id.

        No enabled inbox may name what another one does. Pure; shown to nobody and never stored.
        """


@dataclass(frozen=True, slots=True)
class Preview:
    """How a message would arrive: `page`, the whole of it as HTML where it is a page of its own
    (a mail); `segments`, how many messages are billed where a long text costs more (SMS), in
    `encoding`; `room`, how many more letters fit into them."""

    page: str = ""
    segments: int = 0
    encoding: str = ""
    room: int = 0


@runtime_checkable
class Previews(ChannelType, Protocol):
    """A kind of transport that can show a message before it is sent. Pure and quick."""

    def preview(self, message: "OutboundMessage", inbox_name: str, /) -> Preview: ...
