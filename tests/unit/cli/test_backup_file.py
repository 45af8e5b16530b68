"""A backup's file appears when it is complete, and replaces nothing."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.cli.copies import _complete_or_not


def test_it_appears_complete_and_for_its_owner_only(tmp_path: Path):
    file = tmp_path / "hub.backup"
    with _complete_or_not(file) as draft:
        draft.write_text("all of it")
        assert not file.exists()
    assert file.read_text() == "all of it"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def write(file: Path, work: Callable[[Path], object]) -> None:
    with _complete_or_not(file) as draft:
        work(draft)


def test_half_of_it_leaves_nothing(tmp_path: Path):
    with pytest.raises(IsADirectoryError):
        write(tmp_path / "hub.backup", lambda _: tmp_path.write_text("the disk is full"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_made_meanwhile_is_not_replaced(tmp_path: Path):
    file = tmp_path / "hub.backup"
    with pytest.raises(FileExistsError):
        write(file, lambda _: file.write_text("precious"))
    assert file.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [file]
