"""The errors of the hub, split by what the person who meets them can do.

    HubError
    ├── Invalid          the input is wrong; `fields` says where
    ├── NotFound         no such thing, or not for this viewer
    ├── Conflict         true a moment ago, not now; `extra` names what is there
    ├── Forbidden        known, but not allowed
    ├── Unauthenticated  nobody knows who asks
    ├── TooMany          wait `retry_after` seconds
    └── Unavailable      ours to mend; the same call may work later

Only `hub.web` turns them into HTTP statuses, only `hub.cli` into exit codes.
"""

from collections.abc import Mapping
from typing import ClassVar


class HubError(Exception):
    """What happened (`str(error)`), and what the reader can do next (`remedy`)."""

    code: ClassVar[str] = "failed"

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        code: str | None = None,
        fields: Mapping[str, str] | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.kind = code or self.code
        self.fields = dict(fields or {})
        self.extra = dict(extra or {})


class Invalid(HubError):
    code = "invalid"


class NotFound(HubError):
    code = "not-found"


class Conflict(HubError):
    code = "conflict"


class Forbidden(HubError):
    code = "forbidden"


class Unauthenticated(HubError):
    code = "unauthenticated"


class TooMany(HubError):
    code = "too-many-requests"

    def __init__(self, message: str, *, retry_after: float, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after = retry_after


class Unavailable(HubError):
    code = "unavailable"
