"""What a soak's verdict calls wrong, and what it bears."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.soak.copies import Copy, Rows, differences
from tests.soak.verdict import Books, Row, heading, judge, judge_copies, line

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


def rows(**tables: str) -> Rows:
    return {name: frozenset(letters) for name, letters in tables.items()}


@pytest.mark.parametrize(
    ("copy", "wrong"),
    [
        pytest.param(rows(entries="abcd", events="12"), 0, id="all that came"),
        pytest.param(rows(entries="abc", events="1"), 0, id="none that came"),
        pytest.param(rows(entries="abcx", events="1"), 0, id="between two changes"),
        pytest.param(rows(entries="ac", events="12"), 1, id="one is missing"),
        pytest.param(rows(entries="abc", events="1x"), 1, id="one that never changes did"),
        pytest.param(rows(entries="abc"), 1, id="a table is missing"),
        pytest.param(rows(entries="abc", events="1", rules="r"), 1, id="out of nowhere"),
    ],
)
def test_a_copy_has_what_stood_still_and_nothing_out_of_nowhere(copy: Rows, wrong: int) -> None:
    before, after = rows(entries="abc", events="1"), rows(entries="abcd", events="12")
    assert differences(before, after, copy) == (2, wrong)


def test_a_copy_of_what_stands_still_is_the_same() -> None:
    kept = rows(entries="abc", events="1")
    assert differences(kept, kept, kept) == (0, 0)
    assert differences(kept, kept, rows(entries="abx", events="1")) == (0, 2)


def test_a_wrong_copy_fails_it_and_so_does_one_of_what_still_moved() -> None:
    fine = Copy(900, 0, 0, timedelta(0), timedelta(0), 5000)
    assert judge_copies([replace(fine, moved=40), fine]) == []
    (said,) = judge_copies([replace(fine, wrong=3), fine])
    assert said.startswith("3 rows of a copy")
    (said,) = judge_copies([fine, replace(fine, moved=2)])
    assert said.startswith("2 rows moved")
