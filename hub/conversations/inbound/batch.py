"""Group commit: concurrent calls share one transaction, one batch at a time.

There is no artificial wait: whatever gathered while the previous batch was being committed goes
next. Alone, a call goes at once; under load the batches grow by themselves.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from hub.ports import SinkUnavailable
from hub.tasks import Background

Job = TypeVar("Job")
Result = TypeVar("Result")

MAX_JOBS = 500
MAX_WEIGHT = 8_000_000
"""Bytes in one batch; a single heavier job goes alone."""
MAX_WAITING = 5_000
"""Jobs in the queue. Whoever comes later waits for room, holding nothing but its own message."""


class GroupCommit(Generic[Job, Result]):
    """Runs `write` over batches of what `submit` is given.

    write: all or nothing for the batch; gives one result or one exception per job, in order.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Job]], Awaitable[Sequence[Result | Exception]]],
        *,
        max_jobs: int = MAX_JOBS,
        max_weight: int = MAX_WEIGHT,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self._write = write
        self._max_jobs = max_jobs
        self._max_weight = max_weight
        self._room = asyncio.Semaphore(max_waiting)
        self._waiting: deque[tuple[Job, int, asyncio.Future[Result]]] = deque()
        self._tasks = Background()
        self._worker: asyncio.Task[None] | None = None
        self._closing = False

    async def submit(self, job: Job, weight: int) -> Result:
        """The job's result, once its batch is committed. Cancelling the caller does not undo it.

        weight: about the bytes the job brings. Raises SinkUnavailable once `close` was called.
        """
        await self._room.acquire()
        if self._closing:
            self._room.release()
            raise _stopped()
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((job, weight, future))
        if self._worker is None or self._worker.done():
            self._worker = self._tasks.spawn(self._run(), "group-commit")
        return await future

    async def close(self) -> None:
        """Commit what has been taken, refuse what comes from now on."""
        self._closing = True
        if self._worker is not None:
            await asyncio.wait([self._worker])
        await self._tasks.close()

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = self._take()
                # The batch is this task's, not its callers': a cancelled caller changes nothing.
                try:
                    results = await self._write([job for job, _, _ in batch])
                except BaseException:
                    _settle(batch, [_stopped()] * len(batch))
                    raise
                _settle(batch, results)
        finally:
            left = [self._next() for _ in range(len(self._waiting))]
            _settle(left, [_stopped()] * len(left))

    def _take(self) -> list[tuple[Job, int, "asyncio.Future[Result]"]]:
        batch = [self._next()]
        weight = batch[0][1]
        while self._waiting and len(batch) < self._max_jobs:
            weight += self._waiting[0][1]
            if weight > self._max_weight:
                break
            batch.append(self._next())
        return batch

    def _next(self) -> tuple[Job, int, "asyncio.Future[Result]"]:
        self._room.release()
        return self._waiting.popleft()


def _stopped() -> SinkUnavailable:
    return SinkUnavailable("The hub is shutting down.")


def _settle(
    batch: Sequence[tuple[Job, int, "asyncio.Future[Result]"]],
    results: Sequence[Result | Exception],
) -> None:
    for (_, _, future), result in zip(batch, results, strict=True):
        if future.done():  # its caller was cancelled
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
