"""Whether a rule fires for an event: pure, so that history can be replayed through it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from hub.clock import rfc3339
from hub.rules.spec import Compiled

MAX_DEPTH = 5
"""Rules caused by rules: deeper than anybody means, shallow enough to stop a loop."""


class Situation(NamedTuple):
    """An event with what is true now. A tuple, as the next: thousands are made at a time.

    current: False when the object has moved on since (a later status): then it is not announced.
    """

    facts: Mapping[str, Any]
    occurred_at: datetime
    depth: int
    current: bool


class Outcome(NamedTuple):
    """outcome: fire, or why not; `key` names the firing.

    skipped: the conditions do not hold. superseded: the object has moved on. loop: rules have set
    each other off, or one itself. repeated: the key has fired before. capped: often enough lately.
    """

    outcome: Literal["fire", "skipped", "superseded", "late", "loop", "repeated", "capped"]
    key: str
    reason: str = ""


def evaluate(
    rule: Compiled, situation: Situation, now: datetime, *, itself: bool = False
) -> Outcome:
    """Whether the rule fires; `itself`: what sets it off is its own doing."""
    key = firing_key(rule, situation.facts)
    if not rule.test(situation.facts):
        return Outcome("skipped", key, "conditions")
    if itself:
        return Outcome("loop", key, "set off by itself")
    if situation.depth >= MAX_DEPTH:
        return Outcome("loop", key, f"caused by rules {situation.depth} deep")
    if not situation.current:
        return Outcome("superseded", key, "moved on")
    if rule.late is not None and now - situation.occurred_at > rule.late:
        return Outcome("late", key, f"later than {rule.spec.late}")
    return Outcome("fire", key)


def firing_key(rule: Compiled, facts: Mapping[str, Any]) -> str:
    """The fields of the rule's key, joined so that no two lists of values look alike."""
    return "|".join(
        _spelled(facts.get(field)).replace("\\", "\\\\").replace("|", "\\p") for field in rule.key
    )


def _spelled(value: object) -> str:
    return rfc3339(value) if isinstance(value, datetime) else str(value)
