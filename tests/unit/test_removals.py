"""The list of guarantees and the lines they rest on names what is there."""

from pathlib import Path

import pytest

from tests.removals.__main__ import without
from tests.removals.guarantees import GUARANTEES, Guarantee

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("one", GUARANTEES, ids=lambda one: one.promise)
def test_the_line_and_its_test_are_there(one: Guarantee) -> None:
    source = (ROOT / one.file).read_text(encoding="utf-8")
    assert without(one, source) != source
    place, _, name = one.test.partition("::")
    assert (ROOT / place).exists()
    assert not name or f"def {name}(" in (ROOT / place).read_text(encoding="utf-8")
