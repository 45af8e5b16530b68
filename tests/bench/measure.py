"""How a row is measured: variants in turn, round by round, the median of the rounds' ratios."""

import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

Sample = Callable[[], Awaitable[float]]


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: enough for ten minutes in all, or the sizes of the targets."""

    full: bool
    rounds: int

    def pick(self, quick: int, full: int) -> int:
        return full if self.full else quick


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report.

    target: its number in the performance notes. ratio: ours to the floor. wanted: the bound, with
    its direction (`>= 0.5`).
    """

    target: str
    what: str
    unit: str
    ours: float
    floor: float
    ratio: float
    wanted: str

    @property
    def met(self) -> bool:
        if not self.wanted:
            return True
        sign, bound = self.wanted.split()
        return self.ratio >= float(bound) if sign == ">=" else self.ratio <= float(bound)


async def in_turn(rounds: int, samples: Mapping[str, Sample]) -> dict[str, list[float]]:
    """Every sample once to warm up, then `rounds` times in turn, each round in another order."""
    taken: dict[str, list[float]] = {name: [] for name in samples}
    names = list(samples)
    for name in names:
        await samples[name]()
    for number in range(rounds):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            taken[name].append(await samples[name]())
    return taken


def row(
    target: str, what: str, unit: str, ours: Sequence[float], floor: Sequence[float], wanted: str
) -> Row:
    """The row of two variants measured in the same rounds."""
    ratios = [mine / best for mine, best in zip(ours, floor, strict=True)]
    return Row(
        target,
        what,
        unit,
        statistics.median(ours),
        statistics.median(floor),
        statistics.median(ratios),
        wanted,
    )


async def rate(count: int, work: Awaitable[object]) -> float:
    """`count` things per second."""
    begun = time.perf_counter()
    await work
    return count / (time.perf_counter() - begun)


async def milliseconds(times: int, call: Callable[[], Awaitable[object]]) -> list[float]:
    """How long each of `times` calls took, sorted."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        await call()
        taken.append((time.perf_counter() - begun) * 1000)
    return sorted(taken)


def percentile(values: Sequence[float], part: float) -> float:
    """Of sorted values."""
    return values[min(int(len(values) * part), len(values) - 1)]
