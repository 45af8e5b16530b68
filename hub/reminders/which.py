"""Which of the appointments that one message named an answer is about. Pure."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.appointments.answers import Answer

ALL = 0
"""The number that stands for every one of them."""

_ALL = frozenset({
    "all", "both", "all of them", "both of them",
    "все", "всё", "обе", "оба", "на все", "на обе",
    "всички", "и двете", "двете", "двата", "и двата",
})  # fmt: skip
_NUMBER = re.compile(r"[1-9][0-9]?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Ask:
    """starts_at: of the appointment when its customer was asked."""

    appointment_id: UUID
    starts_at: datetime | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What the customer was asked about, in the order of its numbers.

    answer: what they had answered, when all that was asked is which one they meant.
    """

    asks: Sequence[Ask]
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """What the customer says. number: of an appointment in the question before, ALL, or none.

    named: the appointment whose button it is.
    """

    answer: Answer | None
    number: int | None = None
    named: UUID | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """The answer, and what it is for. unclear: they have to say which of these they mean."""

    answer: Answer
    asks: Sequence[Ask]
    unclear: bool = False


def number_of(text: str) -> int | None:
    """The number that a message is, which says nothing else; "both" is ALL."""
    words = " ".join(text.casefold().split()).strip(" .!,)")
    if words in _ALL:
        return ALL
    return int(words) if _NUMBER.fullmatch(words) else None


def resolve(asked: Asked, given: Given, changing: Collection[UUID]) -> Taken | None:
    """What the answer comes to; None where it is none, and people read it.

    changing: those that the answer would still change: of one that has been answered, moved or
    cancelled meanwhile nobody asks which one is meant.
    """
    if given.named is not None:
        mine = [one for one in asked.asks if one.appointment_id == given.named]
        return Taken(given.answer, mine) if mine and given.answer else None
    if asked.answer is not None and given.number is not None:
        return _chosen(asked.answer, asked.asks, given.number)
    if given.answer is None or given.answer == asked.answer:
        return None
    if len(asked.asks) < 2:
        return Taken(given.answer, asked.asks)
    open_ = [one for one in asked.asks if one.appointment_id in changing]
    if len(open_) > 1:
        return Taken(given.answer, open_, unclear=True)
    return Taken(given.answer, open_ or [asked.asks[0]])


def _chosen(answer: Answer, asks: Sequence[Ask], number: int) -> Taken | None:
    if number == ALL:
        return Taken(answer, asks)
    return Taken(answer, [asks[number - 1]]) if number <= len(asks) else None
