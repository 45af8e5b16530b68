"""The fields a template may hold, by what it is about; the console completes from them."""

from collections.abc import Mapping
from typing import Literal

from hub.rendering.known import Field, Fields, Holds

About = Literal["customer", "conversation", "message", "order", "appointment", "event"]
"""The kinds of `hub/rules/fields`: what a rule is about, a template of it may be."""

_TEXT, _NUMBER, _MOMENT = Field(Holds.TEXT), Field(Holds.NUMBER), Field(Holds.MOMENT)
_ANY, _SURE = Field(Holds.ANY), Field(Holds.TEXT, always=True)
_WHEN = Field(Holds.MOMENT, always=True)

_EVERYWHERE: Fields = {
    "customer.id": _SURE,
    "customer.name": _TEXT,
    "customer.locale": _TEXT,
    "customer.time_zone": _TEXT,
    "customer.labels": Field(Holds.WORDS),
    "customer.attributes": _ANY,
    "data": _ANY,
    "preferences_url": _SURE,
}


def _pushed(kind: str) -> dict[str, Field]:
    """What shops and booking systems say of an object, as `hub/objects` keeps it."""
    return {
        f"{kind}.{name}": field
        for name, field in {
            "id": _SURE,
            "system": _SURE,
            "external_id": _SURE,
            "number": _TEXT,
            "status": _TEXT,
            "previous_status": _TEXT,
            "total": _NUMBER,
            "currency": _TEXT,
            "items": Field(Holds.ITEMS),
            "items[].name": _TEXT,
            "items[].quantity": _NUMBER,
            "items[].price": _NUMBER,
            "tracking_url": _TEXT,
            "starts_at": _MOMENT,
            "ends_at": _MOMENT,
            "place": _TEXT,
            "data": _ANY,
            "occurred_at": _WHEN,
        }.items()
    }


_OTHER = ("id", "number", "status", "total", "currency", "starts_at", "ends_at", "place", "data")


def _others(kind: str) -> dict[str, Field]:
    """The objects that are named with this one, when their rule joins reminders; else none."""
    known = _pushed(kind)
    return {
        f"{kind}.others": Field(Holds.ITEMS),
        **{f"{kind}.others[].{name}": known[f"{kind}.{name}"] for name in _OTHER},
    }


_ORDER: Fields = {**_pushed("order"), **_others("order")}
# An appointment is its time: where that is not set yet, nothing is sent and the decision says so.
_APPOINTMENT: Fields = {
    **_pushed("appointment"),
    **_others("appointment"),
    "appointment.starts_at": _WHEN,
    "appointment.answer_url": _TEXT,
    "appointment.others[].starts_at": _WHEN,
    "appointment.others[].answer_url": _TEXT,
}
_CONVERSATION: Fields = {
    "conversation.id": _SURE,
    "conversation.status": _TEXT,
    "conversation.priority": _NUMBER,
    "conversation.score": _NUMBER,
    "conversation.labels": Field(Holds.WORDS),
    "conversation.opened_at": _WHEN,
    "conversation.waiting_since": _MOMENT,
    "conversation.closed_at": _MOMENT,
    "conversation.due_at": _MOMENT,
    "conversation.timer": _TEXT,
}
_MESSAGE: Fields = {
    "message.id": _SURE,
    "message.text": _TEXT,
    "message.channel": _TEXT,
}
_EVENT: Fields = {
    "event.id": _SURE,
    "event.name": _SURE,
    "event.system": _TEXT,
    "event.data": _ANY,
}

CATALOGUE: Mapping[About, Fields] = {
    "customer": _EVERYWHERE,
    "conversation": {**_EVERYWHERE, **_CONVERSATION},
    "message": {**_EVERYWHERE, **_CONVERSATION, **_MESSAGE},
    "order": {**_EVERYWHERE, **_ORDER},
    "appointment": {**_EVERYWHERE, **_APPOINTMENT},
    "event": {**_EVERYWHERE, **_EVENT},
}


def about_of(kind: str) -> About:
    """The kind of an object, as templates know it."""
    return next(one for one in CATALOGUE if one == kind)


_LISTS = frozenset({Holds.WORDS, Holds.ITEMS})


def _nothing(fields: Fields) -> dict[str, dict[str, object]]:
    """Every root, with each of its fields empty."""
    roots: dict[str, dict[str, object]] = {}
    for path, field in fields.items():
        root, _, name = path.partition(".")
        known = roots.setdefault(root, {})
        if path.count(".") == 1:
            known[name] = [] if field.holds in _LISTS else None
    return roots


EMPTY: Mapping[About, Mapping[str, Mapping[str, object]]] = {
    about: _nothing(fields) for about, fields in CATALOGUE.items()
}
"""By root, what its known fields hold that were not given: nothing, a list without anything."""
