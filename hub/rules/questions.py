"""What a rule asks and which answers count: buttons, numbers, words. Pure.

A button brings back `ask:<question>:<number of the answer>`. Where there are no buttons the number
counts, or one of the answer's words, if the message says nothing else.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

_VALUE = re.compile(r"ask:([0-9a-f]{32}):([1-9][0-9]?)")
_AROUND = " .!,;:()"
LONGEST = 200
"""Characters of a message that may be an answer."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer. step: where the rule goes on when it is given."""

    value: str
    label: str
    words: tuple[str, ...]
    step: int

    def kept(self) -> dict[str, object]:
        """As `rule_questions.choices` holds it."""
        words = list(self.words)
        return {"value": self.value, "label": self.label, "words": words, "step": self.step}

    @classmethod
    def of(cls, kept: Mapping[str, object]) -> "Choice":
        words = kept["words"]
        listed = tuple(str(one) for one in words) if isinstance(words, list) else ()
        return cls(str(kept["value"]), str(kept["label"]), listed, int(str(kept["step"])))


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button under a question. number: of the answer, from 1."""

    question_id: UUID
    number: int


def button(question_id: UUID, number: int) -> str:
    return f"ask:{question_id.hex}:{number}"


def of_button(value: object) -> Pressed | None:
    """None for the button of anything else."""
    found = _VALUE.fullmatch(value) if isinstance(value, str) else None
    return Pressed(UUID(found[1]), int(found[2])) if found else None


def said(text: object) -> str:
    """The words of a message as they are compared; empty for what is too long to be an answer."""
    if not isinstance(text, str) or len(text) > LONGEST:
        return ""
    return " ".join(text.casefold().replace("’", "'").split()).strip(_AROUND)


def meant(text: object, choices: Sequence[Choice]) -> int | None:
    """Which answer the text is, by its number from 1; None where it is none of them."""
    return spellings((one.value, one.label, one.words) for one in choices).get(said(text))


def spellings(answers: Iterable[tuple[str, str, Sequence[str]]]) -> Mapping[str, int]:
    """What may be written for each answer. Raises ValueError where one word means two."""
    found: dict[str, int] = {}
    for number, (value, label, words) in enumerate(answers, start=1):
        for one in (str(number), value, label, *words):
            word = said(one)
            if word and found.setdefault(word, number) != number:
                raise ValueError(f"“{one}” means two answers")
    return found
