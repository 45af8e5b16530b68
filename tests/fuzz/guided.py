"""Lets atheris look for inputs that reach code which no kept input has reached, and keeps some.

`python -m tests.fuzz.guided --seconds 60 [TARGET...]`: each target in a process of its own, since
libFuzzer ends the one that it runs in. What breaks a target is kept as well, named `broke-…`: from
then on tests/fuzz/test_targets.py is red until it is mended.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz.kept import FOLDER, LARGEST, inputs, keep

NAMES = sorted(path.name for path in FOLDER.iterdir())
_WITHOUT = "atheris is not installed: no search led by coverage (docs/dependencies.md)\n"
_MOST_NEW = 8
"""Inputs that are kept of one run of a target, the smallest first: the suite reads them all."""
_STALLED = 10
"""Seconds for one input."""
_MEMORY = 2048
"""Megabytes."""


def main(arguments: Sequence[str]) -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("targets", nargs="*", help="all when none is named")
    options.add_argument("--seconds", type=int, default=60)
    options.add_argument("--keep", action="store_true", help="also what is new and broke nothing")
    given = options.parse_args(arguments)
    if find_spec("atheris") is None:
        sys.stdout.write(_WITHOUT)
        return 0
    sound = [_searched(one, given.seconds, new=given.keep) for one in given.targets or NAMES]
    return 0 if all(sound) else 1


def _searched(target: str, seconds: int, *, new: bool) -> bool:
    """Look for so long; whether nothing broke the target."""
    with tempfile.TemporaryDirectory() as name:
        found, broken = Path(name, "found"), Path(name, "broken")
        found.mkdir()
        broken.mkdir()
        known = set(inputs(target).values())
        command = [
            sys.executable,
            "-m",
            "tests.fuzz.led",
            target,
            str(found),
            str(FOLDER / target),
        ]
        bounds = [f"-max_total_time={seconds}", f"-timeout={_STALLED}", f"-rss_limit_mb={_MEMORY}"]
        done = subprocess.run(
            [*command, *bounds, "-max_len=8192", f"-artifact_prefix={broken}/"],
            check=False,
            capture_output=True,
            text=True,
        )
        kept = [keep(target, "broke", path.read_bytes()) for path in broken.iterdir()]
        fresh = {path.read_bytes() for path in found.iterdir()} - known
        small = sorted((one for one in fresh if len(one) <= LARGEST), key=len)
    last = [line for line in done.stderr.splitlines() if "cov: " in line][-1:]
    sys.stdout.write(f"{target}: {' '.join(last).strip()}\n")
    if new and not kept:
        for one in small[:: max(1, len(small) // _MOST_NEW)]:
            keep(target, "new", one)
    if done.returncode:
        sys.stdout.write(f"{done.stderr[-4000:]}\n{[str(one) for one in kept]}\n")
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
