"""Work on many claims at once that one faulty claim spoils for no other: by halves."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from hub.db.retry import is_connection_error, retry_serialization
from hub.due.queue import Claim


async def in_halves(
    work: Callable[[Sequence[Claim]], Awaitable[None]],
    claims: Sequence[Claim],
    failed: Callable[[Claim, Exception], Awaitable[None]],
) -> None:
    """Do `work` on all of them in one transaction of its own; where that fails, on each half.

    failed: is told of a claim that fails by itself. A lost connection is nobody's fault: raised.
    """
    try:
        await retry_serialization(partial(work, claims))
    except Exception as error:
        if is_connection_error(error):
            raise
        if len(claims) == 1:
            await failed(claims[0], error)
            return
        middle = len(claims) // 2
        for half in (claims[:middle], claims[middle:]):
            await in_halves(work, half, failed)
