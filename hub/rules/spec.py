"""A rule as YAML and JSON spell it: trigger, conditions, actions, firing key, late bound."""

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
from hub.rules import conditions, triggers
from hub.rules.fields import kind_of, unknown
from hub.rules.schedule import duration
from hub.rules.triggers import Trigger, TriggerFacts, When

Purpose = Annotated[str, StringConstraints(pattern=r"^(service|reminder|marketing|survey)$")]


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
    """Not done later than this after its time: 30m, 2h, 3d."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rule ready to run. `key` names the fields, `late` bounds how late it may act."""

    spec: Spec
    when: When
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
    when, facts = triggers.read(spec.trigger)
    for action in spec.actions:
        _check_send(action.send, templates)
    for field in spec.key or ():
        kind_of(field, facts.fields, "field for the key")
    return Compiled(
        spec=spec,
        when=when,
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
