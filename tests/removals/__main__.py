"""Take away one line after the other, in a copy of this tree, and see its test turn red.

    python -m tests.removals [WORD...]

Only guarantees that have one of the words in their promise or file; all without words. Prints a
row each and exits with 1 when a test stayed green: then nothing watches that line.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.removals.guarantees import GUARANTEES, Guarantee

ROOT = Path(__file__).parents[2]
PARTS = ("hub", "channels", "templates", "migrations", "tests", "pyproject.toml", "docs")
PATIENCE = 300
RED, GREEN = 1, 0
"""pytest's exit codes: some tests failed; all passed."""


def main(words: Sequence[str]) -> int:
    chosen = [one for one in GUARANTEES if _is_meant(one, words)]
    with tempfile.TemporaryDirectory(prefix="besedka-removals-") as name:
        tree = Path(name)
        _copy(tree)
        unwatched = sum(not _turns_red(tree, one) for one in chosen)
    print(f"{len(chosen)} lines taken away, {unwatched} of them unnoticed")  # noqa: T201 - what it is for
    return 1 if unwatched or not chosen else 0


def _is_meant(one: Guarantee, words: Sequence[str]) -> bool:
    return not words or any(word in f"{one.promise} {one.file}" for word in words)


def _copy(tree: Path) -> None:
    """The sources: the tests run from here, with this environment's packages."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tree / part)


def _turns_red(tree: Path, one: Guarantee) -> bool:
    file = tree / one.file
    whole = file.read_text(encoding="utf-8")
    file.write_text(without(one, whole), encoding="utf-8")
    try:
        code = _run(tree, one.test)
    finally:
        file.write_text(whole, encoding="utf-8")
    said = {RED: "red", GREEN: "GREEN: nothing watches this line"}.get(code, f"BROKEN ({code})")
    print(f"{said:6} {one.promise}: {one.file}", flush=True)  # noqa: T201
    return code == RED


def without(one: Guarantee, source: str) -> str:
    """The source after the removal; raises ValueError when the line is not there exactly once."""
    if source.count(one.line) != 1:
        raise ValueError(f"{one.file} has {source.count(one.line)} times: {one.line}")
    return source.replace(one.line, one.without)


def _run(tree: Path, test: str) -> int:
    """pytest's exit code; a test that hangs without the line has noticed it too."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:randomly"]
    command += ["-p", "no:cacheprovider", "--timeout", str(PATIENCE // 2), test]
    surroundings = os.environ | {"PYTHONPATH": str(tree)}  # noqa: TID251 - tests have no settings
    try:
        done = subprocess.run(
            command, cwd=tree, env=surroundings, capture_output=True, check=False, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        return RED
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
