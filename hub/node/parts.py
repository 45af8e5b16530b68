"""What one node is made of, and which of it a web or a worker process has."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from aiohttp import ClientSession

from hub import clock as wall
from hub.clock import Clock
from hub.conversations import repository as conversations
from hub.conversations.inbound.ingest import Ingest
from hub.conversations.outbound.stop_links import StopLinks
from hub.db.leases import LeaseKeeper
from hub.deliveries.outbox import Outbox
from hub.inboxes.host import InboxHost, StoredState
from hub.inboxes.open_inbox import InboxRef
from hub.inboxes.outgoing_http import outgoing_http
from hub.inboxes.registry import Registry
from hub.inboxes.supervisor import Supervisor
from hub.inboxes.upkeep import Tools
from hub.installation import Installation
from hub.node.role import Role
from hub.operators.passwords import Passwords
from hub.ports import Finding, Host
from hub.timeline.files import FileStore, InboxFiles
from hub.timeline.links import FileLinks
from hub.timeline.live import LiveFeed
from hub.timeline.transcript import Transcripts
from hub.webhooks.sending import WebhookSender


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything of one node that lasts as long as it does."""

    installation: Installation
    clock: Clock
    registry: Registry
    passwords: Passwords
    http: ClientSession
    files: FileStore
    links: FileLinks
    feed: LiveFeed
    ingest: Ingest
    supervisor: Supervisor
    outbox: Outbox
    webhooks: WebhookSender


async def assemble(stack: AsyncExitStack, at: Installation, role: Role, clock: Clock) -> Parts:
    database, keyring, settings = at.database, at.keyring, at.settings
    registry, files = Registry.load(), FileStore(database)
    links = FileLinks(keyring, settings.public_url, clock)
    feed = LiveFeed(database, clock, summaries=conversations.summaries)
    transcripts = Transcripts(database, feed)
    ingest = Ingest(database, clock, files, tell=feed.signal, fresh=feed.fresh, registry=registry)
    stack.push_async_callback(ingest.close)
    http = await stack.enter_async_context(outgoing_http(settings.allow_hosts))
    keeper = await stack.enter_async_context(LeaseKeeper.open(database))

    def host_for(inbox: InboxRef) -> Host:
        return InboxHost(
            inbox_id=inbox.id,
            inbox_name=inbox.name,
            public_url=f"{settings.public_url}/channels/{inbox.id}",
            sink=ingest.sink(inbox),
            state=StoredState(database, inbox.id, clock),
            files=InboxFiles(files, links, inbox.id),
            transcript=transcripts.for_inbox(inbox.id),
            http=http,
            clock=clock,
            keyring=keyring,
            database=database,
            registry=registry,
        )

    async def opened(inbox_id: UUID) -> None:
        await outbox.inbox_opened(inbox_id)

    tools = Tools(
        database=database,
        registry=registry,
        keyring=keyring,
        host_for=host_for,
        lease=_never if role is Role.WEB else keeper.lease,
        clock=clock,
        opened=opened,
    )
    supervisor = Supervisor(tools)
    passwords = Passwords()
    stack.callback(passwords.close)
    stops = StopLinks(keyring, settings.public_url)
    outbox = Outbox(database, clock, supervisor.channel, stop=stops.url)
    return Parts(
        installation=at,
        clock=clock,
        registry=registry,
        passwords=passwords,
        http=http,
        files=files,
        links=links,
        feed=feed,
        ingest=ingest,
        supervisor=supervisor,
        outbox=outbox,
        webhooks=WebhookSender(database, clock, keyring, http, conversations.summaries),
    )


@asynccontextmanager
async def _never(_name: str) -> AsyncIterator[None]:
    """The lease of a node that does not receive: it is never granted."""
    await asyncio.Event().wait()
    yield


async def try_inbox(at: Installation, inbox_id: UUID) -> Sequence[Finding]:
    """Try an inbox's settings against its provider, from a process that serves nothing."""
    async with AsyncExitStack() as stack:
        parts = await assemble(stack, at, Role.WEB, wall.now)
        return await parts.supervisor.check(inbox_id)
