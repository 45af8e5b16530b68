"""What happens when PostgreSQL dies under a running hub: it is started again, at the same address.

A thread and not a task: everything it does blocks, and it works while the event loop is busy.
"""

import threading
from collections.abc import Callable

from structlog.typing import FilteringBoundLogger

from hub.errors import HubError

_GLANCE = 0.25  # seconds between two looks at the process
_LONGEST_PAUSE = 30.0


class Keeper:
    """Looks after one postmaster until `close`; `restart` returns the new one's number."""

    def __init__(
        self,
        pid: int,
        *,
        lives: Callable[[int], bool],
        restart: Callable[[], int],
        log: FilteringBoundLogger,
    ) -> None:
        self._pid = pid
        self._lives = lives
        self._restart = restart
        self._log = log
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="cluster-keeper", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop looking; waits for a restart that is under way."""
        self._enough.set()
        self._thread.join()

    def _watch(self) -> None:
        pause = _GLANCE
        while not self._enough.wait(pause):
            if self._lives(self._pid):
                pause = _GLANCE
                continue
            self._log.error("cluster.died", pid=self._pid)
            try:
                self._pid = self._restart()
                pause = _GLANCE
            except (HubError, OSError) as error:
                pause = min(pause * 2, _LONGEST_PAUSE)
                self._log.exception("cluster.restart_failed", reason=str(error), again_in=pause)
