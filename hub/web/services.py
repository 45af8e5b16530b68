"""What the web layer is given: put together by the node, handed to every request."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from aiohttp import ClientSession
from prometheus_client import CollectorRegistry

from hub.clock import Clock
from hub.crypto import Keyring
from hub.db.engine import Database
from hub.inboxes.open_inbox import OpenInbox
from hub.inboxes.registry import Registry
from hub.operators.passwords import Passwords
from hub.ports import Finding
from hub.settings import Settings
from hub.timeline.files import FileStore
from hub.timeline.links import FileLinks
from hub.timeline.live import LiveFeed
from hub.timeline.operator_signals import nobody_else


@dataclass(frozen=True, slots=True)
class Services:
    """`check_inbox` tries an inbox's settings (NotFound, Invalid).

    `http` calls others, at public addresses. `open_inbox` finds an inbox that is open on this
    node (`Supervisor.called`); `typing_at` is told at which contact point somebody writes; `loops`
    says which loops run.
    """

    settings: Settings
    database: Database
    clock: Clock
    keyring: Keyring
    passwords: Passwords
    feed: LiveFeed
    files: FileStore
    links: FileLinks
    registry: Registry
    http: ClientSession
    check_inbox: Callable[[UUID], Awaitable[Sequence[Finding]]]
    open_inbox: Callable[[UUID, str], OpenInbox | None]
    typing_at: Callable[[UUID], None] = nobody_else
    loops: Callable[[], Mapping[str, bool]] = dict
    metrics: CollectorRegistry = field(default_factory=CollectorRegistry)
