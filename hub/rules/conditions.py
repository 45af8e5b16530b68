"""Conditions: all, any, not over typed fields. Checked when saved, compiled once, cannot loop.

A leaf is {field, <operator>: value}; docs/rules.md says what each operator means.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.errors import Invalid
from hub.rules import operators
from hub.rules.fields import Fields, kind_of
from hub.rules.places import at

Facts = Mapping[str, Any]
Test = Callable[[Facts], bool]

MAX_DEPTH = 8
MAX_LEAVES = 200

_GROUPS = ("all", "any", "not")

Need = tuple[str, frozenset[str]]
"""A field, and the texts of which it holds one wherever the conditions hold."""


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


def compile_tree(tree: object, fields: Fields, path: str = "conditions") -> Test:
    """The test a condition tree describes; None or {} is always true. Raises Invalid."""
    return compiled(read(tree, fields, path))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the reading stands; `leaves`: how many there are so far."""

    path: str
    depth: int
    leaves: list[int]

    def inside(self, step: str) -> "_Place":
        return _Place(f"{self.path}.{step}", self.depth + 1, self.leaves)


def read(tree: object, fields: Fields, path: str = "conditions") -> Node:
    """The tree, checked; raises Invalid in plain words, with the place below `path`."""
    if tree is None or tree == {}:
        return _TRUE
    return _read(tree, fields, _Place(path, 1, [0]))


def _read(tree: object, fields: Fields, place: _Place) -> Node:
    with at(place.path):
        return _read_here(tree, fields, place)


def _read_here(tree: object, fields: Fields, place: _Place) -> Node:
    if not isinstance(tree, Mapping):
        raise Invalid(
            "A condition is {field, is: value}, or all, any, not with conditions inside."
        )
    if place.depth > MAX_DEPTH:
        raise Invalid(f"Conditions go at most {MAX_DEPTH} levels deep.")
    groups = [word for word in _GROUPS if word in tree]
    if groups:
        return _group(groups[0], tree, fields, place)
    place.leaves[0] += 1
    if place.leaves[0] > MAX_LEAVES:
        raise Invalid(f"A rule has at most {MAX_LEAVES} conditions.")
    return _leaf(tree, fields)


def _group(word: str, tree: Mapping[str, Any], fields: Fields, place: _Place) -> Group:
    if len(tree) > 1:
        raise Invalid(f"`{word}` stands alone: put the other conditions inside it.")
    inner, within = tree[word], place.inside(word)
    if word == "not":
        return Group(word, (_read(inner, fields, within),))
    if not isinstance(inner, list):
        raise Invalid(f"`{word}` takes a list of conditions.")
    # An item of a list is no level of its own.
    parts = [
        _read(one, fields, _Place(f"{within.path}.{number}", within.depth, within.leaves))
        for number, one in enumerate(inner)
    ]
    return Group(word, tuple(parts))


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


def compiled(node: Node) -> Test:
    """The test of a checked tree."""
    return always if node == _TRUE else _test(node)


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


def need(node: Node) -> Need | None:
    """What has to be so for the tree to hold, where that is one field's text; None: not known."""
    match node:
        case Leaf(field, "is", str() as text):
            return field, frozenset([text])
        case Leaf(field, "in", list() as texts) if all(isinstance(one, str) for one in texts):
            return field, frozenset(texts)
        case Group("all", parts):
            return next((found for part in parts if (found := need(part)) is not None), None)
        case _:
            return None


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
