"""The demo's script: who there is, and what happens when, in the order of time. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from importlib.resources import files
from typing import Any

from hub import resources

_AGO = re.compile(r"(\d+)([dhm])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}
_NOT_DEEDS = {"ago", "by", "over"}
_BESIDES = {"subject", "files", "reply"}
CHAT = "webchat"
"""What people write on when nothing else is said."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """An operator of the demo."""

    key: str
    email: str
    name: str
    role: str
    locale: str


@dataclass(frozen=True, slots=True)
class Chat:
    """A web chat of the demo; `team` keeps it to that team, if named. `settings`: of its inbox.

    hours: its business hours, as `POST /business-hours` takes them.
    """

    key: str
    name: str
    pool: str
    team: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    hours: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Person:
    """A customer; the hub cannot know an anonymous one. `order` as the shop pushes it.

    addresses: by channel, as its twin knows them. channel: where the story begins, and where the
    shop's notices go first.
    """

    key: str
    name: str
    locale: str
    inbox: str
    anonymous: bool
    order: Mapping[str, Any] | None
    channel: str = CHAT
    addresses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One deed: `verb` is says, answers, note, order, put, reads or joins; `by` an operator's key.

    on: the channel. besides: of what is said, its subject, files, and whether it is a reply.
    """

    ago: timedelta
    person: Person
    verb: str
    value: Any
    by: str = ""
    number: int = 0
    """Within its story."""
    on: str = CHAT
    besides: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Script:
    colleagues: Mapping[str, Colleague]
    teams: Mapping[str, tuple[str, ...]]
    chats: Mapping[str, Chat]
    people: Mapping[str, Person]
    steps: tuple[Step, ...]
    """Oldest first."""

    def channels(self) -> frozenset[str]:
        """Every channel that somebody writes on."""
        return frozenset(one.on for one in self.steps)

    def told_on(self, channels: Collection[str]) -> "Script":
        """What is left of it where only those channels and the web chat are to be had."""
        there = {CHAT, *channels}
        people = {key: one for key, one in self.people.items() if one.channel in there}
        steps = tuple(
            one
            for one in self.steps
            if one.person.key in people
            and one.on in there
            and (one.verb != "joins" or one.value in there)
        )
        return replace(self, people=people, steps=steps)


def load() -> Script:
    """The script that ships with the hub."""
    return read((files("hub.demo") / "stories.yaml").read_text(encoding="utf-8"))


def read(text: str) -> Script:
    """Raises ValueError or KeyError where the script makes no sense: it is our own."""
    book = resources.parsed(text)
    colleagues = {key: Colleague(key, **facts) for key, facts in book["operators"].items()}
    people = {one["key"]: _person(one) for one in book["customers"]}
    steps = [
        step
        for one in book["customers"]
        for step in _steps(people[one["key"]], one["story"], colleagues)
    ]
    return Script(
        colleagues=colleagues,
        teams={name: tuple(members) for name, members in book["teams"].items()},
        chats={key: Chat(key, **facts) for key, facts in book["inboxes"].items()},
        people=people,
        steps=tuple(sorted(steps, key=lambda step: -step.ago)),
    )


def _person(one: Mapping[str, Any]) -> Person:
    return Person(
        key=one["key"],
        name=one.get("name", ""),
        locale=one["locale"],
        inbox=one.get("inbox", "shop"),
        anonymous=one.get("anonymous", False),
        order=one.get("order"),
        channel=one.get("channel", CHAT),
        addresses=one.get("addresses", {}),
    )


def _steps(
    person: Person, story: list[dict[str, Any]], colleagues: Mapping[str, Colleague]
) -> Iterator[Step]:
    for number, deed in enumerate(story):
        verb = next(name for name in deed if name not in _NOT_DEEDS | _BESIDES)
        value, by = deed[verb], deed.get("by", "")
        if verb in colleagues:
            verb, by = "answers", verb
        on = deed.get("over", person.channel)
        besides = {name: deed[name] for name in _BESIDES & deed.keys()}
        yield Step(duration(deed["ago"]), person, verb, value, by, number, on, besides)


def duration(text: str) -> timedelta:
    """`1d 2h 30m` as a timedelta."""
    if not re.fullmatch(r"\d+[dhm]( \d+[dhm])*", text):
        raise ValueError(f"not a duration: {text!r}")
    return timedelta(**{_UNITS[unit]: int(number) for number, unit in _AGO.findall(text)})
