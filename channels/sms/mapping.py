"""The small language in which an administrator describes a gateway: lines, paths, templates.

lines      `name = value`, one a line; empty ones and those that begin with # count for nothing
path       `messages.0.status`: into an object by name, into a list by number
template   text with {names} in it; a brace of its own is written {{ or }}
"""

import re
from collections.abc import Mapping

from channels.sms.wire import Pairs

NAMES = frozenset(
    ("to", "to_digits", "text", "sender", "login", "password", "reference", "minutes")
) | {"status_url"}
"""What a request's template may name."""

_PLACE = re.compile(r"\{\{|\}\}|\{([A-Za-z0-9_.\-]+)\}")
_DEEPEST = 20


def lines(text: str) -> Pairs:
    """(name, value) of each line, in order. Raises ValueError for a line that is none."""
    pairs = []
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, value = stripped.partition("=")
        if not equals or not name.strip():
            raise ValueError(f"line {number} is not like name = value")
        pairs.append((name.strip(), value.strip()))
    return tuple(pairs)


def names(template: str) -> frozenset[str]:
    """What a template names."""
    return frozenset(found[1] for found in _PLACE.finditer(template) if found[1])


def check(text: str) -> None:
    """Raises ValueError for a template that names what a request does not have."""
    strange = names(text) - NAMES
    if strange:
        raise ValueError(f"{{{min(strange)}}} is none of {{{'} {'.join(sorted(NAMES))}}}")


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with its names replaced, by nothing where there is no such value."""

    def value(found: re.Match[str]) -> str:
        return values.get(found[1], "") if found[1] else found[0][0]

    return _PLACE.sub(value, template)


def look(data: object, path: str) -> str | None:
    """What stands at `path`, as text; None when nothing does, or something composed."""
    place = data
    for step in path.split(".") if path else []:
        if isinstance(place, Mapping):
            place = place.get(step)
        elif isinstance(place, list) and step.isdecimal() and len(step) < 6:
            place = place[int(step)] if int(step) < len(place) else None
        else:
            return None
    if isinstance(place, bool):
        return str(place).lower()
    return str(place) if path and isinstance(place, str | int | float) else None


def nested(pairs: Pairs) -> object:
    """JSON out of dotted names: `messages.0.to = …` is {"messages": [{"to": …}]}."""
    tree: dict[str, object] = {}
    for name, value in pairs:
        *steps, last = name.split(".")[:_DEEPEST]
        branch = tree
        for step in steps:
            below = branch.setdefault(step, {})
            if not isinstance(below, dict):
                break
            branch = below
        branch[last] = value
    return _listed(tree)


def _listed(tree: object) -> object:
    """Objects whose names count from 0 become lists."""
    if not isinstance(tree, dict):
        return tree
    values = {name: _listed(one) for name, one in tree.items()}
    if values and list(values) == [str(number) for number in range(len(values))]:
        return list(values.values())
    return values
