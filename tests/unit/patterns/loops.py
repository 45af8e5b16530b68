"""Decides what to feed a pattern that may make it slow: words of its own loops, by its tree.

Every loop without an upper bound is pumped with one round of its own and with one sign of each
kind that the pattern tells apart, behind what leads to it.
"""

import importlib
import re
from collections.abc import Iterator
from typing import Any

FEW = 3
ALPHABET = [*map(chr, range(1, 127)), "\xa0", "é", "я", "写", "\u2010", "“", "："]
SIGNS = ALPHABET[::-1]

_parser: Any = importlib.import_module("re._parser")


def _category(name: str, char: str) -> bool:
    kind = {"D": str.isdecimal, "S": str.isspace}.get(name.rsplit("_", 1)[-1][0])
    found = kind(char) if kind else (char.isalnum() or char == "_")
    return found != ("_NOT_" in name)


def _within(items: Any, char: str) -> bool:
    for name, value in items:
        if (
            (str(name) == "LITERAL" and ord(char) == value)
            or (str(name) == "RANGE" and value[0] <= ord(char) <= value[1])
            or (str(name) == "CATEGORY" and _category(str(value), char))
        ):
            return str(items[0][0]) != "NEGATE"
    return str(items[0][0]) == "NEGATE"


def _accepts(name: str, value: Any, char: str, flags: int) -> bool:
    if name == "ANY":
        return char != "\n" or bool(flags & re.DOTALL)
    items = value if name == "IN" else [("LITERAL", value)]
    ways = {char, char.lower(), char.upper()} if flags & re.IGNORECASE else {char}
    found = any(_within(items, way) for way in ways if len(way) == 1)
    return found != (name == "NOT_LITERAL")


SETS = ("ANY", "IN", "NOT_LITERAL")
SINGLE = ("ANY", "IN", "LITERAL", "NOT_LITERAL")
REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")


def _inner(name: str, value: Any) -> list[Any]:
    """The sequences within one node of a tree."""
    if name in REPEATS:
        return [value[2]]
    if name == "BRANCH":
        return list(value[1])
    if name == "SUBPATTERN":
        return [value[3]]
    if name == "ATOMIC_GROUP":
        return [value]
    return [value[1]] if name in ("ASSERT", "ASSERT_NOT") else []


def sets(tree: Any, flags: int) -> Iterator[frozenset[str]]:
    """What each place of a pattern accepts, of ALPHABET."""
    for op, value in tree:
        name = str(op)
        if name in SETS:
            yield frozenset(char for char in ALPHABET if _accepts(name, value, char, flags))
        for one in _inner(name, value):
            yield from sets(one, flags)


def shortest(tree: Any, flags: int) -> str:
    """A word that a sequence accepts, without looking at what stands about it."""
    word = ""
    for op, value in tree:
        name = str(op)
        if name in SINGLE:
            accepted = (char for char in SIGNS if _accepts(name, value, char, flags))
            word += chr(value) if name == "LITERAL" else next(accepted, "")
        elif name in REPEATS:
            word += shortest(value[2], flags) * min(value[0], FEW)
        elif name == "BRANCH":
            word += min((shortest(one, flags) for one in value[1]), key=len)
        elif not name.startswith("ASSERT"):
            word += "".join(shortest(one, flags) for one in _inner(name, value))
    return word


def unbounded(tree: Any, flags: int, before: str = "") -> Iterator[tuple[str, str]]:
    """What leads to each repeat that has no upper bound, and one round of it."""
    for i, (op, value) in enumerate(tree):
        name, lead = str(op), before + shortest(tree[:i], flags)
        if name in REPEATS and value[1] == _parser.MAXREPEAT:
            yield lead, shortest(value[2], flags)
        for one in _inner(name, value):
            yield from unbounded(one, flags, lead)


def hostile(pattern: "re.Pattern[Any]") -> Iterator[tuple[str, str]]:
    """Beginnings and what to repeat behind each: one sign of each kind that the pattern tells
    apart, each of its loops, and the loops with what leads to them."""
    tree = _parser.parse(pattern.pattern, pattern.flags)
    kinds: dict[tuple[bool, ...], str] = {}
    places = list(dict.fromkeys(sets(tree, pattern.flags)))
    for char in ALPHABET:
        kinds.setdefault(tuple(char in place for place in places), char)
    loops = dict.fromkeys(unbounded(tree, pattern.flags))
    found: dict[tuple[str, str], None] = {}
    for lead, one in loops:
        for pump in (one, *kinds.values()):
            found[lead, pump] = None
            found["", lead + pump] = None
    yield from found
