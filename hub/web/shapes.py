"""Shapes that several resources show; models of answers describe, they do not filter."""

import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from hub.errors import Invalid

_LOCALE = re.compile(r"[a-zA-Z]{2,3}([-_][a-zA-Z0-9]{2,8}){0,3}")
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _in_utc(moment: datetime) -> datetime:
    # Compared first: the very first and last datetimes cannot be moved to another zone.
    if not _EARLIEST <= moment < _LATEST:
        raise ValueError("Use a time between 1970 and 2200")
    return moment.astimezone(UTC)


def _dated(given: object) -> object:
    # Pydantic takes digits for seconds since 1970, which is no `date-time` (RFC 3339).
    if not isinstance(given, str) or given[4:5] != "-":
        raise ValueError("Use a time such as 2026-05-03T09:00:00Z")
    return given


def _trimmed(name: str) -> str:
    if not (trimmed := name.strip()):
        raise ValueError("Write at least one character that is no blank")
    return trimmed


def _locale(tag: str) -> str:
    if tag and not _LOCALE.fullmatch(tag):
        raise ValueError("Use a language tag such as ru or pt-BR")
    return tag.replace("_", "-")


Moment = Annotated[
    AwareDatetime, Field(strict=False), BeforeValidator(_dated), AfterValidator(_in_utc)
]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_trimmed)]
Locale = Annotated[str, Field(max_length=40), AfterValidator(_locale)]
Text = Annotated[str, Field(max_length=100_000)]
Label = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_trimmed)]
Position = Annotated[int, Field(ge=0, le=2**63 - 1)]
Purpose = Literal["service", "notice", "reminder", "marketing", "survey"]
"""What a message is for: an answer, news that answers nothing, and so on. Nothing else is taken:
an unknown word would go out as `service`, for which nobody has to be asked."""
Json = dict[str, Any]


def refuse_null(given: Json, *, but: Collection[str] = ()) -> None:
    """Raises Invalid for a null in a patch, where only those in `but` can be taken away."""
    empty = {
        name: "This cannot be null." for name in given if given[name] is None and name not in but
    }
    if empty:
        raise Invalid("Leave out what should stay as it is.", fields=empty)


class Output(BaseModel):
    """What an answer holds: a description, which only the API's document wants made ready."""

    model_config = ConfigDict(defer_build=True)


class Author(Output):
    kind: str
    id: UUID | None
    name: str


class FileView(Output):
    id: UUID
    name: str
    content_type: str
    size: int


class PointRef(Output):
    id: UUID
    scheme: str
    value: str


class EntryView(Output):
    """A message, a note or an activity on a timeline."""

    id: UUID
    position: int
    kind: str
    direction: str
    channel: str
    inbox_id: UUID | None
    conversation_id: UUID | None
    contact_point: PointRef | None
    author: Author
    text: str
    html: str
    data: Json
    files: list[FileView]
    status: str
    occurred_at: AwareDatetime
    recorded_at: AwareDatetime
