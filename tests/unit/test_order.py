"""The long tests come first in each worker's row, and the list of them names tests that exist."""

import ast
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.order import LONG, in_rows

ROOT = Path(__file__).parents[2]


@given(st.integers(0, 60), st.integers(1, 5), st.sets(st.integers(0, 70), max_size=12))
def test_each_comes_once_and_the_short_keep_their_order(count, workers, long):
    names = [str(number) for number in range(count)]
    ordered = in_rows(names, workers, {str(number): 20 + number for number in long})
    assert sorted(ordered) == sorted(names)
    short = [int(one) for one in ordered if int(one) not in long]
    assert all(first < second for first, second in pairwise(short))


def test_each_row_begins_with_its_part():
    names = [f"short-{number}" for number in range(20)]
    names[7:7] = ["a", "b", "c", "d", "e"]
    ordered = in_rows(names, 3, {"a": 60, "b": 30, "c": 30, "d": 40, "e": 10})
    # 25 tests: rows of 8, 8 and 9.
    assert (ordered[0], ordered[8], ordered[16]) == ("a", "d", "b")
    assert (ordered[9], ordered[17]) == ("e", "c")


@pytest.mark.parametrize("name", LONG)
def test_who_is_listed_exists(name: str) -> None:
    path, _, test = name.partition("::")
    tree = ast.parse((ROOT / path).read_text())
    functions = {getattr(one, "name", "") for one in ast.walk(tree)}
    assert test.partition("[")[0] in functions
