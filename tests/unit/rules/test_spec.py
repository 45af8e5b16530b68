"""Rules as they are written: what is checked when one is saved, and when one fires."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Invalid
from hub.rules.evaluate import MAX_DEPTH, Situation, evaluate, firing_key
from hub.rules.schedule import duration
from hub.rules.spec import Compiled, compile_spec, parse
from hub.rules.triggers import AtClock, OnEvent, Relative, When

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
        ({"ltae": "2h"}, "Did you mean `late`?"),
        ({"actions": [{"sned": {"text": "x"}}]}, "Did you mean `send`?"),
        ({"actions": [{"if": {}, "then": [{"nte": "x"}]}]}, "Did you mean `note`?"),
        ({"actions": [{"send": {"text": "x", "purpose": "promo"}}]}, "'marketing'"),
        ({"actions": [{"set": {"customer.attributes.x": [1]}}]}, "attributes.x: Write a text. Or"),
        ({"key": "order.id"}, "key: Write a list."),
        ({"actions": [{"note": "x\0"}]}, "NUL"),
        ({"name": "x\0"}, "NUL"),
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
    assert duration("520w") == timedelta(weeks=520)


@pytest.mark.parametrize("text", ["999999w", "522w", "3654d"])
def test_a_duration_that_leads_out_of_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="longer than ten years"):
        duration(text)


@pytest.mark.parametrize(
    ("trigger", "words"),
    [
        ({}, "exactly one of on, before, after and cron"),
        ({"on": "order.created", "cron": "0 9 * * 1"}, "exactly one of"),
        ({"before": "appointment.starts_at"}, "by: 24h"),
        ({"on": "order.created", "by": "1h"}, "by: 24h"),
        ({"on": "order.created", "zone": "UTC"}, "goes with `cron` only"),
        ({"before": "appointment.start_at", "by": "1h"}, "Did you mean `appointment.starts_at`?"),
        ({"before": "appointment.starts_at", "by": "soon"}, "no duration"),
        ({"cron": "61 9 * * 1"}, "no clock time"),
        ({"cron": "0 0 30 2 *"}, "no clock time"),
        ({"cron": "0 0 0 9 * 1"}, "minute, hour, day, month and weekday"),
        ({"cron": "0 9 * * 1", "zone": "Europe/Sofja"}, "Did you mean `Europe/Sofia`?"),
        ({"cron": "0 9 * * 1", "zone": "europe/sofia"}, "Did you mean `Europe/Sofia`?"),
        ({"cron": "0 9 * * 1", "zone": "../../etc/passwd"}, "no time zone"),
        ({"on": "custom.Cart Abandoned"}, "small letters"),
    ],
)
def test_a_trigger_that_never_comes_is_refused(trigger: dict[str, Any], words: str) -> None:
    with pytest.raises(Invalid) as refused:
        compiled(trigger=trigger, conditions=None)
    assert words in f"{refused.value} {refused.value.remedy}"


@pytest.mark.parametrize(
    ("trigger", "when", "key"),
    [
        (
            {"before": "appointment.starts_at", "by": "24h"},
            Relative("before", "appointment", "starts_at", "24h"),
            ("appointment.id", "appointment.starts_at"),
        ),
        (
            {"after": "order.out_for_delivery_at", "by": "3d"},
            Relative("after", "order", "out_for_delivery_at", "3d"),
            ("order.id", "order.out_for_delivery_at"),
        ),
        (
            {"cron": "0 9 * * 1", "zone": "customer"},
            AtClock("0 9 * * 1", "customer"),
            ("customer.id", "trigger.at"),
        ),
        ({"on": "custom.cart.abandoned"}, OnEvent("custom.cart.abandoned"), ("event.id",)),
    ],
)
def test_what_triggers_mean(trigger: dict[str, Any], when: When, key: tuple[str, ...]) -> None:
    rule = compiled(trigger=trigger, conditions=None)
    assert (rule.when, rule.key) == (when, key)
