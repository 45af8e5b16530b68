"""What a field holds, as it stands in HTML."""

import re
from collections.abc import Callable

from markupsafe import escape
from typing_extensions import override

_PLAIN = re.compile("[^&<>\"'\r\xa0\x00\ud800-\udfff]*").fullmatch
"""Letters that HTML, a cleaner of HTML and the database all spell as they are."""


class Held(str):
    """A field's words, escaped: pieces of HTML that are none were written by the template."""

    __slots__ = ()

    @override
    def __str__(self) -> "Held":
        # Stays what it is where a template makes text of it.
        return self


class Plain(Held):
    """Of which nothing had to be escaped, and nothing is to be cleaned."""

    __slots__ = ()


def holding(written: Callable[[object], object]) -> Callable[[object], Held]:
    """Escapes values, unless they are `Markup` already. written: what one becomes in a text."""

    def held(value: object) -> Held:
        # The plain type first: nearly every field is a text.
        if type(value) is str and _PLAIN(value):
            return Plain(value)
        return Held(escape(written(value)))

    return held
