"""What a rule may do, as it is spelled, and the flat list of steps that becomes of it.

Flat, so that a rule which waits remembers where it was by one number, also over a restart.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from hub.db.storable import Storable, StorableJson
from hub.errors import Invalid
from hub.faults import Spelled, faults_of
from hub.rules import conditions, questions
from hub.rules.fields import Fields
from hub.rules.places import at
from hub.rules.questions import Choice
from hub.rules.schedule import duration

Purpose = Literal["service", "reminder", "marketing", "survey"]
Words = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
Short = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]
Nested = Annotated[list[StorableJson] | None, Field(max_length=20)]

MOST_STEPS = 50
DEEPEST = 4


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class NewButton(_Strict):
    label: Short
    value: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class NewFallback(_Strict):
    """The next channel, should no receipt have come `after` so long, or it have failed."""

    channel: Short
    after: str


class Send(_Strict):
    """Send a shipped template or a text of one's own, on the channel the customer uses."""

    template: str | None = None
    text: Words | None = None
    purpose: Purpose | None = None
    """What the template is for; of a text, service."""
    channel: str | None = None
    """No other channel than this one."""
    fallback: Annotated[list[NewFallback], Field(max_length=5)] = Field(default_factory=list)
    buttons: Annotated[list[NewButton], Field(max_length=20)] = Field(default_factory=list)
    calendar: Annotated[str, StringConstraints(max_length=300)] | Literal[False] | None = None
    """Title of the appointment in the reader's calendar; false: nothing goes there. Left out: as
    the template says."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.template is None) == (self.text is None):
            raise ValueError("give either template or text")
        return self


class Answer(_Strict):
    """One answer. words: what else may be written for it, where there are no buttons."""

    value: Annotated[
        str,
        Spelled(
            r"^[a-z0-9][a-z0-9_-]{0,31}$",
            "up to 32 small Latin letters, digits, `_` or `-`, such as yes",
        ),
    ]
    label: Label
    words: Annotated[list[Label], Field(max_length=20)] = Field(default_factory=list)
    then: Nested = None


class Ask(_Strict):
    """Ask the customer, wait for an answer, and go on with what belongs to it.

    within: how long an answer counts. otherwise: what is done when none came, or nobody could be
    asked.
    """

    template: str | None = None
    text: Words | None = None
    purpose: Purpose | None = None
    channel: str | None = None
    fallback: Annotated[list[NewFallback], Field(max_length=5)] = Field(default_factory=list)
    answers: Annotated[list[Answer], Field(min_length=1, max_length=10)]
    within: str = "2d"
    otherwise: Nested = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.template is None) == (self.text is None):
            raise ValueError("give either template or text")
        return self

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        if len({one.value for one in self.answers}) < len(self.answers):
            raise ValueError("two answers have the same value")
        questions.spellings((one.value, one.label, one.words) for one in self.answers)
        return self


class Assign(_Strict):
    """Give the conversation to an operator (mail address, id), a team (name, id) or nobody."""

    operator: Short | None = None
    team: Short | None = None

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if self.operator is None and self.team is None:
            raise ValueError("say which operator or which team; `nobody` takes it from all")
        return self


class Labels(_Strict):
    """Of the conversation, or of the customer."""

    labels: Annotated[list[Label], Field(min_length=1, max_length=20)]
    on: Literal["conversation", "customer"] = "conversation"


class Close(_Strict):
    reason: Annotated[str, StringConstraints(max_length=64)] = ""


class CallWebhook(_Strict):
    """Tell one of the hub's webhooks, by its name; texts in `data` are filled in."""

    name: Short
    data: Annotated[StorableJson, Field(max_length=50)] = Field(default_factory=dict)


LabelWords = Label | Annotated[list[Label], Field(min_length=1, max_length=20)] | Labels
Value = Annotated[str, StringConstraints(max_length=2000)] | bool | int | float | None


class Action(_Strict):
    """Exactly one of these; `then` and `else` go with `if`."""

    send: Send | None = None
    ask: Ask | None = None
    note: Words | None = None
    """A private note, filled in like a text that is sent."""
    assign: Assign | None = None
    route: Literal[True] | None = None
    """Find anew who answers: the owner, else the team, in turn."""
    label: LabelWords | None = None
    unlabel: LabelWords | None = None
    priority: Annotated[int | None, Field(ge=0, le=4)] = None
    snooze: str | None = None
    """Put the conversation away for so long: 2h."""
    close: Close | Literal[True] | None = None
    set_: Annotated[
        dict[str, Value] | None, Storable, Field(alias="set", min_length=1, max_length=20)
    ] = None
    """Of the customer: {customer.attributes.tier: gold}."""
    webhook: CallWebhook | None = None
    wait: str | None = None
    """Go on after so long, if the rule's conditions still hold."""
    if_: Annotated[StorableJson | None, Field(alias="if")] = None
    then: Nested = None
    else_: Annotated[Nested, Field(alias="else")] = None

    @property
    def name(self) -> str:
        return next(name for name, field in KINDS.items() if getattr(self, field) is not None)

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [name for name, field in KINDS.items() if getattr(self, field) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(KINDS)}")
        if given == ["if"] and not self.then and not self.else_:
            raise ValueError("`if` says what to do: then, else, or both")
        if given != ["if"] and (self.then is not None or self.else_ is not None):
            raise ValueError("`then` and `else` go with `if`")
        return self


KINDS: Mapping[str, str] = {
    "send": "send",
    "ask": "ask",
    "note": "note",
    "assign": "assign",
    "route": "route",
    "label": "label",
    "unlabel": "unlabel",
    "priority": "priority",
    "snooze": "snooze",
    "close": "close",
    "set": "set_",
    "webhook": "webhook",
    "wait": "wait",
    "if": "if_",
}
"""The actions, each with the attribute that holds it."""

NAMES = frozenset(
    one.alias or name
    for model in (Action, Send, Ask, Answer, Assign, Labels, Close, CallWebhook, NewFallback)
    for name, one in model.model_fields.items()
)
"""Every word inside an action."""


# --- the flat list ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Do:
    action: Action


@dataclass(frozen=True, slots=True)
class Wait:
    span: timedelta


@dataclass(frozen=True, slots=True)
class Unless:
    """Go on at `target` when `test` does not hold."""

    test: conditions.Test
    target: int


@dataclass(frozen=True, slots=True)
class Jump:
    target: int


@dataclass(frozen=True, slots=True)
class Asking:
    """Send the question and wait: an answer goes on at its own step, none at `otherwise`."""

    spec: Ask
    span: timedelta
    choices: tuple[Choice, ...]
    otherwise: int


Step = Do | Wait | Unless | Jump | Asking
Check = Callable[[Action], None]


@dataclass(frozen=True, slots=True)
class _Layout:
    """Steps being laid out: what they may look at, and who is asked about every action."""

    fields: Fields
    check: Check
    steps: list[Step] = field(default_factory=list)


def compiled(actions: Sequence[Action], fields: Fields, check: Check) -> tuple[Step, ...]:
    """The steps; raises Invalid for what cannot work. `check` is asked about every action."""
    layout = _Layout(fields, check)
    _add(layout, actions, "actions", depth=1)
    if len(layout.steps) > MOST_STEPS:
        raise Invalid(f"A rule does at most {MOST_STEPS} things.")
    return tuple(layout.steps)


def _add(layout: _Layout, actions: Sequence[Action], path: str, *, depth: int) -> None:
    if depth > DEEPEST:
        raise Invalid(f"`if` and `ask` go at most {DEEPEST - 1} levels deep.")
    for number, action in enumerate(actions):
        here = f"{path}.{number}"
        with at(f"{here}.{action.name}"):
            if action.if_ is not None:
                _add_branch(layout, action, here, depth=depth + 1)
            elif action.ask is not None:
                layout.check(action)
                _add_question(layout, action.ask, f"{here}.ask", depth=depth + 1)
            elif action.wait is not None:
                layout.steps.append(Wait(_waited(action.wait)))
            else:
                layout.check(action)
                layout.steps.append(Do(action))


def _add_branch(layout: _Layout, action: Action, path: str, *, depth: int) -> None:
    test = conditions.compile_tree(action.if_, layout.fields, f"{path}.if")
    steps = layout.steps
    asked = len(steps)
    steps.append(Jump(0))  # its place: where to go is known when `then` is laid out
    _add(layout, nested(action.then, f"{path}.then"), f"{path}.then", depth=depth)
    if action.else_:
        left = len(steps)
        steps.append(Jump(0))
        steps[asked] = Unless(test, len(steps))
        _add(layout, nested(action.else_, f"{path}.else"), f"{path}.else", depth=depth)
        steps[left] = Jump(len(steps))
    else:
        steps[asked] = Unless(test, len(steps))


def _add_question(layout: _Layout, ask: Ask, path: str, *, depth: int) -> None:
    steps = layout.steps
    with at(f"{path}.within"):
        span = _waited(ask.within)
    asked, left, choices = len(steps), [], []
    steps.append(Jump(0))  # its place, as that of a branch
    for number, one in enumerate(ask.answers):
        choices.append(Choice(one.value, one.label, tuple(one.words), len(steps)))
        here = f"{path}.answers.{number}.then"
        _add(layout, nested(one.then, here), here, depth=depth)
        left.append(len(steps))
        steps.append(Jump(0))
    steps[asked] = Asking(ask, span, tuple(choices), len(steps))
    here = f"{path}.otherwise"
    _add(layout, nested(ask.otherwise, here), here, depth=depth)
    for place in left:
        steps[place] = Jump(len(steps))


def nested(documents: Sequence[object] | None, path: str = "if") -> list[Action]:
    """The actions inside `then` or `else`; raises Invalid naming the field."""
    found = []
    for number, document in enumerate(documents or ()):
        try:
            found.append(Action.model_validate(document))
        except ValidationError as error:
            inner, fault = next(iter(faults_of(error, document, "", NAMES).items()))
            place = f"{path}.{number}.{inner}".rstrip(".")
            message = f"The rule is not right: {place}: {fault}"
            raise Invalid(message, fields={place: fault}) from error
    return found


def _waited(text: str) -> timedelta:
    span = duration(text)
    if not span:
        raise Invalid("`wait` takes a duration above zero.", remedy="Write 30m, 2h or 3d.")
    return span


def all_actions(actions: Sequence[Action], path: str = "actions") -> Iterator[tuple[str, Action]]:
    """Every action with its place, those inside `if` and `ask` too."""
    for number, action in enumerate(actions):
        here = f"{path}.{number}"
        yield f"{here}.{action.name}", action
        inside = {f"{here}.then": action.then, f"{here}.else": action.else_}
        if action.ask is not None:
            for place, one in enumerate(action.ask.answers):
                inside[f"{here}.ask.answers.{place}.then"] = one.then
            inside[f"{here}.ask.otherwise"] = action.ask.otherwise
        for inner, documents in inside.items():
            yield from all_actions(nested(documents, inner), inner)


def spread(data: Mapping[str, Any], filled: Callable[[str], Any]) -> dict[str, Any]:
    """The data of a webhook call with `filled` applied to every text in it, lists included."""
    return {name: _spread(value, filled) for name, value in data.items()}


def _spread(value: object, filled: Callable[[str], Any]) -> object:
    match value:
        case str():
            return filled(value)
        case dict():
            return spread(value, filled)
        case list():
            return [_spread(one, filled) for one in value]
        case _:
            return value
