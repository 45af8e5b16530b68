"""When a delivery that met a transient fault is tried again."""

from datetime import datetime, timedelta

FIRST = timedelta(seconds=2)
LONGEST = timedelta(minutes=5)


def delay(attempt: int, jitter: float) -> timedelta:
    """How long to wait after try number `attempt` (from 1): doubling from 2 s up to 5 min.

    `jitter` in [0, 1) spreads it over the upper half, so that what failed together does not return
    together.
    """
    full = min(FIRST * (1 << min(attempt - 1, 16)), LONGEST)
    return timedelta(seconds=full.total_seconds() * (0.5 + jitter / 2))


def next_try(now: datetime, *, attempt: int, deadline: datetime, jitter: float) -> datetime:
    """When to look at the delivery again, at its deadline at the latest: it expires there."""
    return max(now, min(now + delay(attempt, jitter), deadline))
