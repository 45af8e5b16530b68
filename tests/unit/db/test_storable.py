"""What of somebody else's JSON is refused before it reaches the database, and how it is named."""

from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hub.db.storable import fault
from hub.errors import Invalid
from hub.objects.body import PushedBody
from hub.rules.yaml_text import read

DEEP: Any = []
for _ in range(70):
    DEEP = [DEEP]

WRONG: list[tuple[Any, str]] = [
    ({"weight": [1, 2**64]}, "`weight.1` is a number beyond 64 bits"),
    ({"a": {"b": -(2**63) - 1}}, "`a.b` is a number beyond 64 bits"),
    ({"a": float("inf")}, "`a` is no number"),
    ({"a": "x\x00"}, "`a` holds the character NUL"),
    ({"a": "\ud800"}, "`a` holds half a character"),
    ({"a": {"\udc00": 1}}, "`a` holds half a character"),
    ({"a": {1: 2}}, "`a` has a name that is no text"),
    ({"a": b"\xff"}, "`a` is neither text nor number"),
    ({"a": DEEP}, "nests too deep"),
    (2**64, "is a number beyond 64 bits"),
]


@pytest.mark.parametrize(("value", "words"), WRONG)
def test_what_cannot_be_stored_is_named_by_its_place(value: object, words: str) -> None:
    assert words in (fault(value) or "")


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, -(2**63), 2**64 - 1, 0.5, None, True, "й😀"], "b": {"c": {}}},
        {"day": date(2026, 5, 3), "at": datetime(2026, 5, 3, tzinfo=UTC)},
    ],
)
def test_the_rest_can_be(value: object) -> None:
    assert fault(value) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_what_passes_can_be_written_and_read_again(value: object) -> None:
    if fault(value) is None:
        assert b"\\u0000" not in orjson.dumps(value).replace(b"\\\\", b"")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"data": {"weight": 2**70}}, ("data",)),
        ({"items": [{"name": "A"}, {"name": "B", "code": 2**70}]}, ("items", 1)),
    ],
)
def test_a_pushed_object_names_the_field(
    body: dict[str, Any], place: tuple[str | int, ...]
) -> None:
    with pytest.raises(ValidationError) as raised:
        PushedBody.model_validate(body)
    [wrong] = raised.value.errors()
    assert wrong["loc"] == place
    assert "is a number beyond 64 bits" in wrong["msg"]


RULE = """
name: Tell the shop
trigger: {{on: order.created}}
actions:
  - {action}
"""


@pytest.mark.parametrize(
    ("action", "place"),
    [
        ("set: {customer.attributes.tier: 99999999999999999999}", "actions.0.set"),
        ("webhook: {name: Shop, data: {n: 99999999999999999999}}", "actions.0.webhook.data"),
        (r'webhook: {name: Shop, data: {n: "\ud800"}}', "actions.0.webhook.data"),
        (
            r'{if: {field: order.status, is: new}, then: [{note: "\ud800"}]}',
            "actions.0.then.0",
        ),
    ],
)
def test_a_rule_in_yaml_names_the_field(action: str, place: str) -> None:
    with pytest.raises(Invalid) as raised:
        read(RULE.format(action=action), "The text")
    assert place in raised.value.fields
