"""Which tests begin first: those known to be long, so that none of them is what others wait for.

Side by side, pytest-xdist gives each worker a row of tests, and who is done early takes from the
end of another's row. A long test at such an end would run while all others have finished.
"""

import gc
import os
from collections.abc import Iterator, Mapping, Sequence
from heapq import heapify, heapreplace
from itertools import pairwise

import pytest

LONG = {
    "tests/integration/demo/test_demo.py::test_a_story_is_told_once_however_often_it_is_killed"
    "_and_lasts": 60,
    "tests/crash/test_points.py::test_killed_at_every_point[in-after]": 39,
    "tests/crash/test_points.py::test_killed_at_every_point[in-before]": 30,
    "tests/crash/test_points.py::test_killed_at_every_point[out-after]": 30,
    "tests/crash/test_points.py::test_killed_at_every_point[out-before]": 28,
    "tests/crash/test_points.py::test_killed_at_every_point[later-after]": 27,
    "tests/crash/test_points.py::test_killed_at_every_point[later-before]": 26,
    "tests/crash/test_random.py::test_killed_at_random": 35,
    "tests/crash/test_network.py::test_a_line_that_is_cut_slow_and_held_up": 33,
    "tests/integration/web/test_api_fuzz.py::test_the_api_keeps_its_word_under_any_input": 34,
    "tests/integration/identity/test_precision.py::test_automatic_links_are_right_and_typed"
    "_claims_make_none": 27,
    "tests/e2e/widget/test_cuts.py::test_200_cuts_lose_double_and_reorder_nothing": 34,
    "tests/e2e/widget/test_restart.py::test_after_the_server_restarted": 22,
    "tests/e2e/console/test_amounts.py::test_ten_thousand_entries_scroll_without_a_long_task": 22,
}
"""Seconds, as `--durations` says them, of what takes twenty and more."""


def in_rows(names: Sequence[str], workers: int, seconds: Mapping[str, float]) -> list[str]:
    """`names` for `workers` rows of equal length, each beginning with its part of the long ones.

    The longest goes to the row with the least, and so on; all others keep their order.
    """
    rows: list[list[str]] = [[] for _ in range(workers)]
    busy = [(0.0, row) for row in range(workers)]
    heapify(busy)
    for name in sorted(set(names) & set(seconds), key=lambda one: (-seconds[one], one)):
        time, row = busy[0]
        rows[row].append(name)
        heapreplace(busy, (time + seconds[name], row))
    rest = [name for name in names if name not in seconds]
    for (start, end), kept in zip(_rows(len(names), workers), rows, strict=True):
        room = max(end - start - len(kept), 0)
        kept.extend(rest[:room])
        rest = rest[room:]
    return [name for row in rows for name in row] + rest


def _rows(count: int, workers: int) -> Iterator[tuple[int, int]]:
    """Where each worker's row begins and ends, as xdist cuts them."""
    ends = [0]
    for left in range(workers, 0, -1):
        ends.append(ends[-1] + (count - ends[-1]) // left)
    return pairwise(ends)


def pytest_configure() -> None:
    """Nothing that is imported for tests will be garbage: let nobody look through it."""
    gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """After everything that mixes or leaves out."""
    if workers := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0")):  # noqa: TID251
        by_name = {one.nodeid: one for one in items}
        items[:] = [by_name[name] for name in in_rows(list(by_name), workers, LONG)]


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    gc.enable()
