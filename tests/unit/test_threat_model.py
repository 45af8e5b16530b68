"""Every line of the threat model is held by a test that exists, or says that none is needed."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "threat-model.md"
LINES = [
    line
    for line in PAGE.read_text("utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| threat", "|---"))
]


@pytest.fixture(scope="module")
def existing() -> set[str]:
    source = "\n".join(path.read_text("utf-8") for path in TESTS.rglob("test_*.py"))
    return set(re.findall(r"def (test_\w+)\(", source))


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.split("|")[1].strip()[:40])
def test_a_line_is_held(line: str, existing: set[str]):
    held = line.split("|")[3]
    named = set(re.findall(r"`(test_\w+)`", held))
    assert named <= existing
    assert named or held.strip() in {"*by design*", "*not covered*"}
