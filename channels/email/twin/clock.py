"""What time it is for the twin: the machine's, or whatever a test hands it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def wall() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)
