"""Conditions: all, any, not over typed fields. Checked when saved, compiled once, cannot loop.

A leaf is {field, <operator>: value}:
    is, is_not            the same as the value
    in, not_in            one of a list
    above, below          numbers only
    has, has_not          sets of words only
    empty: true/false     whether there is anything
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from hub.errors import Invalid
from hub.rules.fields import Kind, unknown

Facts = Mapping[str, Any]
Test = Callable[[Facts], bool]

MAX_DEPTH = 8
MAX_LEAVES = 200

_OPERATORS: Mapping[str, tuple[Kind, ...]] = {
    "is": (Kind.TEXT, Kind.NUMBER),
    "is_not": (Kind.TEXT, Kind.NUMBER),
    "in": (Kind.TEXT, Kind.NUMBER),
    "not_in": (Kind.TEXT, Kind.NUMBER),
    "above": (Kind.NUMBER,),
    "below": (Kind.NUMBER,),
    "has": (Kind.WORDS,),
    "has_not": (Kind.WORDS,),
    "empty": (Kind.TEXT, Kind.NUMBER, Kind.WORDS),
}
_GROUPS = ("all", "any", "not")


def always(_: Facts) -> bool:
    return True


def compile_tree(tree: object, fields: Mapping[str, Kind]) -> Test:
    """The test a condition tree describes; None or {} is always true. Raises Invalid."""
    if tree is None or tree == {}:
        return always
    leaves = [0]
    return _compile(tree, fields, 1, leaves)


def _compile(tree: object, fields: Mapping[str, Kind], depth: int, leaves: list[int]) -> Test:
    if not isinstance(tree, Mapping):
        raise Invalid(
            "A condition is {field, is: value}, or all, any, not with conditions inside."
        )
    if depth > MAX_DEPTH:
        raise Invalid(f"Conditions go at most {MAX_DEPTH} levels deep.")
    groups = [word for word in _GROUPS if word in tree]
    if groups:
        return _group(groups[0], tree, fields, depth, leaves)
    leaves[0] += 1
    if leaves[0] > MAX_LEAVES:
        raise Invalid(f"A rule has at most {MAX_LEAVES} conditions.")
    return _leaf(tree, fields)


def _group(
    word: str,
    tree: Mapping[str, Any],
    fields: Mapping[str, Kind],
    depth: int,
    leaves: list[int],
) -> Test:
    if len(tree) > 1:
        raise Invalid(f"`{word}` stands alone: put the other conditions inside it.")
    inner = tree[word]
    if word == "not":
        test = _compile(inner, fields, depth + 1, leaves)
        return lambda facts: not test(facts)
    if not isinstance(inner, list):
        raise Invalid(f"`{word}` takes a list of conditions.")
    tests = [_compile(one, fields, depth + 1, leaves) for one in inner]
    if word == "all":
        return lambda facts: all(test(facts) for test in tests)
    return lambda facts: any(test(facts) for test in tests)


def _leaf(tree: Mapping[str, Any], fields: Mapping[str, Kind]) -> Test:
    field = tree.get("field")
    if not isinstance(field, str):
        raise Invalid("A condition names the `field` it looks at.")
    if field not in fields:
        raise unknown(field, fields, "field")
    operators = [name for name in tree if name != "field"]
    if len(operators) != 1:
        raise Invalid(f"`{field}`: exactly one of {', '.join(_OPERATORS)}.")
    name, kind = operators[0], fields[field]
    if name not in _OPERATORS:
        raise unknown(name, _OPERATORS, "comparison")
    if kind not in _OPERATORS[name]:
        raise Invalid(f"`{field}` is {_ARTICLE[kind]}, so `{name}` does not fit.")
    return _test(field, name, _value(field, name, kind, tree[name]))


_ARTICLE = {Kind.TEXT: "a text", Kind.NUMBER: "a number", Kind.WORDS: "a set of words"}


def _value(field: str, name: str, kind: Kind, value: object) -> Any:  # noqa: ANN401 - JSON
    if name == "empty":
        if not isinstance(value, bool):
            raise Invalid(f"`{field}`: write `empty: true` or `empty: false`.")
        return value
    if name in {"in", "not_in"}:
        if not isinstance(value, list):
            raise Invalid(f"`{field}`: `{name}` takes a list.")
        return [_scalar(field, kind, one) for one in value]
    return _scalar(field, kind, value)


def _scalar(field: str, kind: Kind, value: object) -> str | Decimal:
    if kind is Kind.NUMBER:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Invalid(f"`{field}` is a number, but `{value}` is not.")
        return Decimal(str(value))
    if not isinstance(value, str):
        raise Invalid(f'`{field}` is {_ARTICLE[kind]}: write the value in quotes, as "{value}".')
    return value


def _test(field: str, name: str, value: Any) -> Test:  # noqa: ANN401 - JSON
    tests: Mapping[str, Callable[[Any], bool]] = {
        "is": lambda have: have == value,
        "is_not": lambda have: have != value,
        "in": lambda have: have in value,
        "not_in": lambda have: have not in value,
        "above": lambda have: have is not None and have > value,
        "below": lambda have: have is not None and have < value,
        "has": lambda have: value in have,
        "has_not": lambda have: value not in have,
        "empty": lambda have: (not have and have != 0) is value,
    }
    test = tests[name]
    return lambda facts: test(facts[field])
