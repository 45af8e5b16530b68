"""Conditions: what they mean, and in which words a wrong one is refused."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Invalid
from hub.rules.conditions import compile_tree, explain, read
from hub.rules.fields import Kind

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)  # a Monday
FIELDS = {
    "order.status": Kind.TEXT,
    "order.total": Kind.NUMBER,
    "customer.labels": Kind.WORDS,
    "message.automatic": Kind.FLAG,
    "order.data.*": Kind.ANY,
    "appointment.starts_at": Kind.TIME,
    "conversation.closed_at": Kind.TIME,
}
FACTS = {
    "order.status": "shipped",
    "order.total": Decimal("99.5"),
    "customer.labels": ["vip"],
    "customer.time_zone": "Europe/Sofia",
    "message.automatic": False,
    "order.data.courier": "DHL",
    "order.data.pieces": 3,
    "order.data.fragile": True,
    "order.data.tags": ["gift"],
    "appointment.starts_at": NOON + timedelta(hours=3),
    "conversation.closed_at": None,
    "now": NOON,
}


@pytest.mark.parametrize(
    ("tree", "holds"),
    [
        (None, True),
        ({}, True),
        ({"all": []}, True),
        ({"any": []}, False),
        ({"field": "order.status", "is": "shipped"}, True),
        ({"field": "order.status", "is_not": "shipped"}, False),
        ({"field": "order.status", "in": ["packed", "shipped"]}, True),
        ({"field": "order.status", "not_in": ["packed", "shipped"]}, False),
        ({"field": "order.total", "is": 99.5}, True),
        ({"field": "order.total", "above": 99}, True),
        ({"field": "order.total", "below": 99}, False),
        ({"field": "customer.labels", "has": "vip"}, True),
        ({"field": "customer.labels", "has_not": "vip"}, False),
        ({"field": "customer.labels", "empty": False}, True),
        ({"field": "order.status", "empty": True}, False),
        ({"not": {"field": "order.status", "is": "packed"}}, True),
        ({"field": "order.status", "contains": "HIP"}, True),
        ({"field": "order.status", "contains": ["x", "ship"]}, True),
        ({"field": "order.status", "starts_with": "hip"}, False),
        ({"field": "message.automatic", "is": False}, True),
        ({"field": "order.data.courier", "is": "DHL"}, True),
        ({"field": "order.data.courier", "above": 1}, False),
        ({"field": "order.data.pieces", "is": 3}, True),
        ({"field": "order.data.pieces", "is": "3"}, False),
        ({"field": "order.data.pieces", "above": 2.5}, True),
        ({"field": "order.data.fragile", "is": True}, True),
        ({"field": "order.data.fragile", "is": 1}, False),
        ({"field": "order.data.tags", "has": "gift"}, True),
        ({"field": "order.data.nothing", "is": "x"}, False),
        ({"field": "order.data.nothing", "is_not": "x"}, True),
        ({"field": "order.data.nothing", "has_not": "x"}, True),
        ({"field": "order.data.nothing", "empty": True}, True),
        ({"field": "order.data.pieces", "empty": True}, False),
        ({"field": "appointment.starts_at", "within_next": "3h"}, True),
        ({"field": "appointment.starts_at", "within_next": "2h"}, False),
        ({"field": "appointment.starts_at", "older_than": "1h"}, False),
        ({"field": "appointment.starts_at", "newer_than": "1h"}, False),
        ({"field": "appointment.starts_at", "in_hours": "mon 18:00-19:00 customer"}, True),
        ({"field": "appointment.starts_at", "not_in_hours": "mon 18:00-19:00 UTC"}, True),
        ({"field": "conversation.closed_at", "older_than": "1h"}, False),
        ({"field": "conversation.closed_at", "in_hours": "mon 00:00-24:00 UTC"}, False),
        ({"field": "conversation.closed_at", "empty": True}, True),
        (
            {
                "all": [
                    {"field": "order.status", "is": "shipped"},
                    {
                        "any": [
                            {"field": "order.total", "above": 100},
                            {"field": "customer.labels", "has": "vip"},
                        ]
                    },
                ]
            },
            True,
        ),
    ],
)
def test_what_conditions_mean(tree: object, holds: bool) -> None:
    assert compile_tree(tree, FIELDS)(FACTS) is holds


def test_a_missing_number_is_neither_above_nor_below() -> None:
    facts = FACTS | {"order.total": None}
    for name in ("above", "below"):
        assert not compile_tree({"field": "order.total", name: 1}, FIELDS)(facts)
    assert compile_tree({"field": "order.total", "empty": True}, FIELDS)(facts)


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({"field": "order.stauts", "is": "x"}, "Did you mean `order.status`?"),
        ({"field": "order.status", "is_nt": "x"}, "Did you mean `is_not`?"),
        ({"field": "order.total", "is": "many"}, "is a number, but `many` is not"),
        ({"field": "order.total", "is": True}, "is a number, but `True` is not"),
        ({"field": "order.status", "is": 7}, 'write the value in quotes, as "7"'),
        ({"field": "order.status", "above": 7}, "`above` does not fit"),
        ({"field": "customer.labels", "is": "vip"}, "`is` does not fit"),
        ({"field": "order.status", "in": "shipped"}, "takes a list"),
        ({"field": "order.status"}, "exactly one of"),
        ({"field": "order.status", "is": "a", "in": ["b"]}, "exactly one of"),
        ({"is": "a"}, "names the `field`"),
        ({"all": [], "any": []}, "stands alone"),
        ({"all": {"field": "order.status", "is": "a"}}, "takes a list of conditions"),
        ({"not": "x"}, "A condition is"),
        (["x"], "A condition is"),
        ({"field": "order.status", "empty": "yes"}, "empty: true"),
    ],
)
def test_wrong_conditions_are_refused_in_plain_words(tree: object, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        compile_tree(tree, FIELDS)
    assert words in str(refused.value)


def test_depth_and_size_are_bounded() -> None:
    tree: dict[str, Any] = {"field": "order.status", "is": "x"}
    for _ in range(10):
        tree = {"not": tree}
    with pytest.raises(Invalid, match="levels deep"):
        compile_tree(tree, FIELDS)
    with pytest.raises(Invalid, match="at most 200"):
        compile_tree({"all": [{"field": "order.status", "is": "x"}] * 201}, FIELDS)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "all",
                    "any",
                    "not",
                    "field",
                    "is",
                    "in",
                    "above",
                    "has",
                    "empty",
                    "contains",
                    "in_hours",
                ]
            ),
            inner | st.sampled_from(list(FIELDS)),
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_compiled_or_refused(tree: object) -> None:
    try:
        test = compile_tree(tree, FIELDS)
    except Invalid:
        return
    assert isinstance(test(FACTS), bool)


def test_an_explanation_says_what_was_found_everywhere() -> None:
    tree = {"not": {"any": [{"field": "order.status", "is": "packed"}]}}
    told = explain(read(tree, FIELDS), FACTS)
    leaf = {
        "field": "order.status",
        "operator": "is",
        "value": "packed",
        "found": "shipped",
        "holds": False,
    }
    assert told == {"not": [{"any": [leaf], "holds": False}], "holds": True}


@pytest.mark.parametrize(
    ("tree", "place"),
    [
        ({"field": "order.stauts", "is": "x"}, "conditions"),
        ({"all": [{"field": "order.status", "is": 1}]}, "conditions.all.0"),
        ({"not": {"any": [{}, {"x": 1}]}}, "conditions.not.any.0"),
    ],
)
def test_a_wrong_condition_is_found_by_its_place(tree: object, place: str) -> None:
    with pytest.raises(Invalid) as refused:
        compile_tree(tree, FIELDS)
    assert list(refused.value.fields) == [place]
