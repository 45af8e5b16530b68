"""What the rest of the hub knows of an inbox: its reference, and the open channel behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from hub.ports import Capabilities, Channel, InboxMisconfigured

REOPEN_DAYS = 7
"""Unless an inbox says otherwise."""


@dataclass(frozen=True, slots=True)
class InboxRef:
    """One inbox as its sink sees it. `region` helps reading local numbers (`RU`), or is empty.

    reopen_days: how long an answer still opens a closed conversation again.
    """

    id: UUID
    channel: str
    name: str
    pool: str
    region: str = ""
    reopen_days: int = REOPEN_DAYS


@dataclass(frozen=True, slots=True)
class OpenInbox:
    """An inbox that is open on this node.

    misconfigured: to be called when `channel.send` raised that error: closes the inbox until its
    settings change.
    """

    ref: InboxRef
    channel: Channel
    capabilities: Capabilities
    misconfigured: Callable[[InboxMisconfigured], None]

    @property
    def id(self) -> UUID:
        return self.ref.id

    @property
    def name(self) -> str:
        return self.ref.name

    @property
    def region(self) -> str:
        return self.ref.region
