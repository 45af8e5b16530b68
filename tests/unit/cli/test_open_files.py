"""A serving process takes all the open files it may have."""

import resource
from collections.abc import Iterator

import pytest

from hub.cli import open_files

FILES = resource.RLIMIT_NOFILE


@pytest.fixture
def before() -> Iterator[tuple[int, int]]:
    limits = resource.getrlimit(FILES)
    yield limits
    resource.setrlimit(FILES, limits)


def test_the_soft_limit_becomes_the_hard_one(before: tuple[int, int]):
    _, hard = before
    resource.setrlimit(FILES, (hard - 1, hard))
    open_files.raise_limit()
    assert resource.getrlimit(FILES) == (hard, hard)


def test_a_limit_that_is_high_enough_stays(before: tuple[int, int]):
    _, hard = before
    resource.setrlimit(FILES, (hard, hard))
    open_files.raise_limit()
    assert resource.getrlimit(FILES) == (hard, hard)
