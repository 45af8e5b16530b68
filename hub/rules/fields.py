"""The fields a rule may look at, typed, so that conditions can be checked when they are saved."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hub.errors import Invalid
from hub.events import EventType


class Kind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    WORDS = "words"
    """A set of words: labels."""


CUSTOMER: Mapping[str, Kind] = {
    "customer.id": Kind.TEXT,
    "customer.name": Kind.TEXT,
    "customer.locale": Kind.TEXT,
    "customer.time_zone": Kind.TEXT,
    "customer.labels": Kind.WORDS,
}
ORDER: Mapping[str, Kind] = {
    "order.id": Kind.TEXT,
    "order.system": Kind.TEXT,
    "order.external_id": Kind.TEXT,
    "order.number": Kind.TEXT,
    "order.status": Kind.TEXT,
    "order.previous_status": Kind.TEXT,
    "order.currency": Kind.TEXT,
    "order.total": Kind.NUMBER,
    "order.version": Kind.NUMBER,
    "order.revision": Kind.NUMBER,
}


@dataclass(frozen=True, slots=True)
class TriggerFacts:
    """What an event brings with it, and what makes one firing different from the next."""

    object_kind: str
    fields: Mapping[str, Kind]
    key: tuple[str, ...]


TRIGGERS: Mapping[EventType, TriggerFacts] = {
    EventType.ORDER_CREATED: TriggerFacts("order", {**CUSTOMER, **ORDER}, ("order.id",)),
    EventType.ORDER_STATUS_CHANGED: TriggerFacts(
        "order", {**CUSTOMER, **ORDER}, ("order.id", "order.status")
    ),
    EventType.ORDER_UPDATED: TriggerFacts(
        "order", {**CUSTOMER, **ORDER}, ("order.id", "order.revision")
    ),
}


def unknown(word: str, known: Mapping[str, object] | list[str], what: str) -> Invalid:
    """The error for a misspelt name, with the nearest known one."""
    near = difflib.get_close_matches(word, list(known), n=1)
    hint = f" Did you mean `{near[0]}`?" if near else f" There are: {', '.join(sorted(known))}."
    return Invalid(f"There is no {what} `{word}`.{hint}")
