"""Conditions: all, any, not over typed fields. Checked when saved, compiled once, cannot loop.

A leaf is {field, <operator>: value}; docs/rules.md says what each operator means.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.errors import Invalid
from hub.rules import operators
from hub.rules.fields import Fields, kind_of

Facts = Mapping[str, Any]
Test = Callable[[Facts], bool]

MAX_DEPTH = 8
MAX_LEAVES = 200

_GROUPS = ("all", "any", "not")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One comparison; `test` is given the facts."""

    field: str
    operator: str
    value: object
    test: Test


@dataclass(frozen=True, slots=True)
class Group:
    word: str
    parts: tuple["Node", ...]


Node = Leaf | Group
_TRUE = Group("all", ())


def always(_: Facts) -> bool:
    return True


def compile_tree(tree: object, fields: Fields) -> Test:
    """The test a condition tree describes; None or {} is always true. Raises Invalid."""
    node = read(tree, fields)
    return always if node == _TRUE else _test(node)


def read(tree: object, fields: Fields) -> Node:
    """The tree, checked; raises Invalid in plain words."""
    if tree is None or tree == {}:
        return _TRUE
    return _read(tree, fields, 1, [0])


def _read(tree: object, fields: Fields, depth: int, leaves: list[int]) -> Node:
    if not isinstance(tree, Mapping):
        raise Invalid(
            "A condition is {field, is: value}, or all, any, not with conditions inside."
        )
    if depth > MAX_DEPTH:
        raise Invalid(f"Conditions go at most {MAX_DEPTH} levels deep.")
    groups = [word for word in _GROUPS if word in tree]
    if groups:
        return _group(groups[0], tree, fields, (depth, leaves))
    leaves[0] += 1
    if leaves[0] > MAX_LEAVES:
        raise Invalid(f"A rule has at most {MAX_LEAVES} conditions.")
    return _leaf(tree, fields)


def _group(
    word: str, tree: Mapping[str, Any], fields: Fields, place: tuple[int, list[int]]
) -> Group:
    if len(tree) > 1:
        raise Invalid(f"`{word}` stands alone: put the other conditions inside it.")
    depth, leaves = place
    inner = tree[word]
    if word == "not":
        return Group(word, (_read(inner, fields, depth + 1, leaves),))
    if not isinstance(inner, list):
        raise Invalid(f"`{word}` takes a list of conditions.")
    return Group(word, tuple(_read(one, fields, depth + 1, leaves) for one in inner))


def _leaf(tree: Mapping[str, Any], fields: Fields) -> Leaf:
    field = tree.get("field")
    if not isinstance(field, str):
        raise Invalid("A condition names the `field` it looks at.")
    kind = kind_of(field, fields)
    names = [name for name in tree if name != "field"]
    if len(names) != 1 or not isinstance(names[0], str):
        raise Invalid(f"`{field}`: exactly one of {', '.join(operators.NAMES)}.")
    compare = operators.compiled(field, kind, names[0], tree[names[0]])
    return Leaf(field, names[0], tree[names[0]], compare)


def _test(node: Node) -> Test:
    if isinstance(node, Leaf):
        return node.test
    tests = [_test(part) for part in node.parts]
    if node.word == "not":
        [test] = tests
        return lambda facts: not test(facts)
    if node.word == "all":
        return lambda facts: all(test(facts) for test in tests)
    return lambda facts: any(test(facts) for test in tests)


def explain(node: Node, facts: Facts) -> dict[str, Any]:
    """The tree with `holds` at each place, and at each leaf the value that was `found`."""
    if isinstance(node, Leaf):
        return {
            "field": node.field,
            "operator": node.operator,
            "value": node.value,
            "found": facts.get(node.field),
            "holds": node.test(facts),
        }
    parts = [explain(part, facts) for part in node.parts]
    return {node.word: parts, "holds": _test(node)(facts)}
