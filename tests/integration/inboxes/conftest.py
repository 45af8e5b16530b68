"""A supervised node without the rest of the hub, and channels that do as the test says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

import aiohttp
import pytest
from pydantic import BaseModel, SecretStr

from hub.clock import now
from hub.crypto import Keyring
from hub.db.base import Json
from hub.db.engine import Database
from hub.db.leases import LeaseKeeper
from hub.inboxes.host import InboxHost, StoredState
from hub.inboxes.open_inbox import InboxRef
from hub.inboxes.registry import Registry
from hub.inboxes.repository import InboxChanges, InboxDraft, InboxRepository
from hub.inboxes.supervisor import Supervisor
from hub.inboxes.upkeep import Tools
from hub.ports import (
    API_VERSION,
    Capabilities,
    Finding,
    Host,
    OutboundMessage,
    SendReceipt,
)
from hub.ports.fake import RecordingHost
from hub.ports.fake import channel_type as fake_type
from hub.tasks import Background

KEYRING = Keyring("a key for tests")
CAPABILITIES = Capabilities(frozenset({"probe"}), 100)


async def nothing() -> None:
    pass


async def for_ever() -> None:
    await asyncio.Event().wait()


class ProbeSettings(BaseModel):
    mark: str = ""
    token: SecretStr = SecretStr("")


@dataclass
class Probe:
    """A channel type that runs the test's own code on opening, receiving and closing."""

    name: str = "probe"
    opening: Callable[[], Awaitable[None]] = nothing
    receiving: Callable[[], Awaitable[None]] = for_ever
    closing: Callable[[], Awaitable[None]] = nothing
    opened: list[str] = field(default_factory=list)
    """The `mark` of each opening's settings."""
    receivers: int = 0
    most_receivers: int = 0
    open_now: int = 0
    most_open: int = 0
    api_version: int = API_VERSION
    settings: type[BaseModel] = ProbeSettings
    capabilities: Capabilities = CAPABILITIES

    async def check(self, settings: BaseModel, host: Host) -> Sequence[Finding]:
        return [Finding("ok", f"{type(settings).__name__} for {host.inbox_name}")]

    @asynccontextmanager
    async def open(self, settings: BaseModel, host: Host) -> AsyncIterator["ProbeChannel"]:
        assert isinstance(settings, ProbeSettings)
        self.opened.append(settings.mark)
        await self.opening()
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            yield ProbeChannel(self, host)
        finally:
            await self.closing()
            self.open_now -= 1


@dataclass
class ProbeChannel:
    probe: Probe
    host: Host

    @property
    def capabilities(self) -> Capabilities:
        return self.probe.capabilities

    async def send(self, message: OutboundMessage, /) -> SendReceipt:
        return SendReceipt(str(message.delivery_id))

    async def receive(self) -> None:
        self.probe.receivers += 1
        self.probe.most_receivers = max(self.probe.most_receivers, self.probe.receivers)
        try:
            await self.probe.receiving()
        finally:
            self.probe.receivers -= 1


class Node:
    """One node's supervisor with leases of its own."""

    def __init__(self, supervisor: Supervisor, task: "asyncio.Task[None]") -> None:
        self.supervisor = supervisor
        self._task = task

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait({self._task})


class House:
    """Inboxes in a real database, and as many nodes as a test starts."""

    def __init__(
        self, database: Database, http: aiohttp.ClientSession, registry: Registry
    ) -> None:
        self.database = database
        self.http = http
        self.registry = registry
        self.repository = InboxRepository(registry, KEYRING, "https://hub.example")
        self.hosts: dict[UUID, RecordingHost] = {}
        self._background = Background()

    async def add(self, channel: str, settings: Json, *, enabled: bool = True) -> UUID:
        draft = InboxDraft(channel, f"The {channel}", settings, enabled=enabled)
        async with self.database.transaction() as session:
            inbox = await self.repository.create(session, draft, now=now())
        return inbox.id

    async def change(self, inbox_id: UUID, changes: InboxChanges) -> None:
        async with self.database.transaction() as session:
            await self.repository.patch(session, inbox_id, changes, now=now())

    async def view(self, inbox_id: UUID) -> Json:
        async with self.database.reading() as session:
            return self.repository.view(await self.repository.get(session, inbox_id))

    async def state_is(self, inbox_id: UUID, state: str, *, within: float = 20) -> Json:
        """Wait for the row to say `state`."""
        async with asyncio.timeout(within):
            while (view := await self.view(inbox_id))["state"] != state:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return view

    def _host(self, ref: InboxRef) -> Host:
        recording = self.hosts.setdefault(ref.id, RecordingHost(self.http, now, inbox_id=ref.id))
        return InboxHost(
            inbox_id=ref.id,
            inbox_name=ref.name,
            public_url=f"https://hub.example/channels/{ref.id}",
            sink=recording.sink,
            state=StoredState(self.database, ref.id, now),
            files=recording.files,
            transcript=recording.transcript,
            http=self.http,
            clock=now,
            keyring=KEYRING,
            database=self.database,
            registry=self.registry,
        )

    @asynccontextmanager
    async def node(self, **bent: object) -> AsyncIterator[Node]:
        """A running node; `bent` replaces some of its tools."""
        async with LeaseKeeper.open(self.database) as leases:
            usual: Mapping[str, object] = {
                "database": self.database,
                "registry": self.registry,
                "keyring": KEYRING,
                "host_for": self._host,
                "lease": leases.lease,
                "clock": now,
            }
            supervisor = Supervisor(Tools(**{**usual, **bent}))  # type: ignore[arg-type]
            node = Node(supervisor, self._background.spawn(supervisor.run(), "supervisor"))
            try:
                yield node
            finally:
                await node.stop()


@pytest.fixture
def probe() -> Probe:
    return Probe()


@pytest.fixture
async def house(database: Database, probe: Probe) -> AsyncIterator[House]:
    async with aiohttp.ClientSession() as http:
        yield House(database, http, Registry({"fake": fake_type, "probe": probe}))
