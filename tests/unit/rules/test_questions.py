"""What counts as an answer to a rule's question: its button, its number, one of its words."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Invalid
from hub.rules.fields import of_object
from hub.rules.questions import Choice, Pressed, button, meant, of_button
from hub.rules.spec import compile_spec, parse
from hub.rules.steps import Asking, Do, Jump
from hub.rules.yaml_text import read, write

ID = UUID("0198c5a0-0000-7000-8000-000000000001")
CHOICES = (
    Choice("office", "To the office", ("work", "на работу"), 1),
    Choice("home", "Home", (), 3),
)
RULE = """
name: Where to
trigger: {on: order.status_changed}
conditions: {field: order.status, is: packed}
actions:
  - ask:
      text: "Where shall we bring {{ order.number }}?"
      within: 4h
      answers:
        - value: office
          label: To the office
          words: [work]
          then:
            - set: {customer.attributes.where: office}
        - {value: home, label: Home}
      otherwise:
        - note: No answer
  - priority: 2
"""


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        (" 2. ", 2),
        ("Home!", 2),
        ("TO  the office", 1),
        ("Work", 1),
        ("На работу", 1),
        ("home please", None),
        ("3", None),
        ("", None),
        ("work " * 100, None),
    ],
)
def test_a_message_that_says_nothing_else(text: str, number: int | None) -> None:
    assert meant(text, CHOICES) == number


def test_a_button_brings_back_which_question_and_which_answer() -> None:
    assert of_button(button(ID, 2)) == Pressed(ID, 2)
    assert len(button(ID, 10)) <= 64


@given(st.one_of(st.none(), st.integers(), st.text(), st.text("ask:0123456789abcdef")))
def test_any_other_button_is_none_of_ours(value: object) -> None:
    assert of_button(value) is None


def test_an_answer_is_what_it_was_when_it_comes_back() -> None:
    assert [Choice.of(one.kept()) for one in CHOICES] == list(CHOICES)


def test_a_rule_goes_on_with_the_answer_and_then_with_the_rest() -> None:
    (spec,) = read(RULE, "here")
    steps = compile_spec(spec, []).steps
    assert [type(one) for one in steps] == [Asking, Do, Jump, Jump, Do, Do]
    asking, rest = steps[0], 5
    assert isinstance(asking, Asking)
    assert [(one.value, one.step) for one in asking.choices] == [("office", 1), ("home", 3)]
    assert asking.otherwise == 4
    assert (steps[2], steps[3]) == (Jump(rest), Jump(rest))


def test_its_yaml_is_written_as_it_was_read() -> None:
    specs = read(RULE, "here")
    documents = [
        one.model_dump(mode="json", by_alias=True, exclude_defaults=True) for one in specs
    ]
    assert read(write(documents), "again") == specs


A, B = {"value": "a", "label": "A"}, {"value": "b", "label": "B"}
ASK = {"text": "Well?", "answers": [A]}


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        ({"text": None}, "actions.0.ask", "either template or text"),
        ({"answers": []}, "actions.0.ask.answers", "At least 1"),
        ({"answers": [A, A]}, "actions.0.ask", "two answers"),
        ({"answers": [{**A, "words": ["2"]}, B]}, "actions.0.ask", "two answers"),
        ({"within": "soon"}, "actions.0.ask.within", "no duration"),
        ({"within": "0m"}, "actions.0.ask.within", "above zero"),
        ({"text": "{{ order.nummer }}"}, "actions.0.ask", "order.number"),
        ({"template": "nope", "text": None}, "actions.0.ask", "no template"),
        (
            {"answers": [{"value": "a", "label": "A", "then": [{"snooze": "0m"}]}]},
            "actions.0.ask.answers.0.then.0.snooze",
            "above zero",
        ),
        ({"otherwise": [{"nope": 1}]}, "actions.0.ask.otherwise.0.nope", "not known"),
    ],
)
def test_what_cannot_work_is_refused_with_its_place(
    change: dict[str, object], place: str, words: str
) -> None:
    document = {
        "name": "Ask",
        "trigger": {"on": "order.created"},
        "actions": [{"ask": {**ASK, **change}}],
    }
    with pytest.raises(Invalid) as refused:
        compile_spec(parse(document), ["away"])
    assert place in refused.value.fields
    assert words in f"{refused.value} {refused.value.remedy}"


@pytest.mark.parametrize("kind", ["send", "note", "webhook", "set"])
def test_every_text_of_a_rule_names_fields_that_exist(kind: str) -> None:
    assert "order.number" in of_object("order")
    wrong = "{{ order.numbers }}"
    action = {
        "send": {"text": wrong},
        "note": wrong,
        "webhook": {"name": "erp", "data": {"a": [wrong]}},
        "set": {"customer.attributes.last": wrong},
    }[kind]
    document = {"name": "A", "trigger": {"on": "order.created"}, "actions": [{kind: action}]}
    with pytest.raises(Invalid, match=r"Did you mean `order\.number`"):
        compile_spec(parse(document), [])
    # What is stored was checked when it was saved, perhaps by a release that knew other fields.
    compile_spec(parse(document))
