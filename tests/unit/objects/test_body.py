"""Which times a push may carry: with a zone, and within years that can be counted with."""

import pytest
from pydantic import ValidationError

from hub.objects.body import PushedBody

TIMES = ("occurred_at", "starts_at", "ends_at")


@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("9999-12-31T23:59:59Z", "1900 to 2199"),
        ("9999-12-31T23:59:59-12:00", "1900 to 2199"),
        ("0001-01-01T00:00:00+05:00", "1900 to 2199"),
        ("1899-12-31T23:59:59Z", "1900 to 2199"),
        ("2200-01-01T00:00:00Z", "1900 to 2199"),
        ("2026-05-03T09:14:00", "time zone"),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused_by_its_field(
    name: str, written: str, why: str
) -> None:
    with pytest.raises(ValidationError, match=why) as refused:
        PushedBody.model_validate_json(f'{{"{name}": "{written}"}}')
    assert [one["loc"] for one in refused.value.errors()] == [(name,)]


@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize(
    "written", ["1900-01-01T00:00:00Z", "2199-12-31T23:59:59Z", "2026-05-03T09:14:00+05:00"]
)
def test_every_other_time_is_taken(name: str, written: str) -> None:
    pushed = PushedBody.model_validate_json(f'{{"{name}": "{written}"}}')
    assert getattr(pushed, name) is not None
