"""A rule as YAML and JSON spell it: trigger, conditions, actions, firing key, late bound."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from hub import rendering
from hub.db.storable import StorableJson, fault
from hub.errors import Invalid
from hub.faults import faults_of
from hub.rendering.known import Field as Known
from hub.rendering.known import Fields, Holds
from hub.rules import conditions, steps, triggers
from hub.rules.fields import SETTABLE, Kind, kind_of, unknown
from hub.rules.places import at
from hub.rules.schedule import duration
from hub.rules.steps import Action, Ask, Send, Step
from hub.rules.triggers import BOUND, OnEvent, Relative, Trigger, TriggerFacts, When
from hub.templates.fields import CATALOGUE, About, about_of
from hub.templates.spec import check_source


class Limit(BaseModel):
    """At most so many times for one customer within so long."""

    model_config = ConfigDict(extra="forbid")

    times: Annotated[int, Field(ge=1, le=1000)]
    per: str


class Spec(BaseModel):
    """A rule. `key` says what fires once: a rule never fires twice for the same key."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
    enabled: bool = True
    trigger: Trigger
    conditions: StorableJson | None = None
    actions: Annotated[list[Action], Field(min_length=1, max_length=10)]
    key: Annotated[list[str] | None, Field(min_length=1, max_length=10)] = None
    late: str | None = None
    """Not done later than this after its time: 30m, 2h, 3d."""
    coalesce: str | None = None
    """What sets it off again for the same customer within so long counts as one."""
    at_most: Limit | None = None
    join: str | None = None
    """Reminders of one customer that are due within so long of the first go as one message."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rule ready to run. `key` names the fields, `late` bounds how late it may act.

    need: what has to be so for `test` to hold, where that is known.
    window: how long it gathers. per: the span in which `spec.at_most.times` counts.
    join: reminders due within so long after the first go with it; None: each by itself.
    """

    spec: Spec
    when: When
    facts: TriggerFacts
    test: Callable[[conditions.Facts], bool]
    need: conditions.Need | None
    steps: tuple[Step, ...]
    key: tuple[str, ...]
    late: timedelta | None
    window: timedelta | None
    per: timedelta | None
    join: timedelta | None = None


_NAMES = steps.NAMES | Spec.model_fields.keys() | Trigger.model_fields.keys()


def parse(document: object) -> Spec:
    """A rule from YAML or JSON; raises Invalid naming the field."""
    try:
        spec = Spec.model_validate(document)
    except ValidationError as error:
        fields = faults_of(error, document, "rule", _NAMES)
        place, message = next(iter(fields.items()))
        raise Invalid(f"The rule is not right: {place}: {message}", fields=fields) from error
    if unstorable := fault(document):
        raise Invalid(f"The rule cannot be stored: {unstorable}.")
    return spec


def compile_spec(spec: Spec, templates: Collection[str] | None = None) -> Compiled:
    """Everything that can be checked when the rule is saved, in plain words.

    templates: the names there are; None does not ask, since a stored rule runs without one.
    """
    with at("trigger"):
        when, facts = triggers.read(spec.trigger)
    with at("key"):
        for field in spec.key or ():
            kind_of(field, facts.fields, "field for the key")
    with at("coalesce"):
        window = duration(spec.coalesce) if spec.coalesce else None
        if window is not None and not isinstance(when, OnEvent):
            raise Invalid("`coalesce` is for what an event sets off: {on: ...}.")
    tree = conditions.read(spec.conditions, facts.fields)
    with at("late"):
        late = duration(spec.late) if spec.late else None
    with at("at_most.per"):
        per = duration(spec.at_most.per) if spec.at_most else None
    with at("join"):
        join = _join(spec, when)
    return Compiled(
        spec=spec,
        when=when,
        facts=facts,
        test=conditions.compiled(tree),
        need=conditions.need(tree),
        steps=steps.compiled(
            spec.actions,
            facts.fields,
            partial(_check, Sources(templates, about_of(facts.object_kind))),
        ),
        key=tuple(spec.key or facts.key),
        late=late,
        window=window,
        per=per,
        join=join,
    )


_GO_ON = frozenset({"wait", "ask", "if"})


def _join(spec: Spec, when: When) -> timedelta | None:
    """One message for many: what goes on later, or looks again, would do so for one alone."""
    if spec.join is None:
        return None
    if not isinstance(when, Relative) or when.object_kind not in BOUND:
        raise Invalid("`join` is for reminders: a time before or after of orders, appointments.")
    found = next((one.name for one in spec.actions if one.name in _GO_ON), None)
    if found is not None:
        raise Invalid(
            f"`join` does not go with `{found}`: that would count for one of them only.",
            remedy="Write two rules, or leave one of the two out.",
        )
    return duration(spec.join)


_AS_IT_IS = Known(Holds.ANY)


@dataclass(frozen=True, slots=True)
class Sources:
    """What the texts of a rule may name. templates: None where a stored rule is read again: it was
    checked when it was saved."""

    templates: Collection[str] | None
    about: About

    def sent(self, source: str) -> None:
        """What a customer will read. A field that is missing then sends nothing and says so."""
        self._check(source, CATALOGUE[self.about])

    def kept(self, source: str) -> None:
        """What stays in the house: written as it is, times too."""
        self._check(source, dict.fromkeys(CATALOGUE[self.about], _AS_IT_IS))

    def _check(self, source: str, known: Fields) -> None:
        if self.templates is None:
            rendering.check(source)
        else:
            check_source(source, known, careful=False)


def _check(sources: Sources, action: Action) -> None:
    if action.send is not None:
        _check_message(action.send, sources)
        if action.send.calendar:
            sources.sent(action.send.calendar)
    elif action.ask is not None:
        _check_message(action.ask, sources)
    elif action.note is not None:
        sources.kept(action.note)
    elif action.webhook is not None:
        steps.spread(action.webhook.data, sources.kept)
    elif action.snooze is not None and not duration(action.snooze):
        raise Invalid("`snooze` takes a duration above zero.", remedy="Write 2h or 1d.")
    else:
        _check_set(action.set_ or {}, sources)


def _check_set(values: Mapping[str, object], sources: Sources) -> None:
    for field, value in values.items():
        if kind_of(field, SETTABLE, "field to set") is not Kind.ANY and not isinstance(value, str):
            raise Invalid(f"`{field}` is a text: write the value in quotes.")
        if isinstance(value, str):
            sources.kept(value)


def _check_message(said: Send | Ask, sources: Sources) -> None:
    templates = sources.templates
    if said.template and templates is not None and said.template not in templates:
        raise unknown(said.template, templates, "template")
    if said.text is not None:
        sources.sent(said.text)
    for one in said.fallback:
        duration(one.after)
