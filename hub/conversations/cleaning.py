"""What the database cannot hold is taken out of text and JSON: NUL bytes and lone surrogates."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from hub.errors import Invalid
from hub.mappings import MAPPINGS

_DEEPEST = 64
_LISTS = (list, tuple, set, frozenset)
_SCALARS = (int, float, date, UUID, type(None))
_TURNING = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""Embeddings, overrides and isolates (UAX 9); names need none: their letters say their direction.
"""


def clean(text: str) -> str:
    """The same text, storable: U+FFFD stands where a NUL or a lone surrogate stood."""
    if "\x00" in text:
        text = text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        # Through UTF-16, so that two halves of one character find together again.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def clean_line(text: str) -> str:
    """The same on one line: a break in a subject would end the header it travels in."""
    return " ".join(clean(text).split())


def clean_name(name: str) -> str:
    """A person's name on one line, without marks that turn the direction of what stands behind.

    Whoever may choose a name would else choose how an operator reads the address after it.
    """
    return " ".join(clean(name).translate(_TURNING).split())


def clean_json(facts: Mapping[str, object]) -> dict[str, object]:
    """A copy that `jsonb` takes: storable text, string keys; what JSON lacks is spelled out.

    Raises Invalid when it nests too deep.
    """
    cleaned = _clean(facts, 0)
    assert isinstance(cleaned, dict)  # noqa: S101 - a mapping becomes a dict
    return cleaned


def _clean(value: object, depth: int) -> object:
    if depth > _DEEPEST:
        raise Invalid("The message's data nests too deep.", fields={"data": "nests too deep"})
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, _SCALARS):
        # orjson writes no integer beyond 64 bits.
        fits = not isinstance(value, int) or -(2**63) <= value < 2**64
        return value if fits else clean(str(value))
    if isinstance(value, MAPPINGS):
        return {clean(str(key)): _clean(one, depth + 1) for key, one in value.items()}
    if isinstance(value, _LISTS):
        return [_clean(one, depth + 1) for one in value]
    if isinstance(value, bytes):
        return clean(value.decode("utf-8", "replace"))
    return clean(str(value))
