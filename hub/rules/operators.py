"""What a condition may compare, for each kind of field, and in which words it is refused."""

import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hub.errors import Invalid
from hub.rules import hours
from hub.rules.fields import Kind, unknown
from hub.rules.schedule import duration

Facts = Mapping[str, Any]

_SAME = (Kind.TEXT, Kind.NUMBER, Kind.FLAG, Kind.ANY)
_LISTED = (Kind.TEXT, Kind.NUMBER, Kind.ANY)
_ORDERED = (Kind.NUMBER, Kind.ANY)
_TEXTS = (Kind.TEXT, Kind.ANY)
_TIMES = (Kind.TIME,)
FITS: Mapping[str, tuple[Kind, ...]] = {
    "is": _SAME,
    "is_not": _SAME,
    "in": _LISTED,
    "not_in": _LISTED,
    "above": _ORDERED,
    "below": _ORDERED,
    "contains": _TEXTS,
    "starts_with": _TEXTS,
    "has": (Kind.WORDS, Kind.ANY),
    "has_not": (Kind.WORDS, Kind.ANY),
    "older_than": _TIMES,
    "newer_than": _TIMES,
    "within_next": _TIMES,
    "in_hours": _TIMES,
    "not_in_hours": _TIMES,
    "empty": tuple(Kind),
}
NAMES = tuple(FITS)
_ARTICLE = {
    Kind.TEXT: "a text",
    Kind.NUMBER: "a number",
    Kind.WORDS: "a set of words",
    Kind.FLAG: "true or false",
    Kind.TIME: "a time",
    Kind.ANY: "open",
}
_MOST_LISTED = 200


def compiled(field: str, kind: Kind, name: str, value: object) -> Callable[[Facts], bool]:
    """The test `field` `name` `value`; raises Invalid when they do not go together."""
    if name not in FITS:
        raise unknown(name, FITS, "comparison")
    if kind not in FITS[name]:
        raise Invalid(f"`{field}` is {_ARTICLE[kind]}, so `{name}` does not fit.")
    if kind is Kind.TIME and name != "empty":
        return _of_time(field, name, value)
    test = _TESTS[name]
    wanted = _value(field, name, kind, value)
    return lambda facts: test(facts.get(field), wanted)


# --- the written value ------------------------------------------------------------------------


def _value(field: str, name: str, kind: Kind, value: object) -> Any:  # noqa: ANN401 - JSON
    if name == "empty":
        if not isinstance(value, bool):
            raise Invalid(f"`{field}`: write `empty: true` or `empty: false`.")
        return value
    if name in {"in", "not_in"} or (name in _TEXT_TESTS and isinstance(value, list)):
        if not isinstance(value, list) or len(value) > _MOST_LISTED:
            raise Invalid(f"`{field}`: `{name}` takes a list of at most {_MOST_LISTED}.")
        return [_scalar(field, name, kind, one) for one in value]
    scalar = _scalar(field, name, kind, value)
    return [scalar] if name in _TEXT_TESTS else scalar


def _scalar(field: str, name: str, kind: Kind, value: object) -> Any:  # noqa: ANN401 - JSON
    if kind is Kind.FLAG:
        if not isinstance(value, bool):
            raise Invalid(f"`{field}` is true or false, but `{value}` is neither.")
        return value
    if kind is Kind.NUMBER or name in {"above", "below"}:
        return _number(field, value)
    if kind is Kind.ANY and name in {"is", "is_not", "in", "not_in"}:
        return _open(field, value)
    if not isinstance(value, str):
        raise Invalid(f'`{field}` is {_ARTICLE[kind]}: write the value in quotes, as "{value}".')
    return _folded(value) if name in _TEXT_TESTS else value


def _number(field: str, value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Invalid(f"`{field}` is a number, but `{value}` is not.")
    return Decimal(str(value))


def _open(field: str, value: object) -> object:
    if isinstance(value, str | bool):
        return value
    if isinstance(value, int | float):
        return Decimal(str(value))
    raise Invalid(f"`{field}`: write a text, a number, true or false.")


# --- comparing --------------------------------------------------------------------------------


def _same(have: object, want: object) -> bool:
    """A number is no text, and true is no 1."""
    if isinstance(have, str):
        return have == want
    if isinstance(have, float):
        have = Decimal(str(have))
    return isinstance(have, bool) == isinstance(want, bool) and have == want


def _ordered(have: object) -> Decimal | None:
    if isinstance(have, bool) or not isinstance(have, int | float | Decimal):
        return None
    return have if isinstance(have, Decimal) else Decimal(str(have))


def _above(have: object, want: Decimal) -> bool:
    number = _ordered(have)
    return number is not None and number > want


def _below(have: object, want: Decimal) -> bool:
    number = _ordered(have)
    return number is not None and number < want


def _folded(text: object) -> str:
    """Without regard to case, and to how accents are stored."""
    return unicodedata.normalize("NFC", text).casefold() if isinstance(text, str) else ""


def _words(have: object) -> list[Any]:
    return have if isinstance(have, list) else []


_TEXT_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "contains": lambda have, want: any(one in _folded(have) for one in want),
    "starts_with": lambda have, want: _folded(have).startswith(tuple(want)),
}
_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "is": _same,
    "is_not": lambda have, want: not _same(have, want),
    "in": lambda have, want: any(_same(have, one) for one in want),
    "not_in": lambda have, want: not any(_same(have, one) for one in want),
    "above": _above,
    "below": _below,
    "has": lambda have, want: want in _words(have),
    "has_not": lambda have, want: want not in _words(have),
    "empty": lambda have, want: (have is None or have in ("", [], {})) is want,
    **_TEXT_TESTS,
}


# --- times ------------------------------------------------------------------------------------


def _of_time(field: str, name: str, value: object) -> Callable[[Facts], bool]:
    if not isinstance(value, str):
        raise Invalid(f"`{field}`: `{name}` takes a text.")
    if name in {"in_hours", "not_in_hours"}:
        wanted, weekly = name == "in_hours", hours.read(value)
        return lambda facts: _in_hours(facts, field, weekly, wanted=wanted)
    span = duration(value)
    test = _TIME_TESTS[name]
    return lambda facts: _is_time(facts.get(field)) and test(facts["now"] - facts[field], span)


def _is_time(have: object) -> bool:
    return isinstance(have, datetime)


def _in_hours(facts: Facts, field: str, weekly: hours.Hours, *, wanted: bool) -> bool:
    have = facts.get(field)
    if not isinstance(have, datetime):
        return False
    return weekly.holds(have, str(facts.get("customer.time_zone") or "")) is wanted


_NONE = timedelta()
_TIME_TESTS: Mapping[str, Callable[[timedelta, timedelta], bool]] = {
    "older_than": lambda age, span: age > span,
    "newer_than": lambda age, span: _NONE <= age < span,
    "within_next": lambda age, span: _NONE <= -age <= span,
}
