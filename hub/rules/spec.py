"""A rule as YAML and JSON spell it: trigger, conditions, actions, firing key, late bound."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from hub import rendering
from hub.errors import Invalid
from hub.events import EventType
from hub.rules import conditions
from hub.rules.fields import TRIGGERS, TriggerFacts, unknown

Purpose = Annotated[str, StringConstraints(pattern=r"^(service|reminder|marketing|survey)$")]
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


class Trigger(BaseModel):
    model_config = ConfigDict(extra="forbid")

    on: str
    """An event of the catalogue: order.status_changed."""


class Send(BaseModel):
    """Send a shipped template or a text of one's own, on the channel the customer uses."""

    model_config = ConfigDict(extra="forbid")

    template: str | None = None
    text: Annotated[str | None, StringConstraints(min_length=1, max_length=10_000)] = None
    purpose: Purpose = "service"
    channel: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.template is None) == (self.text is None):
            raise ValueError("give either template or text")
        return self


class Action(BaseModel):
    model_config = ConfigDict(extra="forbid")

    send: Send


class Spec(BaseModel):
    """A rule. `key` says what fires once: a rule never fires twice for the same key."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
    enabled: bool = True
    trigger: Trigger
    conditions: dict[str, Any] | None = None
    actions: Annotated[list[Action], Field(min_length=1, max_length=10)]
    key: Annotated[list[str] | None, Field(min_length=1, max_length=10)] = None
    late: str | None = None
    """Not sent later than this after the event: 30m, 2h, 3d."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rule ready to run. `key` names the fields, `late` bounds how old an event may be."""

    spec: Spec
    trigger: EventType
    facts: TriggerFacts
    test: Callable[[conditions.Facts], bool]
    key: tuple[str, ...]
    late: timedelta | None


def parse(document: object) -> Spec:
    """A rule from YAML or JSON; raises Invalid naming the field."""
    try:
        return Spec.model_validate(document)
    except ValidationError as error:
        fields = {
            ".".join(str(part) for part in fault["loc"]) or "rule": fault["msg"]
            for fault in error.errors()
        }
        place, message = next(iter(fields.items()))
        raise Invalid(f"The rule is not right: {place}: {message}.", fields=fields) from error


def compile_spec(spec: Spec, templates: list[str]) -> Compiled:
    """Everything that can be checked when the rule is saved, in plain words."""
    known = {str(name): facts for name, facts in TRIGGERS.items()}
    if spec.trigger.on not in known:
        raise unknown(spec.trigger.on, known, "event to trigger on")
    trigger = EventType(spec.trigger.on)
    facts = TRIGGERS[trigger]
    for action in spec.actions:
        _check_send(action.send, templates)
    for field in spec.key or ():
        if field not in facts.fields:
            raise unknown(field, facts.fields, "field for the key")
    return Compiled(
        spec=spec,
        trigger=trigger,
        facts=facts,
        test=conditions.compile_tree(spec.conditions, facts.fields),
        key=tuple(spec.key or facts.key),
        late=duration(spec.late) if spec.late else None,
    )


def _check_send(send: Send, templates: list[str]) -> None:
    if send.template is not None and send.template not in templates:
        raise unknown(send.template, templates, "template")
    if send.text is not None:
        rendering.check(send.text)


def duration(text: str) -> timedelta:
    """`30m`, `2h`, `3d`, `1w` as a timedelta."""
    found = re.fullmatch(r"(\d{1,6})([smhdw])", text.strip())
    if found is None:
        raise Invalid(f"`{text}` is no duration.", remedy="Write 30m, 2h, 3d or 1w.")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])
