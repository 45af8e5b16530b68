"""Whatever is sent as a rule: refused with a reason, or a rule that says the same when written."""

import random
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import HubError
from hub.rules.repository import as_stored
from hub.rules.spec import compile_spec, parse
from hub.rules.yaml_text import read, write

ROOT = Path(__file__).parents[3]
SHIPPED = [
    text
    for text in (ROOT / "docs" / "rules.md").read_text("utf-8").split("```")
    if text.startswith("yaml\n")
]
PIECES = [
    *("trigger:", "conditions:", "actions:", "- send:", "- wait: 1h", "key: [", "]", "{", "}"),
    *("all:", "any:", "not:", "field: customer.labels", "has:", "is:", "in: [1, x]", "by: -1h"),
    *("before: appointment.starts_at", "after:", "on: order.status_changed", "cron: '* * * * *'"),
    *("{{", "}}", "{% for x in y %}", "1e999", "0x_", ".nan", "!!python/object:os", "&a", "*a"),
    *("<<: *a", "2026-13-45", "'", '"', "\n", "  ", "\t", "---\n", "? ", "null", "\ud7ff", "\0"),
]
KEPT = [
    "a: &a [*a]",
    "&a [&b [*a, *b]]",
    "[" * 5000,
    "{a: " * 2000,
    "? " * 3000,
    "- " * 3000,
    "!!binary =",
    "!!timestamp 9999-99-99",
    "2026-02-30 25:61:61",
    "!!int 0b",
    "name: 1_0:_",
    ": : :",
    "%YAML 9.9\n---\n",
    "\ufeffname: x",
    "name: x\nname: y",
    "? {a: b}\n: c",
    "? [a]\n: c",
    "trigger: {after: order.delivered_at, by: 99999999999d}",
]
"""What once did harm somewhere, to parsers of YAML or to ours."""


def fed(text: str) -> None:
    try:
        specs = read(text, "The text")
        for one in specs:
            compile_spec(one)
    except HubError:
        return
    shown = [one.model_dump(mode="json", by_alias=True, exclude_defaults=True) for one in specs]
    assert read(write(shown), "What was written") == specs


@pytest.mark.parametrize("text", KEPT, ids=lambda text: repr(text[:20]))
def test_what_did_harm_before_does_none(text: str) -> None:
    fed(text)


@pytest.mark.fuzz
def test_no_rule_crashes_the_reader(fuzz_seconds: float) -> None:
    assert len(SHIPPED) > 5
    dice = random.Random(20_261)
    ends = time.monotonic() + min(fuzz_seconds, 3 if fuzz_seconds <= 10 else fuzz_seconds)
    while time.monotonic() < ends:
        fed(_spoilt(dice.choice(SHIPPED).removeprefix("yaml\n"), dice))


def _spoilt(text: str, dice: random.Random) -> str:
    for _ in range(dice.randint(1, 6)):
        at, length = dice.randrange(len(text) + 1), dice.randrange(30)
        match dice.randrange(4):
            case 0:
                text = text[:at] + text[at + length :]
            case 1:
                text = text[:at] + dice.choice(PIECES) + text[at:]
            case 2:
                text = text[:at] + text[at : at + length] * dice.randint(2, 5) + text[at:]
            case _:
                text = text[:at] + chr(dice.randrange(0xD800)) + text[at + 1 :]
    return text


TEXT = st.text("abc {}'\"#:-\nя", min_size=1, max_size=12).map(str.strip).filter(bool)
LEAF = st.sampled_from(
    [
        {"field": "customer.locale", "is": "no"},
        {"field": "appointment.status", "in": ["booked", "on"]},
        {"field": "customer.labels", "has": "yes"},
        {"field": "customer.attributes.n", "above": 2.5},
        {"field": "appointment.place", "empty": True},
    ]
)
TREE = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.builds(lambda some: {"all": some}, st.lists(inner, min_size=1, max_size=2)),
        st.builds(lambda some: {"any": some}, st.lists(inner, min_size=1, max_size=2)),
        st.builds(lambda one: {"not": one}, inner),
    ),
    max_leaves=4,
)
PLAIN = st.one_of(
    st.builds(lambda text: {"note": text}, st.just("a: b # c")),
    st.builds(lambda span: {"wait": span}, st.sampled_from(["30m", "2d"])),
    st.builds(lambda level: {"priority": level}, st.integers(0, 4)),
    st.builds(lambda words: {"label": words}, st.sampled_from(["on", ["off", "1"]])),
    st.builds(
        lambda value: {"set": {"customer.attributes.x": value}},
        st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from(["", "5", "no"])),
    ),
    st.builds(
        lambda calendar: {
            "send": {
                "text": "Да: yes",
                "calendar": calendar,
                "fallback": [{"channel": "sms", "after": "5m"}],
                "buttons": [{"label": "1", "value": "on"}],
            }
        },
        st.sampled_from([False, "Visit"]),
    ),
    st.just({"webhook": {"name": "erp", "data": {"a": [1, {"b": None}]}}}),
    st.just({"close": True}),
)
BRANCHED = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.builds(
            lambda test, then, other: {
                "if": test,
                "then": then,
                **({"else": other} if other else {}),
            },
            TREE,
            st.lists(inner, min_size=1, max_size=2),
            st.lists(inner, max_size=1),
        ),
        st.builds(
            lambda then, other: {
                "ask": {
                    "text": "Well?",
                    "answers": [{"value": "yes", "label": "Yes", "then": then}],
                    "otherwise": other,
                    "within": "3h",
                }
            },
            st.lists(inner, min_size=1, max_size=2),
            st.lists(inner, min_size=1, max_size=1),
        ),
    ),
    max_leaves=5,
)


@given(
    name=TEXT,
    conditions=TREE,
    actions=st.lists(BRANCHED, min_size=1, max_size=3),
    late=st.sampled_from([None, "30m"]),
    only=st.sampled_from([None, "working_days"]),
)
def test_what_the_form_holds_is_what_the_yaml_spells(
    name: str, conditions: object, actions: object, late: str | None, only: str | None
) -> None:
    """The console's form holds the tree that the server gives for a YAML, and sends it back."""
    trigger = {"before": "appointment.starts_at", "by": "1d", **({"only": only} if only else {})}
    whole = {"name": name, "trigger": trigger, "conditions": conditions, "actions": actions}
    spec = parse({**whole, **({"late": late} if late else {})})
    form = {"name": spec.name, "enabled": spec.enabled, **as_stored(spec)}
    text = write([form])
    [again] = read(text, "The text")
    assert {"name": again.name, "enabled": again.enabled, **as_stored(again)} == form
    assert as_stored(parse(form)) == as_stored(spec)
    assert write([{**form, **as_stored(parse(form))}]) == text
    assert form["actions"] == actions
    assert form["conditions"] == conditions
