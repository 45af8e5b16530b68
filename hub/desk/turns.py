"""Whose turn it is: who is there and has room, least loaded first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

Owners = Literal["active", "present", "off"]
"""When an owner gets what their customers write: as long as they may answer, only while they are
there, or never of itself."""

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may answer.

    load: open conversations they have. given_at: when they were last given one in turn.
    """

    id: UUID
    present: bool
    load: int = 0
    capacity: int = 0
    given_at: datetime | None = None


def next_one(people: Sequence[Person], passed: UUID | None = None) -> Person | None:
    """Who gets the next one: the least loaded, of those who has waited longest for one, by id.

    passed: from whom it was taken; they get it again only where there is nobody else at all.
    """
    asked = [one for one in people if one.id != passed] or people
    free = (one for one in asked if one.present and one.load < one.capacity)
    return min(free, key=lambda one: (one.load, one.given_at or _NEVER, one.id), default=None)


def owner_takes(owner: Person | None, wish: Owners) -> bool:
    """An owner answers their own customers whatever else they have."""
    if owner is None or wish == "off":
        return False
    return owner.present or wish == "active"
