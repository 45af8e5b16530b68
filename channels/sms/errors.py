"""What a refusal of a gateway, or a failure on the way to it, means for the message."""

from typing import Literal

import aiohttp

from channels.sms.numbers import NotANumber
from hub.ports import (
    ChannelError,
    InboxMisconfigured,
    OutcomeUnknown,
    PermanentError,
    RateLimited,
    Reason,
    SinkUnavailable,
    TransientError,
)

Meaning = Literal[
    "invalid_address",
    "unreachable",
    "blocked",
    "opted_out",
    "content_rejected",
    "too_large",
    "expired",
    "other",
    "rate_limited",
    "later",
    "misconfigured",
    "unknown",
]
"""A `hub.ports.Reason`, for what will never be sent; or what else follows.

rate_limited: told to wait. later: surely not sent, worth another try. misconfigured: the inbox's
settings or account. unknown: it may have been sent.
"""

PAUSE = 1.0
"""Seconds to wait where a gateway says only that it was too much."""
LONGEST_PAUSE = 3600.0


class Refused(Exception):
    """A gateway said no. `words`: for an operator, without secrets; `code`: the provider's."""

    def __init__(
        self,
        meaning: Meaning,
        words: str,
        *,
        code: str = "",
        remedy: str = "",
        retry_after: float = PAUSE,
    ) -> None:
        super().__init__(words)
        self.meaning = meaning
        self.words = words
        self.code = code
        self.remedy = remedy
        self.retry_after = retry_after


def classify(error: BaseException) -> ChannelError:
    """What an exception means. Only what never connected was surely never sent."""
    match error:
        case ChannelError():
            return error
        case Refused():
            return refusal(error)
        case NotANumber():
            return PermanentError(str(error), Reason.INVALID_ADDRESS)
        case SinkUnavailable():
            return TransientError("The hub's database is away.")
        case _:
            return _lost(error)


def _lost(error: BaseException) -> ChannelError:
    """A call that ended without an answer."""
    match error:
        case aiohttp.ConnectionTimeoutError() | aiohttp.ClientConnectorError():
            return TransientError("The gateway cannot be reached.")
        case aiohttp.InvalidURL():
            return InboxMisconfigured(
                "The gateway's address is not one.", remedy="Correct api_base."
            )
        case TimeoutError():
            return OutcomeUnknown("The gateway did not answer in time; it may have sent it.")
        case _:
            kind = type(error).__name__
            return OutcomeUnknown(f"The gateway's answer was lost; it may have sent it ({kind}).")


def refusal(refused: Refused) -> ChannelError:
    """The port's word for what a gateway said."""
    words, code = refused.words, refused.code
    match refused.meaning:
        case "misconfigured":
            return InboxMisconfigured(words, remedy=refused.remedy, provider_code=code)
        case "rate_limited":
            pause = min(max(refused.retry_after, 0.1), LONGEST_PAUSE)
            return RateLimited(words, retry_after=pause, provider_code=code)
        case "later":
            return TransientError(words, provider_code=code)
        case "unknown":
            return OutcomeUnknown(words, provider_code=code)
        case reason:
            return PermanentError(words, Reason(reason), provider_code=code)


def pause_of(retry_after: str | None) -> float:
    """Seconds of a Retry-After header; its other form, a date, is rare and worth the default."""
    text = (retry_after or "").strip()
    return float(text) if text.isdecimal() and len(text) <= 6 else PAUSE
