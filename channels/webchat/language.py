"""Which language a visitor is spoken to in: one of those in `words/`, else English."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import orjson

DEFAULT = "en"
_LONGEST_HEADER = 500
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})

Words = Mapping[str, str | Mapping[str, str]]
"""A text, or one text for each plural category of the language (Unicode CLDR)."""


@dataclass(frozen=True, slots=True)
class Language:
    """`locale`: a tag of two letters. `dir`: `ltr` or `rtl`, as in HTML."""

    locale: str
    words: Words

    @property
    def dir(self) -> str:
        return "rtl" if self.locale in _RIGHT_TO_LEFT else "ltr"

    def text(self, key: str) -> str:
        """A text without a plural; '' when there is none."""
        found = self.words.get(key, "")
        return found if isinstance(found, str) else ""


@cache
def languages() -> Mapping[str, Language]:
    """All there are, by locale."""
    folder = files("channels.webchat") / "words"
    found = {}
    for file in folder.iterdir():
        locale, dot, suffix = file.name.partition(".")
        if dot and suffix == "json":
            found[locale] = Language(locale, MappingProxyType(orjson.loads(file.read_bytes())))
    return MappingProxyType(found)


def choose(asked: str, accepted: str) -> Language:
    """The language asked for, when there is one; else the best of an Accept-Language header."""
    known = languages()
    for tag in (asked, *preferred(accepted)):
        found = known.get(tag.replace("_", "-").partition("-")[0].strip().lower())
        if found is not None:
            return found
    return known[DEFAULT]


def preferred(header: str) -> list[str]:
    """The tags of an Accept-Language header, the most wanted first (RFC 9110, section 12.5.4)."""
    weighed = []
    for part in header[:_LONGEST_HEADER].split(","):
        tag, _, parameter = part.partition(";")
        weight = _weight(parameter)
        if tag.strip() and weight:
            weighed.append((-weight, tag.strip()))
    return [tag for _, tag in sorted(weighed, key=lambda one: one[0])]


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    digits = value.strip()
    plain = name.strip().lower() == "q" and digits.replace(".", "", 1).isdecimal()
    return float(digits) if plain and digits.isascii() else 0.0
