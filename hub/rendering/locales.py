"""Which language a text is in when nobody wrote it in the reader's own."""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

from babel import Locale, UnknownLocaleError

DEFAULT_LOCALE = "en"


@lru_cache(maxsize=256)
def babel_locale(tag: str) -> Locale:
    """The nearest locale babel knows to a BCP 47 tag; English when there is none."""
    for candidate in tags(tag):
        try:
            return Locale.parse(candidate, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse(DEFAULT_LOCALE)


@lru_cache(maxsize=256)
def tags(tag: str) -> Sequence[str]:
    """`ru-RU` → `ru-RU`, `ru`, `en`: from the exact to the always there."""
    # Letters and digits only: the tag becomes part of a file name.
    parts = re.findall("[A-Za-z0-9]+", tag[:100])
    exact = ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return tuple(one for one in [*exact, DEFAULT_LOCALE] if one)


def nearest(locale: str, written: Collection[str]) -> str:
    """Which of the `written` locales a reader of `locale` gets: theirs, English, the first.

    Raises ValueError when nothing is written.
    """
    by_lower = {one.lower(): one for one in written}
    for tag in tags(locale):
        if tag.lower() in by_lower:
            return by_lower[tag.lower()]
    return min(written)
