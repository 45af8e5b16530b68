"""What sets a rule off: a domain event, a time before or after something, or a clock time."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hub.errors import Invalid
from hub.events import Event, EventType
from hub.rules import fields, schedule
from hub.rules.fields import Fields, Kind

Only = Literal["working_days", "working_hours"]
"""Of the company's business hours (`hub.hours`), with their holidays."""
BOUND = ("order", "appointment")
"""What reminders are bound to (`hub.reminders`)."""


class Trigger(BaseModel):
    """One of: {on}, {before, by}, {after, by}, {cron, zone}."""

    model_config = ConfigDict(extra="forbid")

    on: str | None = None
    """An event of the catalogue: order.status_changed."""
    before: str | None = None
    """A time of an object: appointment.starts_at. It moves when that is moved."""
    after: str | None = None
    by: str | None = None
    """How long before or after: 24h."""
    only: Only | None = None
    """Before: moved earlier to when the company works; after: later."""
    cron: str | None = Field(default=None, max_length=100)
    """Minute, hour, day, month, weekday, as crontab spells them: 0 9 * * 1."""
    zone: str | None = None
    """Of the clock that `cron` reads: Europe/Sofia, or `customer`: each customer's own."""

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        given = [name for name in ("on", "before", "after", "cron") if getattr(self, name)]
        if len(given) != 1:
            raise ValueError("give exactly one of on, before, after and cron")
        if (self.by is not None) != (given[0] in {"before", "after"}):
            raise ValueError("`by` says how long `before` or `after`: by: 24h")
        if self.only is not None and self.by is None:
            raise ValueError("`only` goes with `before` and `after`")
        if self.zone is not None and given[0] != "cron":
            raise ValueError("`zone` goes with `cron` only")
        return self


@dataclass(frozen=True, slots=True)
class OnEvent:
    """`name`: of the catalogue below, or `custom.<name>`."""

    name: str


@dataclass(frozen=True, slots=True)
class Relative:
    """`by` before or after the object's time `object_kind`.`field` (appointment.starts_at).

    by: as it is written, since 1d is a calendar day in the customer's zone and 24h is not.
    only: when it may be sent; at any time when it does not say.
    """

    direction: Literal["before", "after"]
    object_kind: str
    field: str
    by: str
    only: Only | None = None


@dataclass(frozen=True, slots=True)
class AtClock:
    """`expression` on the clock of `zone`; "customer": each customer's own."""

    expression: str
    zone: str


When = OnEvent | Relative | AtClock


@dataclass(frozen=True, slots=True)
class TriggerFacts:
    """What a trigger brings with it, and what makes one firing different from the next."""

    object_kind: str
    fields: Fields
    key: tuple[str, ...]


CUSTOM = "custom."
"""What other systems tell over `POST /events` is `custom.<name>`."""
_CUSTOM_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*")
MOST_CUSTOM_NAME = 64

_EACH = "trigger.seq"


@dataclass(frozen=True, slots=True)
class Happening:
    """What rules know of an event.

    told: what the event itself says of its object, by the object's field: it counts, since the
    object may have changed since. overtaken: it announces a status, and says nothing any more
    once the object has another one.
    """

    object_kind: str
    key: tuple[str, ...]
    told: Mapping[str, str] = field(default_factory=lambda: {"status": "status"})
    overtaken: bool = False


_EVENTS: Mapping[str, Happening] = {
    "message.received": Happening("message", ("message.id",)),
    "message.created": Happening("message", ("message.id",)),
    "message.status_changed": Happening(
        "message", ("message.id", "message.status"), told={"status": "message_status"}
    ),
    "conversation.opened": Happening("conversation", ("conversation.id",)),
    "conversation.updated": Happening("conversation", ("conversation.id", _EACH)),
    "conversation.closed": Happening("conversation", ("conversation.id", _EACH)),
    "conversation.reopened": Happening("conversation", ("conversation.id", _EACH)),
    "conversation.assigned": Happening("conversation", ("conversation.id", _EACH)),
    "conversation.timer_warned": Happening(
        "conversation", ("conversation.id", _EACH), told={"timer": "timer"}
    ),
    "conversation.timer_breached": Happening(
        "conversation", ("conversation.id", _EACH), told={"timer": "timer"}
    ),
    "customer.created": Happening("customer", ("customer.id",)),
    "customer.updated": Happening("customer", ("customer.id", _EACH)),
    "order.created": Happening("order", ("order.id",)),
    "order.status_changed": Happening(
        "order",
        ("order.id", "order.status"),
        told={"status": "status", "previous_status": "from"},
        overtaken=True,
    ),
    "order.updated": Happening("order", ("order.id", "order.revision")),
    "appointment.created": Happening("appointment", ("appointment.id",)),
    "appointment.moved": Happening("appointment", ("appointment.id", "appointment.starts_at")),
    "appointment.updated": Happening("appointment", ("appointment.id", "appointment.revision")),
    "appointment.cancelled": Happening("appointment", ("appointment.id", "appointment.starts_at")),
    "appointment.missed": Happening("appointment", ("appointment.id", "appointment.starts_at")),
    "appointment.completed": Happening("appointment", ("appointment.id", "appointment.starts_at")),
    "appointment.answered": Happening("appointment", ("appointment.id", "appointment.revision")),
}
"""By the name a rule writes after `on`."""

ANNOUNCING = tuple(name for name, one in _EVENTS.items() if one.overtaken)
"""Those that announce a status, which a later one takes over from."""

MOMENTS: Mapping[str, tuple[str, ...]] = {
    "appointment": ("starts_at", "ends_at"),
    "conversation": ("opened_at", "waiting_since", "last_inbound_at", "closed_at"),
}
"""What a rule may count time from, besides when an order came to a status."""
_ORDER_MOMENT = re.compile(r"order\.[a-z0-9][a-z0-9_.-]{0,63}_at")


def happened(event: Event) -> tuple[str, ...]:
    """What rules call the event; nothing for imported history, which sets off no rule."""
    match event.type:
        case EventType.MESSAGE_CREATED:
            return _of_message(event)
        case EventType.CONVERSATION_UPDATED:
            return (event.type, *_of_conversation(event))
        case EventType.CUSTOM_RECEIVED:
            return (f"{CUSTOM}{event.data.get('name')}",)
        case _:
            return (event.type,) if event.type in _EVENTS else ()


def _of_message(event: Event) -> tuple[str, ...]:
    facts = event.data
    if facts.get("imported"):
        return ()
    received = facts.get("direction") == "inbound" and not facts.get("automatic")
    return (event.type, "message.received") if received else (event.type,)


def _of_conversation(event: Event) -> Iterator[str]:
    changed = event.data.get("changed")
    changes = changed if isinstance(changed, Mapping) else {}
    _, status = changes.get("status", (None, None))
    if status in {"closed", "open"}:
        yield "conversation.closed" if status == "closed" else "conversation.reopened"
    if any(changes.get(one, (None, None))[1] for one in ("assignee", "team")):
        yield "conversation.assigned"


def object_kind(name: str) -> str:
    """What an event of that name is about."""
    return "event" if name.startswith(CUSTOM) else _EVENTS[name].object_kind


def told(event: Event) -> dict[str, object]:
    """What the event says of its object: where it says nothing, the object does."""
    known = _EVENTS.get(event.type)
    wanted = known.told if known else {"status": "status"}
    return {name: event.data[fact] for name, fact in wanted.items() if fact in event.data}


def overtaken(event: Event) -> bool:
    """Whether a later status of its object takes over from what the event announces."""
    known = _EVENTS.get(event.type)
    return known is not None and known.overtaken


def names() -> list[str]:
    """Every event that a rule can be set off by, besides `custom.<name>`."""
    return sorted(_EVENTS)


def moments() -> list[str]:
    """Every time that `before` and `after` count from; of orders, when they came to a status."""
    known = [f"{kind}.{one}" for kind, names in MOMENTS.items() for one in names]
    return [*known, "order.<status>_at"]


def read(trigger: Trigger) -> tuple[When, TriggerFacts]:
    """What the trigger means; raises Invalid in plain words."""
    if trigger.on is not None:
        return OnEvent(trigger.on), _of_event(trigger.on)
    if trigger.cron is not None:
        zone = trigger.zone or "UTC"
        schedule.check(trigger.cron, zone)
        key = ("customer.id", "trigger.at")
        return AtClock(trigger.cron, zone), TriggerFacts(
            "customer", fields.of_object("customer"), key
        )
    moment = trigger.before or trigger.after or ""
    facts = _of_moment(moment)
    schedule.duration(trigger.by or "")
    if trigger.only is not None and facts.object_kind not in BOUND:
        raise Invalid("`only` is for times of orders and appointments.")
    _, _, field = moment.partition(".")
    direction: Literal["before", "after"] = "before" if trigger.before else "after"
    relative = Relative(direction, facts.object_kind, field, trigger.by or "", trigger.only)
    return relative, facts


def _of_event(name: str) -> TriggerFacts:
    if name.startswith(CUSTOM):
        _check_custom(name.removeprefix(CUSTOM))
        return TriggerFacts("event", fields.of_object("event"), ("event.id",))
    if name not in _EVENTS:
        raise fields.unknown(name, [*_EVENTS, f"{CUSTOM}<name>"], "event to trigger on")
    known = _EVENTS[name]
    return TriggerFacts(known.object_kind, fields.of_object(known.object_kind), known.key)


def _check_custom(name: str) -> None:
    if len(name) > MOST_CUSTOM_NAME or not _CUSTOM_NAME.fullmatch(name):
        raise Invalid(
            f"`{CUSTOM}{name}` names no event of another system.",
            remedy="Write custom.cart_abandoned: small letters, digits, dots, - and _.",
        )


def _of_moment(moment: str) -> TriggerFacts:
    kind, _, field = moment.partition(".")
    key = (f"{kind}.id", moment)
    if _ORDER_MOMENT.fullmatch(moment):
        # When the order came to that status: order.delivered_at, order.shipped_at.
        return TriggerFacts("order", {**fields.of_object("order"), moment: Kind.TIME}, key)
    if field not in MOMENTS.get(kind, ()):
        raise fields.unknown(moment, moments(), "time to count from")
    return TriggerFacts(kind, fields.of_object(kind), key)
