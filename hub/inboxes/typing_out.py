"""Letting a customer's app show that an operator is writing: best effort, and not too often."""

import asyncio
from collections.abc import Callable
from uuid import UUID

import structlog
from sqlalchemy import text

from hub.db.engine import Database
from hub.inboxes.open_inbox import OpenInbox
from hub.ports import Address, Typing
from hub.tasks import Background

log = structlog.get_logger(__name__)

EVERY = 4.0
"""Seconds between two signs to one contact point: apps show one for about five."""
_AT_ONCE = 20
"""Signs on their way; more are dropped."""
_WITHIN = 5.0
"""Seconds a channel may take: later it says nothing true."""

_CHAT = text("""
    SELECT p.scheme, p.value, r.inbox_id, r.reply_address
    FROM contact_points AS p JOIN reachability AS r ON r.contact_point_id = p.id
    WHERE p.id = :point AND r.blocked_at IS NULL AND p.opted_out_at IS NULL
    ORDER BY r.last_inbound_at DESC NULLS LAST LIMIT 1
""")


class TypingOut:
    """open_here: the inbox of an id, when it is open on this node."""

    def __init__(self, database: Database, open_here: Callable[[UUID], OpenInbox | None]) -> None:
        self._database = database
        self._open_here = open_here
        self._tasks = Background()
        self._busy = 0
        self._next: dict[UUID, float] = {}

    def show(self, contact_point_id: UUID) -> None:
        """Somebody is writing there."""
        now = asyncio.get_running_loop().time()
        if self._busy >= _AT_ONCE or now < self._next.get(contact_point_id, 0):
            return
        self._next = {point: at for point, at in self._next.items() if at > now}
        self._next[contact_point_id] = now + EVERY
        self._busy += 1
        self._tasks.start(self._show(contact_point_id), "typing")

    async def close(self) -> None:
        await self._tasks.close()

    async def _show(self, contact_point_id: UUID) -> None:
        try:
            async with self._database.reading() as session:
                found = await (await session.connection()).execute(
                    _CHAT, {"point": contact_point_id}
                )
                chat = found.first()
            inbox = self._open_here(chat.inbox_id) if chat else None
            # Who looks at a chat of ours is told by the transcript, on every node.
            if (
                chat is not None
                and inbox is not None
                and inbox.capabilities.typing
                and not inbox.capabilities.awaits_visit
                and isinstance(inbox.channel, Typing)
            ):
                async with asyncio.timeout(_WITHIN):
                    await inbox.channel.typing(
                        Address(chat.scheme, chat.value), chat.reply_address
                    )
        except Exception as error:  # noqa: BLE001 - a sign that is lost is no loss
            log.debug("typing.lost", error=type(error).__name__)
        finally:
            self._busy -= 1
