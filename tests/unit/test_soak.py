"""What a soak's verdict calls wrong, and what it bears."""

from dataclasses import replace
from typing import Any

import pytest

from tests.soak.verdict import Books, Row, heading, judge, line

FINE = Books(lost=0, doubled=0, answers_lost=0, unended=0, skipped=0)
ROW = Row(
    minute=1,
    said=240,
    recorded=240,
    answered=80,
    lag=1.0,
    late=0.0,
    queue=2,
    unsure=1,
    quarantine=0,
    memory=200.0,
    faults=6,
)


def hour(name: str, first: float, step: float) -> list[Row]:
    values: list[dict[str, Any]] = [{name: first + n * step} for n in range(60)]
    return [replace(ROW, **one) for one in values]


def test_a_flat_hour_with_clean_books_is_passed() -> None:
    assert judge([ROW] * 60, FINE) == []


@pytest.mark.parametrize("name", Books.__slots__)
def test_anything_missing_in_the_books_fails_it(name: str) -> None:
    (said,) = judge([ROW] * 60, replace(FINE, **{name: 3}))
    assert said.startswith("3 ")


def test_input_left_in_quarantine_fails_it() -> None:
    assert judge([ROW, replace(ROW, quarantine=1)], FINE) == ["1 inputs are in quarantine"]


@pytest.mark.parametrize(
    ("name", "first", "step", "passed"),
    [
        ("memory", 200.0, 0.2, True),
        # A megabyte a minute.
        ("memory", 200.0, 1.0, False),
        ("lag", 1.0, 0.01, True),
        ("lag", 1.0, 0.5, False),
        ("late", 0.0, 0.01, True),
        ("late", 0.0, 0.5, False),
    ],
)
def test_what_grows_all_the_time_fails_it(
    name: str, first: float, step: float, *, passed: bool
) -> None:
    assert (judge(hour(name, first, step), FINE) == []) is passed


def test_a_beginning_that_fills_the_caches_is_no_leak() -> None:
    rows = [replace(ROW, memory=min(200.0, 120.0 + 10 * n)) for n in range(60)]
    assert judge(rows, FINE) == []


def test_one_slow_minute_is_no_growth() -> None:
    rows = [replace(ROW, lag=30.0 if n == 58 else 1.0) for n in range(60)]
    assert judge(rows, FINE) == []


def test_too_short_a_run_says_nothing_of_growth() -> None:
    assert judge(hour("memory", 100.0, 50.0)[:19], FINE) == []


def test_the_table_stands_in_columns() -> None:
    assert len(heading()) == len(line(ROW))
