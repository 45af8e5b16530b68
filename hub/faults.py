"""Where and why an input does not fit its model, in words for whoever sent it."""

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema, core_schema

_ALTERNATIVE = re.compile(
    r".*[\[(].*|[A-Z]\w*|constrained-\w+|str|int|float|bool|none|uuid|date|datetime|decimal|list|dict"
)
"""How pydantic names one of several types that a field may be; our own fields are never so named
below the first place, though what others name may be."""


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


@dataclass(frozen=True, slots=True)
class Spelled:
    """How a text is spelled, to stand beside its type: for programs, and in words after "Write".

    OpenAPI tells both; whoever misspells it is told the words.
    """

    pattern: str
    words: str

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        matching = core_schema.custom_error_schema(
            core_schema.str_schema(pattern=self.pattern),
            custom_error_type="misspelled",
            custom_error_message="Write {words}.",
            custom_error_context={"words": self.words},
        )
        return core_schema.chain_schema([handler(source), matching])

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        said = f"{self.words[0].upper()}{self.words[1:]}."
        return {**handler(schema), "pattern": self.pattern, "description": said}


def faults_of(
    error: ValidationError, given: object, whole: str = "body", known: Collection[str] = ()
) -> dict[str, str]:
    """Each fault by the dotted name of its field, `whole` for what concerns all of the input.

    A field that may be of several types has one line, with every reason. Never quotes what is
    written in the input `given`, only how its fields are named.
    known: names among which the nearest one to an unknown one is looked for.
    """
    found: dict[str, str] = {}
    for fault in error.errors(include_url=False, include_input=False):
        name, said = _place(fault["loc"], given) or whole, _said(fault, known)
        if said not in found.get(name, "").split(" Or: "):
            found[name] = f"{found[name]} Or: {said}" if name in found else said
    return found


def _place(parts: Sequence[int | str], given: object) -> str:
    """As it is written in the input, without the names of types."""
    place = list[str]()
    for part in parts:
        written = isinstance(given, Mapping) and part in given
        if place and isinstance(part, str) and not written and _ALTERNATIVE.fullmatch(part):
            continue
        place.append(str(part))
        given = _below(given, part)
    return ".".join(place)


def _below(given: object, part: int | str) -> object:
    if isinstance(given, Mapping):
        return given.get(part)
    if isinstance(given, list) and isinstance(part, int) and 0 <= part < len(given):
        return given[part]
    return None


def _said(fault: Mapping[str, Any], known: Collection[str]) -> str:
    if fault["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(fault["loc"][-1]), known, n=1)
        return f"This is not known here. Did you mean `{near[0]}`?" if near else _UNKNOWN
    told = fault.get("ctx", {})
    words = _SAID.get(fault["type"])
    if words is not None:
        return words.format_map(told)
    message: str = fault["msg"]
    return message.removeprefix("Value error, ").rstrip(".") + "."
