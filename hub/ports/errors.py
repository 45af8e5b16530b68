"""How a channel says that something went wrong, split by what the hub does next.

    ChannelError
    ├── PermanentError       this message never: the delivery fails with `reason`
    ├── TransientError       try again, with backoff, until the delivery's deadline
    │   └── RateLimited      wait `retry_after`; no attempt is counted
    ├── OutcomeUnknown       it may have been sent: never repeated blindly
    └── InboxMisconfigured   credentials or settings: the inbox closes, its queue is kept

Anything else that leaves `send` is our bug: it is logged and treated as `OutcomeUnknown`.
`SinkUnavailable` travels the other way: the hub could not take a message.
"""

from enum import StrEnum
from typing import Literal


class Reason(StrEnum):
    """Why a message can never be delivered; the last four mark the contact point's health."""

    CONTENT_REJECTED = "content_rejected"
    TOO_LARGE = "too_large"
    EXPIRED = "expired"
    OTHER = "other"
    INVALID_ADDRESS = "invalid_address"
    UNREACHABLE = "unreachable"
    BLOCKED = "blocked"
    OPTED_OUT = "opted_out"


class ChannelError(Exception):
    """`str(error)` is what an operator may read: plain words, never a secret, never a body."""

    def __init__(self, detail: str, *, provider_code: str = "") -> None:
        super().__init__(detail)
        self.provider_code = provider_code


class PermanentError(ChannelError):
    def __init__(
        self, detail: str, reason: Reason = Reason.OTHER, *, provider_code: str = ""
    ) -> None:
        super().__init__(detail, provider_code=provider_code)
        self.reason = reason


class TransientError(ChannelError):
    pass


class RateLimited(TransientError):
    """`scope` says who has to wait: the whole `inbox`, or this one `recipient`."""

    def __init__(
        self,
        detail: str,
        *,
        retry_after: float,
        scope: Literal["inbox", "recipient"] = "inbox",
        provider_code: str = "",
    ) -> None:
        super().__init__(detail, provider_code=provider_code)
        self.retry_after = retry_after
        self.scope = scope


class OutcomeUnknown(ChannelError):
    pass


class InboxMisconfigured(ChannelError):
    """`remedy` tells an administrator what to change and where."""

    def __init__(self, detail: str, *, remedy: str = "", provider_code: str = "") -> None:
        super().__init__(detail, provider_code=provider_code)
        self.remedy = remedy


class SinkUnavailable(Exception):
    """Nothing was stored.

    Do not acknowledge to the provider (answer 503), offer it again later.
    """
