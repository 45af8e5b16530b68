"""Handing one delivery to its channel, and what came of it; no transaction is open meanwhile."""

import asyncio
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import structlog

from hub.customers.consents import Purpose, kind_of
from hub.deliveries.compose import outbound
from hub.ports import (
    Address,
    Channel,
    InboxMisconfigured,
    OutboundMessage,
    OutcomeUnknown,
    PermanentError,
    RateLimited,
    SendReceipt,
    TransientError,
)

log = structlog.get_logger(__name__)


Stop = Callable[[UUID, Purpose], str]
"""The address where messages of a purpose to a contact point are stopped."""


class Result(StrEnum):
    """How an attempt ended; the word `attempts.outcome` keeps."""

    SENT = "sent"
    PERMANENT = "permanent"
    TRANSIENT = "transient"
    RATE_LIMITED = "rate-limited"
    UNKNOWN = "unknown"
    MISCONFIGURED = "misconfigured"
    NOT_STARTED = "not-started"
    """The lease would have run out before the channel had to answer: nothing was tried."""


UNCOUNTED = frozenset({Result.RATE_LIMITED, Result.MISCONFIGURED, Result.NOT_STARTED})
"""These cost a delivery none of its tries."""


@dataclass(frozen=True, slots=True)
class Head:
    """The delivery at the head of a contact point's lane."""

    id: UUID
    contact_point_id: UUID
    inbox_id: UUID
    entry_id: UUID
    conversation_id: UUID | None
    scheme: str
    address: str
    reply_address: str
    content: Mapping[str, Any]
    status: str
    reason: str
    attempts: int
    deadline: datetime
    opted_out: bool = False
    """Of the contact point, meanwhile."""
    withdrawn: bool = False
    """The consent to messages of this purpose, meanwhile."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a send came to."""

    result: Result
    detail: str = ""
    provider_code: str = ""
    reason: str = ""
    receipt: SendReceipt | None = None
    retry_after: float = 0
    whole_inbox: bool = False
    misconfigured: InboxMisconfigured | None = None


async def hand_over(channel: Channel, message: OutboundMessage, seconds: float) -> Outcome:
    """Call `channel.send` once and sort what comes of it; only cancellation leaves as an error.

    When it takes longer than `seconds`, nobody knows whether the message was sent.
    """
    try:
        async with asyncio.timeout(seconds):
            receipt = await channel.send(message)
            return Outcome(Result.SENT, receipt.detail, receipt=receipt)
    except Exception as error:  # noqa: BLE001 - a channel is somebody else's code
        return _outcome(error, message.delivery_id)


def _outcome(error: Exception, delivery_id: UUID) -> Outcome:
    match error:
        case RateLimited():
            outcome = Outcome(
                Result.RATE_LIMITED,
                retry_after=max(error.retry_after, 0.1),
                whole_inbox=error.scope == "inbox",
            )
        case TransientError():
            outcome = Outcome(Result.TRANSIENT)
        case PermanentError():
            outcome = Outcome(Result.PERMANENT, reason=str(error.reason))
        case InboxMisconfigured():
            outcome = Outcome(Result.MISCONFIGURED, misconfigured=error)
        case OutcomeUnknown():
            outcome = Outcome(Result.UNKNOWN)
        case TimeoutError():
            return Outcome(Result.UNKNOWN, "The provider did not answer in time.")
        case _:
            return _our_bug(error, delivery_id)
    return replace(outcome, detail=str(error), provider_code=error.provider_code)


def _our_bug(error: Exception, delivery_id: UUID) -> Outcome:
    # The frames without the error's words: those may quote the message.
    frames = "".join(traceback.format_tb(error.__traceback__))
    name = type(error).__name__
    log.error("delivery.channel_broke", delivery_id=str(delivery_id), error=name, frames=frames)
    return Outcome(
        Result.UNKNOWN, f"The channel broke while sending ({name}); the log says where."
    )


def to_message(head: Head, attempt: int, stop: Stop | None = None) -> OutboundMessage:
    """What the channel is given, made of nothing but the delivery's own row.

    stop: where messages of a purpose are stopped, for all that is no service.
    """
    empty = OutboundMessage(
        delivery_id=head.id,
        entry_id=head.entry_id,
        conversation_id=head.conversation_id,
        address=Address(head.scheme, head.address),
        reply_address=head.reply_address,
        text="",
        attempt=attempt,
        deadline=head.deadline,
    )
    message = outbound(head.content, empty)
    purpose = kind_of(head.content.get("purpose", ""))
    if stop is None or message.unsubscribe_url or purpose is Purpose.SERVICE:
        return message
    return replace(message, unsubscribe_url=stop(head.contact_point_id, purpose))
