"""Run every test side by side; the very few that fail run once more, alone and in order.

Real servers, browsers and killed processes on two busy cores: a test that fails there and passes
alone is a flake. It is named loudly and is a fault to mend, but says nothing about the change that
is being tested. More than a few failures, or one that fails again, fail the run.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

FEW = 3
WORKERS = (os.cpu_count() or 1) * 2
"""More than cores: a test waits for its servers, its browser or its clock half of its time."""
BESIDE = ["-n", str(WORKERS), "--dist", "worksteal", "--cache-clear"]
ALONE = ["-n", "0", "-p", "no:randomly", "--last-failed", "--last-failed-no-failures", "none"]
FAILED = 1
"""pytest's exit code when tests ran and some failed; any other is not about single tests."""
KEPT = Path(".pytest_cache/v/cache/lastfailed")


def main(arguments: Sequence[str]) -> int:
    code = run(*BESIDE, *arguments)
    failed = failures() if code == FAILED else []
    if not 0 < len(failed) <= FEW:
        return code
    say("Once more, alone", failed)
    code = run(*ALONE, *arguments)
    if code == 0:
        say("FLAKY: failed beside the others, passed alone. Mend what depends on luck", failed)
    return code


def run(*arguments: str) -> int:
    """Run pytest; its exit code."""
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode


def failures() -> list[str]:
    """The names of the tests that failed in the last run."""
    return sorted(json.loads(KEPT.read_text()))


def say(what: str, tests: Sequence[str]) -> None:
    sys.stdout.write(f"\n==> {what}:\n" + "".join(f"    {test}\n" for test in tests) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
