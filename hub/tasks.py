"""Background tasks that cannot fail unseen and cannot outlive their owner."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

import structlog

log = structlog.get_logger(__name__)


class Background:
    """A set of tasks of one owner; `spawn` starts one, leaving the owner's scope ends them all."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[object, object, None], name: str) -> asyncio.Task[None]:
        # The one place allowed to start a bare task: it keeps a reference and looks at the end.
        task = asyncio.create_task(work, name=name)  # noqa: TID251
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def start(self, work: Coroutine[object, object, None], name: str) -> None:
        """`spawn` for what nobody waits for: a loop that runs until its owner ends."""
        _ = self.spawn(work, name)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("task.died", task=task.get_name(), exc_info=error)

    async def close(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def background() -> AsyncIterator[Background]:
    """A scope for background tasks: all are cancelled and awaited at its end."""
    owner = Background()
    try:
        yield owner
    finally:
        await owner.close()


def heed_cancellation(error: BaseException) -> None:
    """For who goes on after an error: raises CancelledError where the task is being cancelled.

    A rollback that fails on the way out hides the cancellation behind its own error.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError from error
