"""The demo's notes: kept whole, for their owner's eyes, and the same after a restart."""

import asyncio
import re
import stat
from datetime import UTC, datetime

import pytest

from hub.demo.notebook import Notebook, easy_password
from hub.operators import passwords

NOW = datetime(2026, 5, 3, 12, tzinfo=UTC)


async def test_what_was_noted_is_there_after_a_restart(tmp_path):
    path = tmp_path / "new" / "demo.json"
    book = Notebook.open(path, NOW)
    assert book.notes.told == 0
    await book.change(told=3, orders={"L-1": {"status": "packed", "version": 2}})
    again = Notebook.open(path, datetime(2027, 1, 1, tzinfo=UTC))
    assert again.notes == book.notes
    assert again.notes.started_at == NOW


async def test_only_its_owner_can_read_it(tmp_path):
    book = Notebook.open(tmp_path / "demo.json", NOW)
    await book.change(passwords={"maria": "secret"})
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_changes_at_once_do_not_lose_each_other(tmp_path):
    book = Notebook.open(tmp_path / "demo.json", NOW)
    await asyncio.gather(
        book.change(told=1), book.change(teams={"Shop": "1"}), book.change(told=2)
    )
    kept = Notebook.open(tmp_path / "demo.json", NOW).notes
    assert kept.teams == {"Shop": "1"}
    assert kept.told in {1, 2}


@pytest.mark.parametrize("_attempt", range(20))
def test_a_password_is_easy_to_type_and_good_enough(_attempt):
    made = easy_password()
    assert re.fullmatch(r"([a-z]+-){4}\d\d", made)
    assert passwords.acceptable(made) == made
