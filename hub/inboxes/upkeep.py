"""Keeping one inbox open on this node: open, receive while the lease is ours, back off, reopen."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from typing import Never
from uuid import UUID

import structlog

from hub.clock import Clock
from hub.crypto import Keyring
from hub.db.base import Json
from hub.db.engine import Database
from hub.db.leases import LeaseLost
from hub.inboxes import settings as inbox_settings
from hub.inboxes import state as inbox_state
from hub.inboxes.backoff import STABLE_AFTER, Backoff
from hub.inboxes.open_inbox import InboxRef, OpenInbox
from hub.inboxes.registry import Registry
from hub.inboxes.state import OPEN, OPENING, State
from hub.ports import (
    Channel,
    ChannelError,
    Host,
    InboxMisconfigured,
    SinkUnavailable,
    TransientError,
)
from hub.tasks import heed_cancellation

OPEN_WITHIN = 60.0
_DATABASE_AWAY = 1.0
"""Seconds to wait when it was the hub's own fault: no reason to spare the provider."""

HostFor = Callable[[InboxRef], Host]
LeaseOf = Callable[[str], AbstractAsyncContextManager[None]]
"""Enters once the named lease is held here; raises LeaseLost out of the body when it is lost."""

Opened = Callable[[UUID], Awaitable[None]]

log = structlog.get_logger(__name__)


async def _nobody_waits(_inbox_id: UUID) -> None:
    """For a process that sends nothing."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What every inbox is kept open with; `opened` is told of each that has just opened."""

    database: Database
    registry: Registry
    keyring: Keyring
    host_for: HostFor
    lease: LeaseOf
    clock: Clock
    stable_after: float = STABLE_AFTER
    opened: Opened = _nobody_waits


@dataclass(frozen=True, slots=True)
class Configured:
    """One version of an inbox's row."""

    id: UUID
    version: int
    channel: str
    name: str
    pool: str
    reopen_days: int
    settings: Json


class Upkeep:
    """Keeps one version of one inbox open until cancelled. Its failures stay its own."""

    def __init__(self, inbox: Configured, tools: Tools) -> None:
        self.current: OpenInbox | None = None
        """The open inbox, while it is open on this node."""
        self._inbox = inbox
        self._tools = tools
        self._backoff = Backoff()
        self._log = log.bind(inbox_id=str(inbox.id), channel=inbox.channel)
        self._told = ""
        """The state the log was told of last; empty while all is well."""
        self._pause = 0.0
        self._opened_at: float | None = None
        """By the loop's clock, while it is open and until its end has been weighed."""
        self._accused: InboxMisconfigured | None = None
        self._task: asyncio.Task[object] | None = None
        self._holding = False
        self._unsaid: State | None = None
        self._untold = False
        """Whether what waits for it has still to hear that it is open."""

    async def run(self) -> None:
        self._task = asyncio.current_task()
        await self._say(OPENING)
        while True:
            state = await self._open_until_it_fails()
            await self._say(state)
            if state.state == "misconfigured":
                # Trying again would fail alike: the supervisor replaces this upkeep when the
                # settings change.
                await asyncio.Event().wait()
            await asyncio.sleep(self._pause)

    async def say_again(self) -> None:
        """Write the state that could not be written when it became true; tell who was not told."""
        if self._unsaid is not None:
            await self._say(self._unsaid)
        if self._untold and self.current is not None:
            await self._tell()

    async def _open_until_it_fails(self) -> State:
        try:
            await self._open()
        except (asyncio.CancelledError, Exception) as raised:  # noqa: BLE001 - its own trouble
            error = self._cause(raised)
        return self._failed(error)

    def _cause(self, raised: asyncio.CancelledError | Exception) -> Exception:
        """What ended it; raises CancelledError when whoever keeps it has ended it."""
        accused, task = self._accused, self._task
        # Only when nobody else cancelled us as well.
        if accused is not None and task is not None and task.uncancel() == 0:
            self._accused = None
            return accused
        heed_cancellation(raised)
        if isinstance(raised, asyncio.CancelledError):
            raise raised
        return raised

    async def _open(self) -> Never:
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(OPEN_WITHIN):
                    opened = await self._enter(stack)
            except TimeoutError as error:
                raise TransientError("It did not open in time.") from error
            settled = asyncio.get_running_loop().call_later(
                self._tools.stable_after, self._settled
            )
            stack.callback(settled.cancel)
            self.current = opened
            self._opened_at = asyncio.get_running_loop().time()
            stack.callback(self._forget)
            await self._tell()
            await self._receive(opened.channel)

    async def _enter(self, stack: AsyncExitStack) -> OpenInbox:
        tools, inbox = self._tools, self._inbox
        # The first use of a channel imports it, and that may take a while.
        channel_type = await asyncio.to_thread(tools.registry.type, inbox.channel)
        settings = inbox_settings.restore(channel_type.settings, inbox.settings, tools.keyring)
        region = str(getattr(settings, "region", "") or "")
        ref = InboxRef(inbox.id, inbox.channel, inbox.name, inbox.pool, region, inbox.reopen_days)
        opening = channel_type.open(settings, tools.host_for(ref))
        channel = await stack.enter_async_context(opening)
        return OpenInbox(ref, channel, channel.capabilities, self._accuse)

    async def _tell(self) -> None:
        """Let what waits for this inbox go on at once; it would find out by itself much later."""
        self._untold = True
        try:
            await self._tools.opened(self._inbox.id)
        except Exception as error:  # noqa: BLE001 - the supervisor has it told again
            heed_cancellation(error)
            self._log.warning("inbox.opening_untold", error=repr(error))
        else:
            self._untold = False

    async def _receive(self, channel: Channel) -> Never:
        """Receive whenever the lease is ours. Sending and HTTP work without it."""
        while True:
            try:
                async with self._tools.lease(inbox_state.lease_name(self._inbox.id)):
                    self._holding = True
                    await self._say(OPEN)
                    await channel.receive()
                    raise TransientError("The channel stopped receiving by itself.")
            except LeaseLost:
                continue
            finally:
                self._holding = False

    def _forget(self) -> None:
        self.current = None

    def _accuse(self, error: InboxMisconfigured) -> None:
        """Sending found the settings wrong: close, as if opening had found it."""
        if self.current is not None and self._accused is None and self._task is not None:
            self._accused = error
            self._task.cancel()

    def _failed(self, error: Exception) -> State:
        state = inbox_state.fault(error)
        ours = isinstance(error, SinkUnavailable)
        self._pause = _DATABASE_AWAY if ours else self._backoff.failed(self._held())
        if self._told != state.state:
            self._told = state.state
            expected = ours or isinstance(error, ChannelError) or state.state == "misconfigured"
            self._log.warning(
                "inbox.down",
                state=state.state,
                detail=state.detail,
                exc_info=None if expected else error,
            )
        return state

    def _held(self) -> float:
        """Seconds it was open before it failed."""
        opened, self._opened_at = self._opened_at, None
        return 0.0 if opened is None else asyncio.get_running_loop().time() - opened

    def _settled(self) -> None:
        self._backoff.settled()
        if self._told:
            self._told = ""
            self._log.info("inbox.back")

    async def _say(self, state: State) -> None:
        self._unsaid = state
        inbox = (self._inbox.id, self._inbox.version)
        tools = self._tools
        try:
            turned = await inbox_state.write(
                tools.database, inbox, state, holding=self._holding, now=tools.clock()
            )
        except Exception as error:  # noqa: BLE001 - the supervisor has it said again
            heed_cancellation(error)
            self._log.debug("inbox.state_unsaid", error=repr(error))
        else:
            if self._unsaid is state:
                self._unsaid = None
            # A node on which it is closed rests its lanes for as long as no other says "open".
            if turned and state is OPEN:
                await self._tell()
