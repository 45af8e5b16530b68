"""Rules as they are written: what is checked when one is saved, and when one fires."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Invalid
from hub.rules.evaluate import MAX_DEPTH, Situation, evaluate, firing_key
from hub.rules.spec import Compiled, compile_spec, duration, parse

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "name": "Order status",
    "trigger": {"on": "order.status_changed"},
    "conditions": {"field": "order.status", "in": ["shipped", "delivered"]},
    "actions": [{"send": {"template": "order-status"}}],
    "late": "2h",
}
FACTS = {"order.id": "o1", "order.status": "shipped"}


def compiled(**changes: object) -> Compiled:
    return compile_spec(parse({**GOOD, **changes}), ["order-status"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"trigger": {"on": "order.status_chnged"}}, "Did you mean `order.status_changed`?"),
        ({"actions": [{"send": {"template": "order-statu"}}]}, "Did you mean `order-status`?"),
        ({"actions": [{"send": {}}]}, "either template or text"),
        ({"actions": [{"send": {"text": "{{ 1 * 9 }}"}}]}, "not allowed in a template"),
        ({"actions": []}, "actions"),
        ({"key": ["order.nubmer"]}, "Did you mean `order.number`?"),
        ({"conditions": {"field": "order.state", "is": "x"}}, "There is no field"),
        ({"late": "soon"}, "no duration"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_rule_that_cannot_work_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(Invalid) as refused:
        compiled(**changes)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("situation", "outcome"),
    [
        (Situation(FACTS, NOON, 0, current=True), "fire"),
        (Situation(FACTS | {"order.status": "packed"}, NOON, 0, current=True), "skipped"),
        (Situation(FACTS, NOON, 0, current=False), "superseded"),
        (Situation(FACTS, NOON - timedelta(hours=3), 0, current=True), "late"),
        (Situation(FACTS, NOON, MAX_DEPTH, current=True), "loop"),
    ],
)
def test_when_a_rule_fires(situation: Situation, outcome: str) -> None:
    assert evaluate(compiled(), situation, NOON).outcome == outcome


def test_the_key_is_that_of_the_trigger_unless_the_rule_has_its_own() -> None:
    assert firing_key(compiled(), FACTS) == "o1|shipped"
    assert firing_key(compiled(key=["order.id"]), FACTS) == "o1"


VALUES = st.text(alphabet="a|\\p", max_size=4)


@given(st.tuples(VALUES, VALUES), st.tuples(VALUES, VALUES))
def test_different_values_make_different_keys(one, other) -> None:
    keys = [
        firing_key(compiled(), {"order.id": values[0], "order.status": values[1]})
        for values in (one, other)
    ]
    assert (keys[0] == keys[1]) is (one == other)


def test_durations() -> None:
    assert duration("90m") == timedelta(minutes=90)
    assert duration(" 3d ") == timedelta(days=3)
