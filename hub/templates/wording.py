"""What a template says to one customer: the nearest language, the words of each channel."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from typing_extensions import override

from hub.conversations.cleaning import clean_line
from hub.conversations.draft import Words
from hub.errors import Invalid
from hub.rendering.filling import Filling
from hub.templates.fields import EMPTY
from hub.templates.pages import EVERYWHERE, Page
from hub.templates.spec import Template


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom it is written for: BCP 47 and IANA names, empty where nobody knows."""

    locale: str
    time_zone: str


class Wording(Mapping[str, Words]):
    """The words on any channel whatever, by its name; those are listed that have their own.

    All are filled in when they are asked for: a message goes by one way. Asking raises Invalid
    when a field that those words need is not there.
    """

    def __init__(self, page: Page, facts: Mapping[str, object], time_zone: str) -> None:
        self.locale = page.locale
        self._page = page
        self._facts = facts
        self._filling = Filling(
            facts, locale=page.locale, time_zone=time_zone, empty=EMPTY[page.about]
        )
        self._filled: dict[str, Words] = {}

    @property
    def everywhere(self) -> Words:
        return self[EVERYWHERE]

    @property
    def channels(self) -> Mapping[str, Words]:
        """Those that say it differently."""
        return _Own(self)

    @property
    def calendar(self) -> str:
        """The title in the reader's calendar; empty: nothing goes there."""
        title = self._page.calendar
        return clean_line(self._filling.seeing(title.looks).text(title))

    @property
    def speaks(self) -> bool:
        """Whether there is something to say about this."""
        return self._page.always_speaks or bool(self.everywhere.text)

    @override
    def __getitem__(self, channel: str) -> Words:
        own = channel if channel in self._page.channels else EVERYWHERE
        if own not in self._filled:
            self._filled[own] = self._page.sheet(own).words(self._filling, self._facts)
        return self._filled[own]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._page.channels)

    @override
    def __len__(self) -> int:
        return len(self._page.channels)


class _Own(Mapping[str, Words]):
    """The words of the channels that have their own, and of no other."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording
        self._names = frozenset(wording)

    @override
    def __getitem__(self, channel: str) -> Words:
        if channel not in self._names:
            raise KeyError(channel)
        return self._wording[channel]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._wording)

    @override
    def __len__(self) -> int:
        return len(self._wording)


def case_of(template: Template, facts: Mapping[str, object]) -> str | None:
    """The name of the template that says it instead; None when this case says nothing."""
    assert template.cases is not None  # noqa: S101 - the caller looked
    value: object = facts
    for part in template.cases.field.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return template.cases.templates.get(str(value))


def word(template: Template, facts: Mapping[str, object], reader: Reader) -> Wording:
    """The template, ready to be filled in for a reader."""
    return Wording(Page(template, reader.locale), facts, reader.time_zone)


def unsaid(name: str) -> Invalid:
    """Somebody wants to send what the template has no words for."""
    return Invalid(
        f"The template `{name}` says nothing about this.",
        remedy="Its cases name what it speaks about.",
        fields={"template": "says nothing here"},
    )
