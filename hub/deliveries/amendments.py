"""What is done to messages that have left: edited, deleted, reacted to, at their provider too.

An amendment is due work of its own: planned with what it changes here, tried until the provider
has it or says no. A later one of the same message takes the place of one that still waits.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import orjson
import structlog
from sqlalchemy import text

from hub.clock import Clock
from hub.customers.homes import lock_home
from hub.db import event_log
from hub.db.engine import Database, WriteSession
from hub.deliveries.compose import outbound
from hub.deliveries.rounds import Senders
from hub.due import queue, returns
from hub.due.loop import DueHandler
from hub.due.queue import Claim, Plan
from hub.events import EventType, NewEvent
from hub.inboxes.open_inbox import OpenInbox
from hub.ports import (
    Address,
    ChannelError,
    Edits,
    InboxMisconfigured,
    OutboundMessage,
    PermanentError,
    RateLimited,
    Reacts,
)

log = structlog.get_logger(__name__)

KIND = "amendment"
GIVE_UP_AFTER = timedelta(hours=24)
_TIMEOUT = 30.0
"""Seconds a channel may take."""
_INBOX_AWAY = timedelta(seconds=5)
_SHORTEST, _LONGEST = 2.0, 600.0
"""Seconds between two tries."""
_MOST_WORDS = 500

_TELL = text("""
    UPDATE entries SET data = data || jsonb_build_object('not_done', CAST(:note AS jsonb))
    WHERE stream_id = :stream AND position = :position
    RETURNING conversation_id, inbox_id
""")


@dataclass(frozen=True, slots=True)
class Amendment:
    """One change of one provider message; all that is needed to ask for it.

    external_id: the provider's name of it. content: what it says now (`deliveries.content`), of an
    edit. value: of a reaction; empty takes it back.
    """

    do: Literal["edit", "delete", "react"]
    message: str
    """The delivery, or for what a customer wrote the entry: its id."""
    stream_id: str
    position: int
    inbox_id: str
    scheme: str
    address: str
    external_id: str
    reply_address: str = ""
    value: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.message}:{'reaction' if self.do == 'react' else 'words'}"


async def plan(session: WriteSession, amendments: Sequence[Amendment], now: datetime) -> None:
    """Have the provider told, now or as soon as it can be."""
    await queue.plan(session, [Plan(KIND, one.key, now, asdict(one)) for one in amendments])


class Amendments:
    """The due handler; any number of nodes may run one."""

    def __init__(self, database: Database, clock: Clock, senders: Senders) -> None:
        self._database = database
        self._clock = clock
        self._senders = senders

    @property
    def handlers(self) -> Mapping[str, DueHandler]:
        return {KIND: self.amend}

    async def amend(self, claims: Sequence[Claim]) -> None:
        async with asyncio.TaskGroup() as group:
            for claim in claims:
                group.create_task(self._one(claim))

    async def _one(self, claim: Claim) -> None:
        amendment = Amendment(**claim.data)  # type: ignore[arg-type]
        fault, pause = await self._try(amendment, claim.attempt)
        now = self._clock()
        async with self._database.transaction() as session:
            if fault and pause is not None and now - claim.due_at < GIVE_UP_AFTER:
                await returns.postpone(session, claim, now + pause)
            elif await queue.complete(session, [claim]) and fault:
                await _tell(session, amendment, fault, now)

    async def _try(self, amendment: Amendment, attempt: int) -> tuple[str, timedelta | None]:
        """What went wrong, if anything, and when it may go better; None = never.

        Doing it twice does no harm: an amendment says whole what should be.
        """
        inbox = self._senders(UUID(amendment.inbox_id))
        if inbox is None:
            return "Its inbox is not open.", _INBOX_AWAY
        try:
            async with asyncio.timeout(_TIMEOUT):
                await _ask(inbox, amendment)
        except PermanentError as error:
            return str(error), None
        except InboxMisconfigured as error:
            inbox.misconfigured(error)
            return str(error), _INBOX_AWAY
        except Exception as error:  # noqa: BLE001 - a channel is somebody else's code
            return _words(error), _pause(error, attempt)
        return "", None


async def _ask(inbox: OpenInbox, one: Amendment) -> None:
    channel, address = inbox.channel, Address(one.scheme, one.address)
    can = inbox.capabilities
    if one.do == "edit" and can.edits and isinstance(channel, Edits):
        await channel.edit(_outbound(one), one.external_id)
    elif one.do == "delete" and can.deletes and isinstance(channel, Edits):
        await channel.delete(address, one.external_id)
    elif one.do == "react" and can.reactions and isinstance(channel, Reacts):
        await channel.react(address, one.external_id, one.value)
    else:
        raise PermanentError("This channel cannot do that.")


def _outbound(one: Amendment) -> OutboundMessage:
    message = UUID(one.message)
    address = Address(one.scheme, one.address)
    empty = OutboundMessage(message, message, None, address, one.reply_address, "")
    return outbound(one.content, empty)


def _pause(error: Exception, attempt: int) -> timedelta:
    told = error.retry_after if isinstance(error, RateLimited) else 0.0
    seconds = min(_SHORTEST * 2.0 ** min(attempt - 1, 10), _LONGEST)
    return timedelta(seconds=max(seconds, told))


def _words(error: Exception) -> str:
    if isinstance(error, ChannelError):
        return str(error)
    if not isinstance(error, TimeoutError):
        log.error("amendment.channel_broke", error=type(error).__name__)
    return "The provider did not answer."


async def _tell(session: WriteSession, one: Amendment, fault: str, now: datetime) -> None:
    """Say on the timeline that the provider has it no other way than it was."""
    connection = await session.connection()
    stream_id = UUID(one.stream_id)
    root_id = await lock_home(session, stream_id)
    if root_id is None:
        return
    note = orjson.dumps({"do": one.do, "detail": fault[:_MOST_WORDS]}).decode()
    values = {"stream": stream_id, "position": one.position, "note": note}
    row = (await connection.execute(_TELL, values)).first()
    if row is not None:
        updated = NewEvent(
            EventType.MESSAGE_UPDATED,
            now,
            customer_id=root_id,
            conversation_id=row.conversation_id,
            stream_id=stream_id,
            position=one.position,
            inbox_id=row.inbox_id,
            data={"change": "not-done"},
        )
        await event_log.append(session, [updated])
