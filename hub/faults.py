"""Where and why an input does not fit its model, in words for whoever sent it."""

import re
from collections.abc import Sequence

from pydantic import ValidationError

_ALTERNATIVE = re.compile(
    r".*[\[(].*|[A-Z]\w*|str|int|float|bool|none|uuid|date|datetime|decimal|list|dict"
)
"""How pydantic names one of several types that a field may be; our own fields are never so named
below the first place."""


def faults_of(error: ValidationError, whole: str = "body") -> dict[str, str]:
    """Each fault by the dotted name of its field, `whole` for what concerns all of the input.

    A field that may be of several types has one line, with every reason. Never quotes the input.
    """
    found: dict[str, str] = {}
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        name, said = _place(fault["loc"]) or whole, _said(fault["type"], fault["msg"])
        found[name] = f"{found[name]} Or: {said}" if name in found else said
    return found


def _place(parts: Sequence[int | str]) -> str:
    return ".".join(
        str(part)
        for depth, part in enumerate(parts)
        if not depth or isinstance(part, int) or not _ALTERNATIVE.fullmatch(part)
    )


def _said(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "This is not known here."
    return message.removeprefix("Value error, ").rstrip(".") + "."
