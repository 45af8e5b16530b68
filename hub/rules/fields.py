"""The fields a rule may look at, typed, so that conditions can be checked when they are saved."""

import difflib
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

from hub.errors import Invalid


class Kind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    WORDS = "words"
    """A set of words: labels."""
    FLAG = "flag"
    """true or false."""
    TIME = "time"
    ANY = "any"
    """What another system, or an operator, put there: text, number, true or false."""


Fields = Mapping[str, Kind]
"""By dotted name. A name ending in `.*` stands for whatever is put there from outside."""

NOW: Fields = {
    "now": Kind.TIME,
    "now.date": Kind.TEXT,
    "trigger.at": Kind.TIME,
    "trigger.seq": Kind.NUMBER,
    "hours.open": Kind.FLAG,
}
"""now.date: today, where the customer is: 2026-05-03. hours.open: it is business hours for the
conversation, else for the company; trigger.at: when the rule was to act;
trigger.seq: the number of its event, another one each time."""

CUSTOMER: Fields = {
    "customer.id": Kind.TEXT,
    "customer.name": Kind.TEXT,
    "customer.locale": Kind.TEXT,
    "customer.time_zone": Kind.TEXT,
    "customer.labels": Kind.WORDS,
    "customer.open_conversations": Kind.NUMBER,
    "customer.attributes.*": Kind.ANY,
}
SETTABLE: Fields = {
    "customer.name": Kind.TEXT,
    "customer.locale": Kind.TEXT,
    "customer.time_zone": Kind.TEXT,
    "customer.attributes.*": Kind.ANY,
}
"""What a rule may write of a customer."""
ORDER: Fields = {
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
    "order.tracking_url": Kind.TEXT,
    "order.data.*": Kind.ANY,
}
APPOINTMENT: Fields = {
    "appointment.id": Kind.TEXT,
    "appointment.system": Kind.TEXT,
    "appointment.external_id": Kind.TEXT,
    "appointment.number": Kind.TEXT,
    "appointment.status": Kind.TEXT,
    "appointment.previous_status": Kind.TEXT,
    "appointment.place": Kind.TEXT,
    "appointment.starts_at": Kind.TIME,
    "appointment.ends_at": Kind.TIME,
    "appointment.version": Kind.NUMBER,
    "appointment.revision": Kind.NUMBER,
    "appointment.data.*": Kind.ANY,
}
CONVERSATION: Fields = {
    "conversation.id": Kind.TEXT,
    "conversation.status": Kind.TEXT,
    "conversation.assignee": Kind.TEXT,
    "conversation.team": Kind.TEXT,
    "conversation.inbox": Kind.TEXT,
    "conversation.priority": Kind.NUMBER,
    "conversation.labels": Kind.WORDS,
    "conversation.channels": Kind.WORDS,
    "conversation.close_reason": Kind.TEXT,
    "conversation.score": Kind.NUMBER,
    "conversation.opened_at": Kind.TIME,
    "conversation.waiting_since": Kind.TIME,
    "conversation.last_inbound_at": Kind.TIME,
    "conversation.closed_at": Kind.TIME,
    "conversation.due_at": Kind.TIME,
    "conversation.timer": Kind.TEXT,
}
"""conversation.timer: the one that the event told of: first_reply, next_reply, resolution,
call_back (a low score)."""
MESSAGE: Fields = {
    "message.id": Kind.TEXT,
    "message.text": Kind.TEXT,
    "message.direction": Kind.TEXT,
    "message.channel": Kind.TEXT,
    "message.inbox": Kind.TEXT,
    "message.author": Kind.TEXT,
    "message.status": Kind.TEXT,
    "message.button": Kind.TEXT,
    "message.files": Kind.NUMBER,
    "message.automatic": Kind.FLAG,
}
EVENT: Fields = {
    "event.id": Kind.TEXT,
    "event.name": Kind.TEXT,
    "event.system": Kind.TEXT,
    "event.data.*": Kind.ANY,
}

OBJECTS: Mapping[str, Fields] = {
    "customer": {},
    "order": ORDER,
    "appointment": APPOINTMENT,
    "conversation": CONVERSATION,
    "message": {**CONVERSATION, **MESSAGE},
    "event": EVENT,
}
"""What an object brings besides its customer. A message brings its conversation."""

_OPEN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,63}){0,3}")


def of_object(kind: str) -> Fields:
    return {**NOW, **CUSTOMER, **OBJECTS[kind]}


def kind_of(field: str, fields: Fields, what: str = "field") -> Kind:
    """The kind of a field; raises Invalid for an unknown one, with the nearest known."""
    if field in fields and not field.endswith(".*"):
        return fields[field]
    parts = field.split(".", 2)
    if len(parts) == 3 and _OPEN.fullmatch(parts[2]):
        open_ = f"{parts[0]}.{parts[1]}.*"
        if open_ in fields:
            return fields[open_]
    raise unknown(field, fields, what)


def unknown(word: str, known: Iterable[str], what: str) -> Invalid:
    """The error for a misspelt name, with the nearest known one."""
    names = list(known)
    near = difflib.get_close_matches(word, names, n=1)
    hint = f" Did you mean `{near[0]}`?" if near else f" There are: {', '.join(sorted(names))}."
    return Invalid(f"There is no {what} `{word}`.{hint}")
