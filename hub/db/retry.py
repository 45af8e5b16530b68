"""Which database errors pass by themselves: to repeat at once, or to wait out."""

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

T = TypeVar("T")

DATABASE_ERRORS = (DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What a statement or a commit may raise: by way of SQLAlchemy, or the driver's own."""

# serialization_failure and deadlock_detected: nothing was done, the same transaction may succeed.
_SERIALIZATION = frozenset({"40001", "40P01"})

# Classes of the PostgreSQL manual's appendix A: 08 the connection, 28 and 3D signing in, 53 and 58
# a server without disk, memory or connections, 57 a server or statement stopped from outside.
_AWAY_CLASSES = frozenset({"08", "28", "3D", "53", "57", "58"})
_AWAY_STATES = frozenset(
    {
        "25006",  # read_only_sql_transaction: a standby not promoted yet
        "25P03",  # idle_in_transaction_session_timeout
        "25P04",  # transaction_timeout
        "40003",  # statement_completion_unknown
        "55P03",  # lock_not_available
    }
)


# The operations are states of asyncpg's protocol: failed, reading the server's last words, ending.
# A server that goes says so before it hangs up; a statement may start in between.
_LOST = re.compile(r"closed|connection_lost|another operation \((?:1|2|4)\) is in progress")


class Overtaken(asyncpg.SerializationError):
    """Another transaction has done meanwhile what this one found undone: it may be run again."""


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps: SQLAlchemy's, its adapter's, asyncpg's."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = (
            current.orig
            if isinstance(current, DBAPIError) and current.orig is not None
            else current.__cause__
        )


def sqlstate(error: BaseException) -> str:
    """The five characters of the SQLSTATE the server gave, or nothing."""
    states = (getattr(one, "sqlstate", None) for one in _chain(error))
    return next((state for state in states if state), "")


def refusal(error: BaseException) -> str:
    """What the server said, without the statement and its values."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig.__cause__ or error.orig
    return str(error)


def is_serialization_failure(error: BaseException) -> bool:
    """The transaction lost against a concurrent one and may be run again as it is."""
    return sqlstate(error) in _SERIALIZATION


def is_connection_error(error: BaseException) -> bool:
    """The database is away or unable, whatever was asked of it: never the fault of the data.

    What was under way may or may not have been committed.
    """
    state = sqlstate(error)
    if state:
        return state[:2] in _AWAY_CLASSES or state in _AWAY_STATES
    return any(_is_lost_connection(one) for one in _chain(error))


def _is_lost_connection(error: BaseException) -> bool:
    if isinstance(error, OSError | TimeoutError | PoolTimeout):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated
    # asyncpg uses these two also for wrong arguments and for its own bugs; only the words differ.
    if isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError):
        return _LOST.search(str(error)) is not None
    return False


async def retry_serialization(work: Callable[[], Awaitable[T]], *, attempts: int = 6) -> T:
    """Run `work`, a whole transaction, again while it loses against concurrent ones.

    Pauses double from about 10 ms, at random, so that two losers do not meet again. The last
    failure is raised as it came.
    """
    for attempt in range(attempts - 1):
        try:
            return await work()
        except DATABASE_ERRORS as error:
            if not is_serialization_failure(error):
                raise
        await asyncio.sleep(random.uniform(0.5, 1.5) * 0.01 * 2**attempt)  # noqa: S311
    return await work()
