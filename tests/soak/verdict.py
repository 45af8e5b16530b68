"""What a soak has shown, a row a minute, and whether memory, lag and books are right."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from statistics import median

from tests.soak.copies import Copy

MEMORY_MAY_GROW = 1.05, 10.0
"""By this factor and so many MB, from the second quarter to the last: caches fill at first."""
LAG_MAY_GROW = 2.0, 1.0
"""Likewise, in seconds."""
LEAST_ROWS = 20
"""With fewer a quarter is a few minutes, which one neighbour on the machine can spoil."""


@dataclass(frozen=True, slots=True)
class Row:
    """One minute. lag, late: seconds (95th percentile from said to recorded; the longest due work
    that waits). queue: messages that wait to be sent. unsure: unknown and failed deliveries."""

    minute: int
    said: int
    recorded: int
    answered: int
    lag: float
    late: float
    queue: int
    unsure: int
    quarantine: int
    memory: float
    faults: int


@dataclass(frozen=True, slots=True)
class Books:
    """What the customers and operators did, against what the hub has of it, at the end."""

    lost: int
    doubled: int
    answers_lost: int
    unended: int
    skipped: int


def heading() -> str:
    return " ".join(f"{one.name:>10}" for one in fields(Row))


def line(row: Row) -> str:
    values = [getattr(row, one.name) for one in fields(Row)]
    return " ".join(f"{one:>10.1f}" if isinstance(one, float) else f"{one:>10}" for one in values)


def judge(rows: Sequence[Row], books: Books) -> list[str]:
    """What is wrong, in sentences; nothing when the soak was passed."""
    wrong = [
        f"{getattr(books, one.name)} {words}"
        for one, words in zip(fields(Books), _WRONG, strict=True)
        if getattr(books, one.name)
    ]
    if rows and rows[-1].quarantine:
        wrong.append(f"{rows[-1].quarantine} inputs are in quarantine")
    return wrong + _growth(rows)


def judge_copies(copies: Sequence[Copy]) -> list[str]:
    """What is wrong with those made meanwhile and, the last one, when nobody worked any more."""
    wrong = [f"{one.wrong} rows of a copy are missing or wrong" for one in copies if one.wrong]
    if copies and copies[-1].moved:
        wrong.append(f"{copies[-1].moved} rows moved while nobody worked")
    return wrong


_WRONG = (
    "things that customers said are missing",
    "things that customers said are there twice",
    "accepted answers are missing",
    "deliveries have not ended",
    "events were passed over",
)


def _growth(rows: Sequence[Row]) -> list[str]:
    if len(rows) < LEAST_ROWS:
        return []
    checks: list[tuple[str, Callable[[Row], float], tuple[float, float]]] = [
        ("Memory (MB)", lambda row: row.memory, MEMORY_MAY_GROW),
        ("Lag (s)", lambda row: row.lag, LAG_MAY_GROW),
        ("Lateness (s)", lambda row: row.late, LAG_MAY_GROW),
    ]
    quarter = len(rows) // 4
    wrong = []
    for name, of, (factor, more) in checks:
        early = median(of(row) for row in rows[quarter : 2 * quarter])
        late = median(of(row) for row in rows[-quarter:])
        if late > early * factor + more:
            wrong.append(f"{name} grew from {early:.1f} to {late:.1f}")
    return wrong
