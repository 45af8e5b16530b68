"""Which JSON of somebody else's the database takes, and so what is refused when it comes in."""

import math
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator

_DEEPEST = 64
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1
"""What orjson writes as a whole number."""


def fault(value: object) -> str | None:
    """What cannot be stored in `value` and where; None when all of it can.

    Dates count as text: YAML has them, and they are stored as ISO 8601.
    """
    return next(_faults(value, ()), None)


def _faults(value: object, where: tuple[str, ...]) -> Iterator[str]:
    if len(where) > _DEEPEST:
        yield "nests too deep"
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _said(_of_name(name), where)
            yield from _faults(inner, (*where, str(name)))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _faults(inner, (*where, str(number)))
    else:
        yield from _said(_of_scalar(value), where)


def _said(wrong: str | None, where: tuple[str, ...]) -> Iterator[str]:
    if wrong is not None:
        # A path may itself hold what is wrong with a name.
        path = ".".join(where).encode("utf-8", "replace").decode().replace("\x00", "?")
        yield f"`{path}` {wrong}" if path else wrong


def _of_name(name: object) -> str | None:
    return _of_text(name) if isinstance(name, str) else "has a name that is no text"


def _of_scalar(value: object) -> str | None:
    if isinstance(value, str):
        return _of_text(value)
    if isinstance(value, bool | date) or value is None:
        return None
    if isinstance(value, int):
        fits = _SMALLEST <= value <= _LARGEST
        return None if fits else "is a number beyond 64 bits"
    if isinstance(value, float):
        return None if math.isfinite(value) else "is no number"
    return "is neither text nor number"


def _of_text(text: str) -> str | None:
    if "\x00" in text:
        return "holds the character NUL"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "holds half a character (a lone surrogate)"
    return None


def _checked(value: Any) -> Any:  # noqa: ANN401 - JSON
    if wrong := fault(value):
        raise ValueError(f"cannot be stored: {wrong}")
    return value


Storable = AfterValidator(_checked)
"""Of a field that takes any JSON: refuses what cannot be stored, naming the place in it."""
StorableJson = Annotated[dict[str, Any], Storable]
