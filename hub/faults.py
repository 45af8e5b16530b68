"""Where and why an input does not fit its model, in words for whoever sent it."""

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import Field, ValidationError

_ALTERNATIVE = re.compile(
    r".*[\[(].*|[A-Z]\w*|constrained-\w+|str|int|float|bool|none|uuid|date|datetime|decimal|list|dict"
)
"""How pydantic names one of several types that a field may be; our own fields are never so named
below the first place."""


_SAID: Mapping[str, str] = {
    "missing": "This is missing.",
    "string_type": "Write a text.",
    "bool_type": "Write true or false.",
    "bool_parsing": "Write true or false.",
    "int_type": "Write a whole number.",
    "int_parsing": "Write a whole number.",
    "int_from_float": "Write a whole number.",
    "float_type": "Write a number.",
    "float_parsing": "Write a number.",
    "list_type": "Write a list.",
    "dict_type": "Write an object: names and their values.",
    "model_type": "Write an object: names and their values.",
    "model_attributes_type": "Write an object: names and their values.",
    "string_too_long": "At most {max_length} characters.",
    "string_too_short": "At least {min_length} characters.",
    "too_long": "At most {max_length} of them.",
    "too_short": "At least {min_length} of them.",
    "greater_than_equal": "Write {ge} or more.",
    "less_than_equal": "Write {le} or less.",
    "literal_error": "Write {expected}.",
    "string_pattern_mismatch": "Write it as the description of the API says.",
    "enum": "Write {expected}.",
}
"""By pydantic's names, what people can act on."""
_UNKNOWN = "This is not known here."
_SPELLED: dict[str, str] = {}
"""What to write, by the pattern that a text did not match: of `spelled`."""


def spelled(pattern: str, words: str) -> Any:  # noqa: ANN401 - as pydantic's Field
    """How a text is spelled: for programs, and in words that follow "Write".

    OpenAPI tells both; whoever misspells it is told the words.
    """
    _SPELLED[pattern] = f"Write {words}."
    return Field(pattern=pattern, description=f"{words[0].upper()}{words[1:]}.")


def faults_of(
    error: ValidationError, whole: str = "body", known: Collection[str] = ()
) -> dict[str, str]:
    """Each fault by the dotted name of its field, `whole` for what concerns all of the input.

    A field that may be of several types has one line, with every reason. Never quotes the input.
    known: names among which the nearest one to an unknown one is looked for.
    """
    found: dict[str, str] = {}
    for fault in error.errors(include_url=False, include_input=False):
        name, said = _place(fault["loc"]) or whole, _said(fault, known)
        if said not in found.get(name, "").split(" Or: "):
            found[name] = f"{found[name]} Or: {said}" if name in found else said
    return found


def _place(parts: Sequence[int | str]) -> str:
    return ".".join(
        str(part)
        for depth, part in enumerate(parts)
        if not depth or isinstance(part, int) or not _ALTERNATIVE.fullmatch(part)
    )


def _said(fault: Mapping[str, Any], known: Collection[str]) -> str:
    if fault["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(fault["loc"][-1]), known, n=1)
        return f"This is not known here. Did you mean `{near[0]}`?" if near else _UNKNOWN
    told = fault.get("ctx", {})
    if fault["type"] == "string_pattern_mismatch" and told["pattern"] in _SPELLED:
        return _SPELLED[told["pattern"]]
    words = _SAID.get(fault["type"])
    if words is not None:
        return words.format_map(told)
    message: str = fault["msg"]
    return message.removeprefix("Value error, ").rstrip(".") + "."
