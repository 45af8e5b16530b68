"""Every parser takes what is kept for it, and that spoilt: refused in its own words, or read.

`make fuzz` spoils on for minutes, and lets a search led by coverage find what is new
(`tests/fuzz/guided.py`).
"""

import time

import pytest

from tests.fuzz.kept import FOLDER, inputs
from tests.fuzz.mutations import spoilt
from tests.fuzz.targets import TARGETS

ROUNDS = 60
STALLED = 5.0
"""Seconds of the processor's time for a few kilobytes; usual are thousandths."""


def _fed(target: str, data: bytes) -> None:
    begun = time.process_time()
    TARGETS[target](data)
    assert time.process_time() - begun < STALLED


def test_each_target_has_inputs_and_all_inputs_a_target() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(TARGETS)
    assert all(inputs(target) for target in TARGETS)


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_kept_does_no_harm(target: str) -> None:
    for name, data in inputs(target).items():
        try:
            _fed(target, data)
        except Exception as fault:
            raise AssertionError(f"tests/fuzz/inputs/{target}/{name}") from fault


@pytest.mark.fuzz
@pytest.mark.timeout(900)
@pytest.mark.parametrize("target", TARGETS)
def test_what_is_spoilt_does_no_harm(target: str, fuzz_seconds: float) -> None:
    kept, seed = list(inputs(target).values()), 0
    ends = time.monotonic() + fuzz_seconds
    # In the suite one round of the same inputs each time; for minutes, ever new ones.
    while not seed or (fuzz_seconds > 10 and time.monotonic() < ends):
        for data in spoilt(kept, seed, ROUNDS):
            try:
                _fed(target, data)
            except Exception as fault:
                raise AssertionError(f"{target}: {data!r}") from fault
        seed += 1
