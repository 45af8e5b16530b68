"""How hard generated input is tried: the same cases each time in `make test`, ever new ones,
for minutes, in `make fuzz`.
"""

import time
from collections.abc import Callable

import pytest
from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None, database=None)
settings.register_profile("deep", deadline=None, max_examples=20_000, print_blob=True)
settings.load_profile("fixed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--fuzz-seconds", type=float, default=3.0, help="how long each parser is fed (default 3)"
    )
    parser.addoption(
        "--crash-full", action="store_true", help="kill 50 times and ingest 100,000 messages"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes minutes is for `make crash`."""
    if not config.getoption("--crash-full"):
        minutes = [one for one in items if one.get_closest_marker("minutes")]
        config.hook.pytest_deselected(items=minutes)
        items[:] = [one for one in items if one not in minutes]


def cost(work: Callable[[], object]) -> float:
    """Seconds of the processor's time for `work`, the best of three: neighbours do not count."""

    def once() -> float:
        begun = time.process_time()
        work()
        return time.process_time() - begun

    return min(once() for _ in range(3))


def assert_linear(work: Callable[[int], object], size: int) -> None:
    """Four times the size may take twice four times as long, and a little for noise."""
    small = cost(lambda: work(size // 4))
    assert cost(lambda: work(size)) < 8 * small + 0.2


@pytest.fixture
def fuzz_seconds(request: pytest.FixtureRequest) -> float:
    """How long a test marked `fuzz` feeds its parser."""
    return float(request.config.getoption("--fuzz-seconds"))


@pytest.fixture
def crash_full(request: pytest.FixtureRequest) -> bool:
    """Whether tests marked `crash` go to their full size."""
    return bool(request.config.getoption("--crash-full"))
