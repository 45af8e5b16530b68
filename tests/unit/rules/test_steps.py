"""What a rule does, laid out flat: whatever the nesting, each action runs when its branch does."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Invalid
from hub.rules.fields import Kind
from hub.rules.steps import Action, Asking, Do, Jump, Step, Unless, Wait, compiled, spread

FIELDS = {"a": Kind.FLAG, "b": Kind.FLAG}
Tree = list[dict[str, Any]]


def answer(value: str, inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[dict[str, Any]]:
    said = {"value": st.just(value), "label": st.just(value)}
    return st.fixed_dictionaries({**said, "then": inner})


def trees(depth: int) -> st.SearchStrategy[Tree]:
    note = st.fixed_dictionaries({"note": st.sampled_from(["1", "2", "3"])})
    wait = st.just({"wait": "1h"})
    one: st.SearchStrategy[dict[str, Any]] = note | wait
    if depth:
        inner = trees(depth - 1)
        test = st.fixed_dictionaries({"field": st.sampled_from(["a", "b"]), "is": st.booleans()})
        branch = st.fixed_dictionaries({"if": test, "then": inner, "else": inner})
        answers = st.tuples(*(answer(name, inner) for name in "ab"))
        ask = st.fixed_dictionaries({"text": st.just("?"), "answers": answers, "otherwise": inner})
        one = one | branch | st.fixed_dictionaries({"ask": ask})
    return st.lists(one, min_size=1, max_size=2)


def read(tree: Tree) -> tuple[Step, ...]:
    actions = [Action.model_validate(one) for one in tree]
    return compiled(actions, FIELDS, lambda _: None)


def said(facts: Mapping[str, bool]) -> str:
    """What is answered to every question: a, b, or nothing."""
    return "b" if facts["b"] else "a" if facts["a"] else ""


def walked(tree: Tree, facts: Mapping[str, bool]) -> list[str]:
    """What is done, followed along the tree."""
    done = []
    for one in tree:
        if "if" in one:
            holds = facts[one["if"]["field"]] is one["if"]["is"]
            done += walked(one["then"] if holds else one["else"], facts)
        elif "ask" in one:
            given = {each["value"]: each["then"] for each in one["ask"]["answers"]}
            done += walked(given.get(said(facts), one["ask"]["otherwise"]), facts)
        else:
            done.append(one.get("note", "wait"))
    return done


def run(steps: tuple[Step, ...], facts: Mapping[str, bool]) -> list[str]:
    """What is done, followed along the steps."""
    done, place = [], 0
    while place < len(steps):
        step = steps[place]
        place += 1
        match step:
            case Do(action):
                done.append(action.note or "")
            case Wait(span):
                assert span == timedelta(hours=1)
                done.append("wait")
            case Unless(test, target):
                place = place if test(facts) else target
            case Jump(target):
                place = target
            case Asking():
                given = {one.value: one.step for one in step.choices}
                place = given.get(said(facts), step.otherwise)
    return done


@given(trees(2), st.booleans(), st.booleans())
def test_steps_do_what_the_tree_says(tree: Tree, a: bool, b: bool) -> None:
    steps = read(tree)
    facts = {"a": a, "b": b}
    assert run(steps, facts) == walked(tree, facts)
    # Only forward: a rule comes to its end.
    targets = [(place, one.target) for place, one in enumerate(steps) if hasattr(one, "target")]
    assert all(target > place for place, target in targets)


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ({}, "exactly one of"),
        ({"note": "x", "wait": "1h"}, "exactly one of"),
        ({"if": {"field": "a", "is": True}}, "then, else, or both"),
        ({"note": "x", "then": []}, "go with `if`"),
        ({"priority": 5}, "less than or equal to 4"),
        ({"send": {"text": "x", "template": "y"}}, "either template or text"),
        ({"assign": {}}, "which operator or which team"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_an_action_that_says_nothing_or_too_much_is_refused(action: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Action.model_validate(action)


@pytest.mark.parametrize(
    ("tree", "words", "place"),
    [
        ([{"wait": "soon"}], "no duration", "actions.0.wait"),
        ([{"note": "x"}, {"wait": "0s"}], "above zero", "actions.1.wait"),
        (
            [{"if": {"all": [{"field": "c", "is": True}]}, "then": [{"note": "x"}]}],
            "no field `c`",
            "actions.0.if.all.0",
        ),
        (
            [{"if": {"field": "a", "is": True}, "then": [{"note": "x"}, {"prioritty": 1}]}],
            "not right",
            "actions.0.then.1.prioritty",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tree: Tree, words: str, place: str) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        read(tree)
    assert list(refused.value.fields) == [place]


def test_branches_are_only_so_deep_and_rules_so_long() -> None:
    tree: Tree = [{"note": "x"}]
    for _ in range(4):
        tree = [{"if": {"field": "a", "is": True}, "then": tree}]
    with pytest.raises(Invalid, match="levels deep"):
        read(tree)
    with pytest.raises(Invalid, match="at most 50"):
        read([{"note": "x"}] * 51)


def test_every_text_of_a_call_is_filled_in() -> None:
    told = spread({"a": "x", "b": {"c": ["y", 1, None]}}, str.upper)
    assert told == {"a": "X", "b": {"c": ["Y", 1, None]}}
