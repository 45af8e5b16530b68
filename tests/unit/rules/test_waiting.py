"""Of the rules that wait for an event, those are asked that may be meant, and all of those."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.active import Active
from hub.rules.spec import compile_spec, parse
from hub.rules.waiting import Waiting

STATUS = "order.status"
FIELDS = {STATUS: ["packed", "shipped"], "customer.locale": ["de", "ru"]}
LEAF = st.sampled_from(sorted(FIELDS)).flatmap(
    lambda field: st.builds(
        lambda operator, words: {
            "field": field,
            operator: words if operator in {"in", "not_in"} else words[0],
        },
        st.sampled_from(["is", "is_not", "in", "not_in", "starts_with"]),
        st.lists(st.sampled_from(FIELDS[field]), min_size=1, max_size=2),
    )
)
TREE = st.none() | st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.builds(lambda some: {"all": some}, st.lists(inner, max_size=3)),
        st.builds(lambda some: {"any": some}, st.lists(inner, max_size=3)),
        st.builds(lambda one: {"not": one}, inner),
    ),
    max_leaves=5,
)
FACTS = st.fixed_dictionaries(
    {},
    optional={
        field: st.sampled_from([*words, "", None, 1, ["shipped"]])
        for field, words in FIELDS.items()
    },
)


def rule(conditions: Any, **more: Any) -> Active:
    spec = {
        "name": "Any",
        "trigger": {"on": "order.status_changed"},
        "conditions": conditions,
        "actions": [{"note": "seen"}],
        **more,
    }
    return Active(uuid4(), 1, "Any", compile_spec(parse(spec)))


@given(st.lists(TREE, max_size=5), FACTS)
def test_whoever_is_meant_is_asked_in_their_order(trees: list[Any], facts: dict[str, Any]) -> None:
    rules = [rule(tree) for tree in trees]
    asked = Waiting(rules).that_may(facts)
    assert [one for one in asked if one.compiled.test(facts)] == [
        one for one in rules if one.compiled.test(facts)
    ]
    assert asked == [one for one in rules if one in asked]


@pytest.mark.parametrize(
    ("tree", "needed"),
    [
        (None, None),
        ({"field": STATUS, "is": "shipped"}, (STATUS, {"shipped"})),
        ({"field": STATUS, "in": ["packed", "shipped"]}, (STATUS, {"packed", "shipped"})),
        ({"field": STATUS, "is_not": "shipped"}, None),
        ({"not": {"field": STATUS, "is": "shipped"}}, None),
        ({"any": [{"field": STATUS, "is": "shipped"}]}, None),
        (
            {"all": [{"field": "order.total", "above": 3}, {"field": STATUS, "is": "packed"}]},
            (STATUS, {"packed"}),
        ),
    ],
)
def test_what_conditions_need(tree: Any, needed: Any) -> None:
    assert rule(tree).compiled.need == needed


def test_of_a_thousand_rules_the_one_that_is_meant_is_asked() -> None:
    rules = [rule({"field": STATUS, "is": f"status {number}"}) for number in range(1_000)]
    assert Waiting(rules).that_may({STATUS: "status 500"}) == [rules[500]]


def test_those_that_gather_are_known_whatever_the_facts() -> None:
    gathering = rule({"field": STATUS, "is": "shipped"}, coalesce="5m")
    waiting = Waiting([rule(None), gathering])
    assert waiting.gathering == [gathering]
    assert len(waiting.that_may({})) == 1
