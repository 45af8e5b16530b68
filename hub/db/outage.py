"""How a loop bears trouble: says so once, tries again ever more slowly, says once it is over."""

import random

import structlog

from hub.db.retry import is_connection_error, sqlstate
from hub.tasks import heed_cancellation

log = structlog.get_logger(__name__)


class Outage:
    """One loop's trouble: call `failed` where it catches, `over` after work that went well.

    An expected loss of the database is one warning line; anything else is our bug and comes with
    its traceback. A different error in the midst of trouble is news again.
    """

    def __init__(self, loop: str, *, longest: float = 2.0) -> None:
        self._loop = loop
        self._longest = longest
        self._failures = 0
        self._reported: set[tuple[type[BaseException], str]] = set()

    def failed(self, error: Exception) -> float:
        """Take note of `error`; returns the seconds to wait before the next try.

        Ends the loop when its task is being cancelled.
        """
        heed_cancellation(error)
        kind = (type(error), sqlstate(error))
        if kind not in self._reported:
            self._reported.add(kind)
            self._report(error)
        self._failures += 1
        pause = min(self._longest, 0.05 * 2.0 ** min(self._failures, 16))
        return pause * random.uniform(0.5, 1.0)  # noqa: S311 - spreads the nodes' tries

    def _report(self, error: Exception) -> None:
        if is_connection_error(error):
            log.warning("loop.interrupted", loop=self._loop, error=repr(error))
        else:
            log.error("loop.failed", loop=self._loop, exc_info=error)

    def over(self) -> None:
        if self._failures:
            log.info("loop.recovered", loop=self._loop, failures=self._failures)
            self._failures = 0
            self._reported.clear()
