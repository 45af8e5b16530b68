"""One running process of the hub: what it is made of, in which order it starts and stops.

Whatever starts first stops last: the database outlives the loops, the loops outlive the door. A
loop that ends by itself is a fault of ours: the process ends with it, and whoever watches over
it starts another.
"""

import asyncio
import os
import socket
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from uuid import UUID

import structlog
from aiohttp import ClientSession, web

from hub import clock as wall
from hub.alerts import telling as alert_messages
from hub.alerts import watch as alert_watch
from hub.appointments.links import AnswerLinks
from hub.clock import Clock
from hub.conversations import fallbacks, notify, rated
from hub.conversations import repository as conversations
from hub.conversations.chat_mail import ChatMails
from hub.conversations.fallbacks import Fallbacks
from hub.conversations.ingest import Ingest
from hub.conversations.stop_links import StopLinks
from hub.conversations.update import Snoozes
from hub.db.cluster import hub_lock
from hub.db.leases import LeaseKeeper
from hub.db.reader import LEISURE, follow
from hub.db.relay import Relay
from hub.db.retention import Retention
from hub.db.wakeups import WakeUps
from hub.deliveries.amendments import Amendments
from hub.deliveries.outbox import PACES, Outbox
from hub.desk import routing
from hub.desk.routing import RoutingReader
from hub.desk.turn_taking import Turns
from hub.due.loop import DueLoop
from hub.errors import Unavailable
from hub.inboxes.host import InboxHost, StoredState
from hub.inboxes.open_inbox import InboxRef
from hub.inboxes.outgoing_http import outgoing_http
from hub.inboxes.registry import Registry
from hub.inboxes.supervisor import Supervisor
from hub.inboxes.typing_out import TypingOut
from hub.inboxes.upkeep import Tools
from hub.installation import Installation, open_installation
from hub.operators.passwords import Passwords
from hub.ports import Finding, Host
from hub.reminders import answering
from hub.reminders import loops as reminder_loops
from hub.reminders import reader as reminders
from hub.reminders.answering import AnswerReader
from hub.reminders.reader import ReminderReader
from hub.rules import actions, replies
from hub.rules.clock_times import ClockRules
from hub.rules.later import LaterRules
from hub.rules.question_links import QuestionLinks
from hub.rules.reader import RuleReader
from hub.rules.replies import QuestionReader
from hub.settings import Settings
from hub.timeline import search_index
from hub.timeline.files import FileStore, InboxFiles
from hub.timeline.links import FileLinks
from hub.timeline.live import LiveFeed
from hub.timeline.transcript import Transcripts
from hub.timers import watching
from hub.timers.watching import TimerReader, Timers
from hub.web import housekeeping
from hub.web.app import build_app
from hub.web.services import Services
from hub.webhooks import sending as webhooks
from hub.webhooks.reader import WebhookReader
from hub.webhooks.sending import WebhookSender

log = structlog.get_logger(__name__)

KEEP_ALIVE = 75.0
"""Seconds a connection may be open without a whole request: longer than proxies keep theirs."""
SHUTDOWN = 3.0
"""Seconds requests under way are given at the end."""


class Role(StrEnum):
    WEB = "web"
    """Answers HTTP; opens inboxes to be written to, but receives from none."""
    WORKER = "worker"
    """Runs the loops: receiving, sending, rules, search."""
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Ready:
    """What is told when the node serves; `url` is empty for a worker."""

    url: str
    pid: int
    data_dir: Path


async def run(
    settings: Settings,
    *,
    role: Role,
    ready: Callable[[Ready, Installation], Awaitable[None]],
    clock: Clock = wall.now,
    prepare: Callable[[Settings], Awaitable[None]] | None = None,
) -> None:
    """Serve until cancelled. Raises HubError for what an administrator has to mend first.

    `prepare` is called with the settings as they are served, the port known, before any inbox
    opens.
    """
    async with AsyncExitStack() as stack:
        if not settings.database_url:
            await stack.enter_async_context(hub_lock(settings.data_path))
        listening = None if role is Role.WORKER else stack.enter_context(_listen(settings))
        settings = _with_address(settings, listening)
        installation = await stack.enter_async_context(open_installation(settings))
        if prepare is not None:
            await prepare(settings)
        parts = await _assemble(stack, installation, role, clock)
        if role is not Role.WEB:
            await alert_watch.begin(installation.database, clock)
        async with asyncio.TaskGroup() as group, AsyncExitStack() as door:
            loops = {
                name: group.create_task(_endless(name, loop()), name=name)
                for name, loop in _loops(parts, role).items()
            }
            if listening is not None:
                health = partial(_health, loops)
                await door.enter_async_context(_serving(parts, health, listening))
            url = settings.public_url if listening is not None else ""
            await ready(Ready(url, os.getpid(), settings.data_path), installation)
            await asyncio.Event().wait()


async def try_inbox(at: Installation, inbox_id: UUID) -> Sequence[Finding]:
    """Try an inbox's settings against its provider, from a process that serves nothing."""
    async with AsyncExitStack() as stack:
        parts = await _assemble(stack, at, Role.WEB, wall.now)
        return await parts.supervisor.check(inbox_id)


# --- parts ------------------------------------------------------------------------------------


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


async def _assemble(stack: AsyncExitStack, at: Installation, role: Role, clock: Clock) -> Parts:
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


# --- loops ------------------------------------------------------------------------------------

Loop = Callable[[], Coroutine[object, object, None]]


def _loops(parts: Parts, role: Role) -> Mapping[str, Loop]:
    database = parts.installation.database
    shared: dict[str, Loop] = {
        "relay": Relay(database).run,
        "wake-ups": WakeUps(database).run,
        "live": parts.feed.run,
        "inboxes": parts.supervisor.run,
        "visitors": parts.ingest.attendance.run,
    }
    if role is Role.WEB:
        return shared
    settings, keyring = parts.installation.settings, parts.installation.keyring
    links = StopLinks(keyring, settings.public_url)
    rule_tools = actions.Tools(
        parts.registry,
        links.preferences,
        AnswerLinks(keyring, settings.public_url),
        QuestionLinks(keyring, settings.public_url),
    )
    rules = RuleReader(rule_tools, parts.clock)
    handlers = {
        **parts.outbox.handlers,
        **reminder_loops.handlers(database, parts.clock, rule_tools),
        **ChatMails(database, parts.clock, parts.registry, links).handlers,
        **Fallbacks(database, parts.clock, parts.registry).handlers,
        **Amendments(database, parts.clock, parts.supervisor.channel).handlers,
        **Snoozes(database, parts.clock).handlers,
        **Turns(database, parts.clock).handlers,
        **Timers(database, parts.clock).handlers,
        **parts.webhooks.handlers,
        **LaterRules(database, rule_tools, parts.clock).handlers,
        **ClockRules(database, rule_tools, parts.clock).handlers,
        alert_watch.KIND: alert_watch.Watch(database, parts.clock),
        alert_messages.KIND: alert_messages.Messages(
            database, parts.clock, parts.supervisor.channel, settings.public_url
        ),
    }
    worker: dict[str, Loop] = {
        "due": DueLoop(
            database,
            parts.clock,
            handlers,
            paces={**PACES, **webhooks.PACES, **reminder_loops.PACES},
        ).run,
        "rules": partial(follow, database, RuleReader.NAME, rules),
        reminders.READER: partial(follow, database, reminders.READER, ReminderReader(parts.clock)),
        answering.READER: partial(
            follow, database, answering.READER, AnswerReader(parts.registry, parts.clock)
        ),
        replies.READER: partial(
            follow, database, replies.READER, QuestionReader(parts.registry, parts.clock)
        ),
        WebhookReader.NAME: partial(
            follow, database, WebhookReader.NAME, WebhookReader(parts.clock), start="end"
        ),
        notify.READER: partial(follow, database, notify.READER, notify.notify, linger=LEISURE),
        rated.READER: partial(
            follow, database, rated.READER, rated.RatingReader(parts.clock), linger=LEISURE
        ),
        routing.READER: partial(
            follow, database, routing.READER, RoutingReader(parts.clock), start="end"
        ),
        watching.READER: partial(
            follow, database, watching.READER, TimerReader(parts.clock), start="end"
        ),
        fallbacks.READER: partial(follow, database, fallbacks.READER, fallbacks.answered),
        "search": partial(
            follow, database, search_index.READER, search_index.index, linger=LEISURE
        ),
        "retention": Retention(database, parts.clock).run,
        "housekeeping": partial(housekeeping.run, database, parts.clock),
    }
    return shared | worker


async def _endless(name: str, loop: Coroutine[object, object, None]) -> None:
    await loop
    raise RuntimeError(f"The loop {name} ended by itself.")


def _health(loops: Mapping[str, "asyncio.Task[None]"]) -> Mapping[str, bool]:
    return {name: not task.done() for name, task in loops.items()}


# --- HTTP -------------------------------------------------------------------------------------


@contextmanager
def _listen(settings: Settings) -> Iterator[socket.socket]:
    """The listening socket, bound before all else: a taken port says so at once."""
    try:
        listening = socket.create_server(
            (settings.host, settings.port),
            family=socket.AF_INET6 if ":" in settings.host else socket.AF_INET,
            backlog=1024,
        )
    except OSError as error:
        raise Unavailable(
            f"The hub cannot listen on {settings.host}, port {settings.port}: {error.strerror}.",
            remedy="Stop what uses the port, or set HUB_PORT to another one (0 takes a free one).",
        ) from error
    with listening:
        yield listening


def _with_address(settings: Settings, listening: socket.socket | None) -> Settings:
    """The settings with the port that was really taken, and a public URL in any case."""
    if listening is None:
        return settings
    port = listening.getsockname()[1]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    public_url = settings.public_url or f"http://{host}:{port}"
    return settings.model_copy(update={"port": port, "public_url": public_url})


@asynccontextmanager
async def _serving(
    parts: Parts, health: Callable[[], Mapping[str, bool]], listening: socket.socket
) -> AsyncIterator[None]:
    at = parts.installation
    typing = TypingOut(at.database, parts.supervisor.channel)
    services = Services(
        settings=at.settings,
        database=at.database,
        clock=parts.clock,
        keyring=at.keyring,
        passwords=parts.passwords,
        http=parts.http,
        feed=parts.feed,
        files=parts.files,
        links=parts.links,
        registry=parts.registry,
        check_inbox=parts.supervisor.check,
        open_inbox=parts.supervisor.called,
        typing_at=typing.show,
        loops=health,
    )
    runner = web.AppRunner(
        build_app(services),
        access_log=None,
        shutdown_timeout=SHUTDOWN,
        keepalive_timeout=KEEP_ALIVE,
    )
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        yield
    finally:
        await runner.cleanup()
        await typing.close()
