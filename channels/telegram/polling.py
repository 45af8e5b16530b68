"""Fetching updates: everything of a batch is committed before the next poll confirms it.

The offset is committed with the last message of a batch, so whoever polls next, after a crash or
on another node, begins where nothing was lost; what comes twice is recognised by its name.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from aiogram.exceptions import AiogramError, TelegramConflictError
from aiogram.methods import GetUpdates

from channels.telegram.api import BotApi
from channels.telegram.errors import classify
from channels.telegram.fields import integer, text_of
from channels.telegram.receiving import Receiver
from channels.telegram.settings import TelegramSettings
from channels.telegram.updates import ALLOWED, album_of, place
from hub.ports import Checkpoint, Host, InboxMisconfigured, OutcomeUnknown, RateLimited

log = structlog.get_logger(__name__)

LIMIT = 100
"""Updates in one answer, the most there may be."""
GIVE_UP_AFTER = 4
"""Polls that fail one after the other until the inbox is said to be down."""
_STALE = timedelta(days=6)
"""After a week without updates Telegram counts from a random number on; before, the rest is
fetched anew, and what was known is recognised."""
_MOST_WAITS = 5
_ANSWER_WITHIN = 10.0
"""Seconds a poll may take longer than it was asked to wait."""
_AT_ONCE = 32
"""Chats whose updates are taken in at the same time."""


class Poller:
    """Polls for one bot until cancelled, or until it has failed too often in a row."""

    def __init__(
        self, host: Host, api: BotApi, receiver: Receiver, settings: TelegramSettings
    ) -> None:
        self._host = host
        self._api = api
        self._receiver = receiver
        self._timeout = settings.poll_timeout
        self._album_wait = settings.album_wait
        self._key = f"offset:{settings.bot_id}"
        self._next = 0
        self._seats = asyncio.Semaphore(_AT_ONCE)

    async def run(self) -> None:
        """Raises SinkUnavailable, or the ChannelError that explains why nothing can be fetched."""
        await self._begin()
        failures = 0
        while True:
            try:
                batch = await self._poll(self._timeout)
                failures = 0
            except AiogramError as error:
                failures += 1
                await self._endure(error, failures)
                continue
            await self._take_all(await self._whole_albums(batch))
            if not batch and not self._timeout:
                await asyncio.sleep(0.2)

    async def _begin(self) -> None:
        stands = await self._host.state.get(self._key) or {}
        try:
            written = datetime.fromisoformat(text_of(stands, "at"))
        except ValueError:
            written = None
        fresh = written is not None and self._host.now() - written < _STALE
        self._next = integer(stands, "next") if fresh else 0

    async def _endure(self, error: AiogramError, failures: int) -> None:
        """Wait a little; raises what the error means when that no longer helps."""
        meaning = classify(error)
        if isinstance(error, TelegramConflictError):
            await self._host.state.put("conflict", {"at": self._host.now().isoformat()})
        if isinstance(meaning, InboxMisconfigured) or failures >= GIVE_UP_AFTER:
            if isinstance(meaning, OutcomeUnknown):
                meaning = OutcomeUnknown("The Bot API server fails again and again.")
            raise meaning from None
        pause = 0.25 * 2**failures
        if isinstance(meaning, RateLimited):
            pause = max(pause, meaning.retry_after)
        log.info("telegram.poll_failed", error=type(error).__name__, failures=failures)
        await asyncio.sleep(pause)

    async def _poll(self, wait: int) -> Sequence[object]:
        found = await self._api.call(
            GetUpdates(
                offset=self._next or None,
                limit=LIMIT,
                timeout=wait or None,
                allowed_updates=list(ALLOWED),
            ),
            seconds=wait + _ANSWER_WITHIN,
        )
        return found if isinstance(found, list) else []

    async def _whole_albums(self, batch: Sequence[object]) -> Sequence[object]:
        """The batch once the album at its end has had time to come whole.

        Nothing is confirmed meanwhile: the next poll brings the same updates and what followed.
        """
        for _ in range(_MOST_WAITS):
            if not batch or len(batch) >= LIMIT or not album_of(batch[-1]):
                break
            await asyncio.sleep(self._album_wait)
            try:
                later = await self._poll(0)
            except AiogramError:
                break
            if len(later) <= len(batch):
                break
            batch = later
        return batch

    async def _take_all(self, batch: Sequence[object]) -> None:
        """Chats side by side, each in its order; the last update commits where we stand."""
        if not batch:
            return
        chats: defaultdict[str, list[object]] = defaultdict(list)
        for update in batch[:-1]:
            chats[place(update)].append(update)
        try:
            async with asyncio.TaskGroup() as group:
                for updates in chats.values():
                    group.create_task(self._take_in_order(updates))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        after = max((integer(one, "update_id") for one in batch), default=0) + 1
        if after == 1:
            after = self._next + 1 if self._next else 0
        now = self._host.now().isoformat()
        await self._receiver.take(batch[-1], Checkpoint(self._key, {"next": after, "at": now}))
        self._next = after

    async def _take_in_order(self, updates: Sequence[object]) -> None:
        async with self._seats:
            for update in updates:
                await self._receiver.take(update)
