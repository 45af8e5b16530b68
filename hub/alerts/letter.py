"""What an operator is written about the hub's trouble, in their own language, as one message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hub import resources

DEFAULT = "en"


@dataclass(frozen=True, slots=True)
class Line:
    """One piece of news. subject: the name of the inbox, webhook, kind of work or reader."""

    alert_id: UUID
    kind: str
    subject: str
    number: int
    over: bool


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    text: str


def write(news: Sequence[Line], company: str, url: str, locale: str) -> Letter:
    """The message that tells all of `news`, the oldest first.

    url: the console's address, or empty.
    """
    lines, words = condensed(news), words_of(locale)
    told = [_sentence(one, words) for one in lines]
    begun = sum(not one.over for one in lines)
    one_only = len(told) == 1
    head = told[0] if one_only else words["several"].format(count=len(told))
    parts = [told[0] if one_only else "\n".join(f"- {one}" for one in told)]
    parts += [words["remedy"][kind] for kind in dict.fromkeys(o.kind for o in lines if not o.over)]
    parts += [words["look" if begun else "fine"].format(url=f"{url}/#/problems")] if url else []
    return Letter(f"{company}: {head}", "\n\n".join(parts))


def condensed(news: Sequence[Line]) -> list[Line]:
    """The last word on each alert."""
    return list({one.alert_id: one for one in news}.values())


def trial(company: str, locale: str) -> Letter:
    """What shows that the way works."""
    words = words_of(locale)
    return Letter(f"{company}: {words['test']}", words["test"])


def _sentence(one: Line, words: Mapping[str, Any]) -> str:
    said = words["over" if one.over else "begun"][one.kind]
    sentence: str = said.format(name=one.subject, count=one.number)
    return sentence


def words_of(locale: str) -> Mapping[str, Any]:
    """The words of a language, of English where it is not known."""
    words: Mapping[str, Mapping[str, Any]] = resources.words("mail", "alerts.yaml")
    return words.get(locale.partition("-")[0].lower(), words[DEFAULT])
