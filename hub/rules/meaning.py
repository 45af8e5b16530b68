"""Conditions that are well spelled and could never hold: refused when a rule is saved."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from hub.conversations.status import ConversationStatus
from hub.deliveries.status import Status
from hub.errors import Invalid
from hub.rules.fields import unknown
from hub.rules.places import at
from hub.rules.spec import Spec
from hub.rules.steps import all_actions
from hub.timers.decide import CALL_BACK, KINDS

_VALUES: Mapping[str, Collection[str]] = {
    "conversation.status": tuple(ConversationStatus),
    "conversation.timer": (*KINDS, CALL_BACK),
    "message.direction": ("inbound", "outbound"),
    "message.status": tuple(Status),
}
"""Fields whose values the hub itself knows."""
_COMPARED = ("is", "is_not", "in", "not_in")


def check(spec: Spec) -> None:
    """Raises Invalid, with the place; the trees have been read before."""
    _check(spec.conditions, "conditions")
    for place, action in all_actions(spec.actions):
        _check(action.if_, place)


def _check(tree: Mapping[str, Any] | None, path: str) -> None:
    for place, one in _parts(tree or {}, path):
        with at(place):
            _look(one)


def _parts(tree: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield path, tree
    for word in ("all", "any"):
        for number, one in enumerate(tree.get(word, ())):
            yield from _parts(one, f"{path}.{word}.{number}")
    if "not" in tree:
        yield from _parts(tree["not"], f"{path}.not")


def _look(tree: Mapping[str, Any]) -> None:
    if tree.get("any") == [] or tree.get("in") == []:
        word = "any" if "any" in tree else "in"
        raise Invalid(f"`{word}` with nothing in it never holds.", remedy="Fill it or remove it.")
    known = _VALUES.get(tree.get("field", ""))
    if known is None:
        return
    for name in _COMPARED:
        if name in tree:
            _expect(tree["field"], tree[name], known)


def _expect(field: str, value: object, known: Collection[str]) -> None:
    for one in value if isinstance(value, list) else [value]:
        if one not in known:
            raise unknown(str(one), known, f"`{field}`")
