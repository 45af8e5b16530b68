"""After how much silence a number may be somebody else's."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.customers.ageing import outlived

NOW = datetime(2026, 5, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("scheme", "days", "expected"),
    [("tel", 366, True), ("tel", 365, False), ("tel", 0, False), ("email", 4000, False)],
)
def test_only_numbers_age(scheme: str, days: int, expected: bool) -> None:
    assert outlived(scheme, NOW - timedelta(days=days), NOW) is expected


def test_what_was_never_heard_of_has_no_age() -> None:
    assert not outlived("tel", None, NOW)
