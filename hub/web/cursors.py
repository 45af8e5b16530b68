"""Cursors of lists: opaque to the caller, a JSON array inside; a spoilt one is refused by name."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import orjson
from pydantic import Field

from hub.db.base import Json
from hub.errors import Invalid
from hub.web.bodies import Query
from hub.web.shapes import Output

T = TypeVar("T")


class Page(Output, Generic[T]):
    """`next` is the `cursor` of the following page; null at the end."""

    items: list[T]
    next: str | None


class Paging(Query):
    """What every list takes."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(max_length=500)] = ""


def encode(*place: object) -> str:
    # `default`: the driver's ids are a subclass of UUID, which orjson does not know.
    packed = orjson.dumps(place, default=str)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode(cursor: str, *kinds: Callable[[Any], Any]) -> tuple[Any, ...] | None:
    """The place a cursor names, each part read by its kind; None for the empty cursor."""
    if not cursor:
        return None
    try:
        place = orjson.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
        if not isinstance(place, list) or len(place) != len(kinds):
            place = [None] * len(kinds)
        return tuple(kind(part) for kind, part in zip(kinds, place, strict=True))
    except (ValueError, TypeError, AttributeError, OverflowError, binascii.Error):
        raise not_ours() from None


def not_ours() -> Invalid:
    return Invalid(
        "This cursor is not one of ours.",
        remedy="Pass `next` of the page before, unchanged, or none to begin.",
        fields={"cursor": "Not a cursor of this list."},
    )


def moment(part: str) -> datetime:
    """A time in a cursor, as `hub.clock.rfc3339` wrote it."""
    return datetime.fromisoformat(part).astimezone(UTC)


def moment_or_none(part: str | None) -> datetime | None:
    return None if part is None else moment(part)


def number(part: object) -> int:
    """Raises ValueError for what is no number of PostgreSQL's `bigint`."""
    if not isinstance(part, int) or isinstance(part, bool) or not 0 <= part < 2**63:
        raise ValueError("not a number")
    return part


def word(part: object) -> str:
    """A text in a cursor; raises ValueError for what PostgreSQL cannot compare."""
    if not isinstance(part, str) or "\0" in part:
        raise ValueError("not a text")
    return part


def after_id(paging: Paging) -> UUID | None:
    """The id a page of a list in order of ids goes on after."""
    place = decode(paging.cursor, UUID)
    return place[0] if place else None


def by_id(items: Sequence[Json], paging: Paging) -> Json:
    """A page of a list in order of ids."""
    full = len(items) >= paging.limit
    return {"items": list(items), "next": encode(str(items[-1]["id"])) if full else None}
