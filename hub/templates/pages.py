"""What a template says in one language, made ready once for everybody who reads it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from hub.conversations import filled_html
from hub.conversations.cleaning import clean, clean_line
from hub.conversations.draft import Words
from hub.mappings import MAPPINGS
from hub.ports import Button
from hub.rendering.filling import Filling, Looks, Text, always_speaks, compiled, together
from hub.rendering.locales import nearest
from hub.templates.fields import About
from hub.templates.spec import ButtonSource, InLocale, Template, Variant

LONGEST_LABEL = 100
"""Characters of a button, as the API takes them."""
EVERYWHERE = ""
"""In place of a channel: those without words of their own."""


class Page:
    """A template in one of its languages."""

    def __init__(self, template: Template, locale: str) -> None:
        self.locale = nearest(locale, template.locales)
        self.about: About = template.about
        self._words = template.locales[self.locale]
        self.channels: Collection[str] = self._words.channels
        self.calendar = _text(self._words.calendar)
        self.always_speaks = always_speaks(self._words.text)
        """Whether there is something to say whatever the fields hold."""
        self._sheets: dict[str, Sheet] = {}

    def sheet(self, channel: str) -> "Sheet":
        """The words of a channel that has its own, or those of EVERYWHERE."""
        if channel not in self._sheets:
            own = self._words.channels.get(channel)
            self._sheets[channel] = _sheet(self._words, own or Variant())
        return self._sheets[channel]


@dataclass(frozen=True, slots=True)
class _Button:
    label: Text
    value: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """The texts of a message by one way.

    fixed: its buttons where they name no field; answering: whose answers they may be bound to.
    """

    text: Text
    html: Text | None
    subject: Text
    buttons: Sequence[_Button]
    looks: Looks
    fixed: tuple[Button, ...] | None
    answering: Collection[str]

    def words(self, filling: Filling, facts: Mapping[str, object]) -> Words:
        """Filled in; raises Invalid when a field is not there that they need."""
        filling.seeing(self.looks)
        return Words(
            clean(filling.text(self.text)),
            filled_html.safe(filling.pieces(self.html)) if self.html else "",
            clean_line(filling.text(self.subject)),
            self._bound(filling, facts),
        )

    def _bound(self, filling: Filling, facts: Mapping[str, object]) -> tuple[Button, ...]:
        # The same for everybody, unless their object knows its own answers.
        if self.fixed is not None and not [one for one in self.answering if _answers(facts, one)]:
            return self.fixed
        labels = [(filling.text(one.label)[:LONGEST_LABEL], one.value) for one in self.buttons]
        return tuple(Button(label, bound(value, facts)) for label, value in labels if label)


def bound(value: str, facts: Mapping[str, object]) -> str:
    """What pressing a button brings back: `appointment.confirm` is that of this appointment.

    An object that can be answered says how in its `answers`; without it the value stays.
    """
    kind, _, answer = value.partition(".")
    found = _answers(facts, kind).get(answer)
    return found if isinstance(found, str) else value


def _answers(facts: Mapping[str, object], kind: str) -> Mapping[str, object]:
    about = facts.get(kind)
    answers = about.get("answers") if isinstance(about, MAPPINGS) else None
    return answers if isinstance(answers, MAPPINGS) else {}


def _sheet(words: InLocale, own: Variant) -> Sheet:
    """A channel's own words over those of everywhere. Text and HTML say the same: who changes
    the text alone does not mean the other HTML to go with it."""
    same = own.text is None and own.html is None
    text = _text(words.text if own.text is None else own.text)
    html = words.html if same else own.html
    page = compiled(html, "html") if html else None
    subject = _text(words.subject if own.subject is None else own.subject)
    buttons = _buttons(words.buttons if own.buttons is None else own.buttons)
    labels = [one.label for one in buttons]
    return Sheet(
        text,
        page,
        subject,
        buttons,
        together([text, subject, *labels, *([page] if page else [])]),
        None if any(one.write for one in labels) else _fixed(buttons),
        {one.value.partition(".")[0] for one in buttons},
    )


def _text(source: str | None) -> Text:
    return compiled(source or "", "text")


def _buttons(sources: Sequence[ButtonSource] | None) -> Sequence[_Button]:
    return [_Button(_text(one.label), one.value) for one in sources or ()]


def _fixed(buttons: Sequence[_Button]) -> tuple[Button, ...]:
    labels = [(one.label.words[:LONGEST_LABEL], one.value) for one in buttons]
    return tuple(Button(label, value) for label, value in labels if label)
