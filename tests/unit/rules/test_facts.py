"""Facts that are worked out when asked for are those that were worked out at once."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.rules.context import Facts, dotted

NAMES = st.sampled_from(["a", "b", "c.d", "e_at"])
PLAIN = st.none() | st.integers() | st.sampled_from(["", "word", "2026-05-03T09:14:00Z"])
HELD: st.SearchStrategy[Any] = st.recursive(
    PLAIN, lambda inner: st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
VALUES = st.dictionaries(
    st.sampled_from(["customer", "order"]), st.dictionaries(NAMES, HELD, max_size=4), max_size=2
)


def test_an_amount_and_a_time_are_what_conditions_compare() -> None:
    facts = Facts({"order": {"total": "10.50", "data": {"gift": {"for": "Anna"}}}}, {"now": 1})
    assert facts["order.total"] * 2 == 21
    assert facts.get("order.data.gift.for") == "Anna"
    assert facts.get("order.data") is None
    assert (facts["now"], facts.beside({"now": 2})["now"], facts["now"]) == (1, 2, 1)


@given(VALUES, st.dictionaries(st.sampled_from(["now", "order.a"]), st.integers()))
def test_every_fact_is_there_and_no_other(
    values: dict[str, dict[str, Any]], own: dict[str, int]
) -> None:
    told = {**dotted(values), **own}
    facts = Facts(values, own)
    for path in [*told, "order.missing", "nothing", "order.a.b"]:
        assert facts.get(path, ...) == told.get(path, ...)
    assert dict(Facts(values, own)) == told
