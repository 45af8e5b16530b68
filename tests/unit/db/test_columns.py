"""A column that all rows share travels once."""

from hub.db.columns import column


def test_a_shared_value_travels_once() -> None:
    assert column("kind", ["message", "message"]) == {"kind": [], "kind_all": "message"}
    assert column("rule", [None, None]) == {"rule": [], "rule_all": None}


def test_different_values_travel_one_by_one() -> None:
    assert column("kind", ["a", "b"]) == {"kind": ["a", "b"], "kind_all": None}
    assert column("rule", [None, 1]) == {"rule": [None, 1], "rule_all": None}
