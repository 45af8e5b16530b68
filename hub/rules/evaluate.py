"""Whether a rule fires for an event: pure, so that history can be replayed through it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from hub.rules.spec import Compiled

MAX_DEPTH = 5
"""Rules caused by rules: deeper than anybody means, shallow enough to stop a loop."""


@dataclass(frozen=True, slots=True)
class Situation:
    """An event with what is true now.

    current: False when the object has moved on since (a later status): then it is not announced.
    """

    facts: Mapping[str, Any]
    occurred_at: datetime
    depth: int
    current: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """outcome: fire, skipped (not meant), superseded, late, or loop; `key` names the firing."""

    outcome: Literal["fire", "skipped", "superseded", "late", "loop"]
    key: str
    reason: str = ""


def evaluate(rule: Compiled, situation: Situation, now: datetime) -> Outcome:
    key = firing_key(rule, situation.facts)
    if situation.depth >= MAX_DEPTH:
        return Outcome("loop", key, f"caused by rules {situation.depth} deep")
    if not rule.test(situation.facts):
        return Outcome("skipped", key, "conditions")
    if not situation.current:
        return Outcome("superseded", key, "moved on")
    if rule.late is not None and now - situation.occurred_at > rule.late:
        return Outcome("late", key, f"later than {rule.spec.late}")
    return Outcome("fire", key)


def firing_key(rule: Compiled, facts: Mapping[str, Any]) -> str:
    """The fields of the rule's key, joined so that no two lists of values look alike."""
    return "|".join(
        str(facts[field]).replace("\\", "\\\\").replace("|", "\\p") for field in rule.key
    )
