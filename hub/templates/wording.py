"""What a template says to one customer: the nearest language, the words of each channel."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from typing_extensions import override

from hub.conversations import filled_html
from hub.conversations.cleaning import clean
from hub.conversations.draft import Words
from hub.errors import Invalid
from hub.ports import Button
from hub.rendering.language import Filling, always_speaks
from hub.rendering.locales import nearest
from hub.templates.fields import completed
from hub.templates.spec import ButtonSource, InLocale, Template, Variant

_MAPPINGS = (dict, Mapping)
"""The plain type first: asking an abstract one takes its time."""
LONGEST_LABEL = 100
"""Characters of a button, as the API takes them."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom it is written for: BCP 47 and IANA names, empty where nobody knows."""

    locale: str
    time_zone: str


class Wording:
    """The words everywhere, and those of the channels that say it differently.

    All are filled in when they are asked for: a message goes by one way. Asking raises Invalid
    when a field that those words need is not there.
    """

    def __init__(self, locale: str, words: InLocale, fill: "_Fill") -> None:
        self.locale = locale
        self.channels: Mapping[str, Words] = _Variants(words, fill)
        self._words = words
        self._fill = fill

    @cached_property
    def everywhere(self) -> Words:
        return self._fill.words(_everywhere(self._words))

    @cached_property
    def calendar(self) -> str:
        """The title in the reader's calendar; empty: nothing goes there."""
        return self._fill.line(self._words.calendar)

    @property
    def speaks(self) -> bool:
        """Whether there is something to say about this."""
        return always_speaks(self._words.text) or bool(self.everywhere.text)

    @property
    def ways(self) -> Mapping[str, Words]:
        """The words of any channel whatever."""
        return _Ways(self)

    def on(self, channel: str) -> Words:
        return self.channels[channel] if channel in self._words.channels else self.everywhere


def case_of(template: Template, facts: Mapping[str, object]) -> str | None:
    """The name of the template that says it instead; None when this case says nothing."""
    assert template.cases is not None  # noqa: S101 - the caller looked
    value: object = facts
    for part in template.cases.field.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return template.cases.templates.get(str(value))


def word(template: Template, facts: Mapping[str, object], reader: Reader) -> Wording:
    """The template, ready to be filled in for a reader."""
    locale = nearest(reader.locale, template.locales)
    words = template.locales[locale]
    full = completed(facts, template.about)
    return Wording(locale, words, _Fill(full, locale, reader.time_zone))


@dataclass(frozen=True, slots=True)
class _Source:
    """What is filled in to make words."""

    text: str
    html: str | None
    subject: str | None
    buttons: Sequence[ButtonSource] | None


def _everywhere(words: InLocale) -> _Source:
    return _Source(words.text, words.html, words.subject, words.buttons)


def _laid(words: InLocale, variant: Variant) -> _Source:
    """A channel's own words over those of everywhere. Text and HTML say the same: who changes
    the text alone does not mean the other HTML to go with it."""
    own_words = variant.text is not None or variant.html is not None
    return _Source(
        text=words.text if variant.text is None else variant.text,
        html=variant.html if own_words else words.html,
        subject=words.subject if variant.subject is None else variant.subject,
        buttons=words.buttons if variant.buttons is None else variant.buttons,
    )


def bound(value: str, facts: Mapping[str, object]) -> str:
    """What pressing a button brings back: `appointment.confirm` is that of this appointment.

    An object that can be answered says how in its `answers`; without it the value stays.
    """
    kind, _, answer = value.partition(".")
    about = facts.get(kind)
    answers = about.get("answers") if isinstance(about, _MAPPINGS) else None
    found = answers.get(answer) if isinstance(answers, _MAPPINGS) else None
    return found if isinstance(found, str) else value


class _Fill:
    def __init__(self, facts: Mapping[str, object], locale: str, time_zone: str) -> None:
        self._facts = facts
        self._filling = Filling(facts, locale=locale, time_zone=time_zone)

    def words(self, source: _Source) -> Words:
        return Words(
            text=clean(self._text(source.text)),
            html=filled_html.safe(self._filling.pieces(source.html)) if source.html else "",
            subject=self.line(source.subject),
            buttons=tuple(
                Button(label, bound(one.value, self._facts))
                for one in source.buttons or ()
                if (label := self._text(one.label)[:LONGEST_LABEL])
            ),
        )

    def line(self, source: str | None) -> str:
        return " ".join(clean(self._text(source)).split())

    def _text(self, source: str | None) -> str:
        return self._filling.text(source) if source else ""


class _Variants(Mapping[str, Words]):
    """The words of each channel that has its own."""

    def __init__(self, words: InLocale, fill: _Fill) -> None:
        self._words = words
        self._fill = fill
        self._filled: dict[str, Words] = {}

    @override
    def __getitem__(self, channel: str) -> Words:
        if channel not in self._filled:
            laid = _laid(self._words, self._words.channels[channel])
            self._filled[channel] = self._fill.words(laid)
        return self._filled[channel]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._words.channels)

    @override
    def __len__(self) -> int:
        return len(self._words.channels)


class _Ways(Mapping[str, Words]):
    """The words of every channel there may be; those are listed that have their own."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording

    @override
    def __getitem__(self, channel: str) -> Words:
        return self._wording.on(channel)

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._wording.channels)

    @override
    def __len__(self) -> int:
        return len(self._wording.channels)


def unsaid(name: str) -> Invalid:
    """Somebody wants to send what the template has no words for."""
    return Invalid(
        f"The template `{name}` says nothing about this.",
        remedy="Its cases name what it speaks about.",
        fields={"template": "says nothing here"},
    )
