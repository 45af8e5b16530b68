"""What stands in a field of an update, if it is of the kind it should be, and else nothing.

Updates are read without trust: a field of another type than documented counts as absent, so no
update, however odd, stops the ones behind it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

Json = Mapping[str, object]

_EMPTY: Json = {}
_LARGEST = 2**53
"""Telegram's ids have at most 52 significant bits."""
_LAST_MOMENT = 253_402_300_799
"""The end of the year 9999."""


def obj(source: object, name: str) -> Json:
    """The object in the field, or an empty one."""
    value = source.get(name) if isinstance(source, dict) else None
    return value if isinstance(value, dict) else _EMPTY


def text_of(source: object, name: str) -> str:
    """The string in the field, or ''."""
    value = source.get(name) if isinstance(source, dict) else None
    return value if isinstance(value, str) else ""


def integer(source: object, name: str) -> int:
    """The whole number in the field, or 0."""
    value = source.get(name) if isinstance(source, dict) else None
    return value if type(value) is int and abs(value) <= _LARGEST else 0


def number(source: object, name: str) -> float | None:
    """The finite number in the field, or None."""
    value = source.get(name) if isinstance(source, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < _LARGEST else None


def flag(source: object, name: str) -> bool:
    """Whether the field is true."""
    return isinstance(source, dict) and source.get(name) is True


def objects(source: object, name: str, *, most: int = 1000) -> Sequence[Json]:
    """The objects in the array of the field, at most `most` of them."""
    value = source.get(name) if isinstance(source, dict) else None
    if not isinstance(value, list):
        return ()
    return [one for one in value[:most] if isinstance(one, dict)]


def moment(source: object, name: str) -> datetime | None:
    """The Unix time in the field, or None; Telegram writes 0 for a moment it does not tell."""
    seconds = integer(source, name)
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds <= _LAST_MOMENT else None
