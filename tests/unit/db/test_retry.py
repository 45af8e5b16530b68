"""Every error asyncpg can raise is sorted: repeat, wait, or the data's fault."""

import asyncio
import inspect

import asyncpg
import pytest
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hub.db.retry import (
    is_connection_error,
    is_serialization_failure,
    retry_serialization,
    sqlstate,
)

SERVER_ERRORS = {
    one.sqlstate: one
    for _, one in inspect.getmembers(asyncpg.exceptions, inspect.isclass)
    if issubclass(one, asyncpg.PostgresError) and getattr(one, "sqlstate", None)
}
# What PostgreSQL's appendix A says is about the server or the connection, never about the data.
AWAY = {
    state
    for state in SERVER_ERRORS
    if state[:2] in {"08", "28", "3D", "53", "57", "58"}
    or state in {"25006", "25P03", "25P04", "40003", "55P03"}
}


def wrapped(error: Exception, *, invalidated: bool = False) -> DBAPIError:
    """`error` as it leaves SQLAlchemy: translated by its adapter, then wrapped."""
    dbapi = PGDialect_asyncpg.import_dbapi()
    kinds = dbapi._asyncpg_error_translate
    kind = next((kinds[one] for one in type(error).__mro__ if one in kinds), dbapi.Error)
    adapted = kind(str(error), error)
    adapted.__cause__ = error
    return DBAPIError("SELECT 1", {}, adapted, connection_invalidated=invalidated)


BUSY = "cannot switch to state 15; another operation ({}) is in progress"


@pytest.mark.parametrize("state", sorted(SERVER_ERRORS))
@pytest.mark.parametrize("wrap", [wrapped, lambda error: error], ids=["sqlalchemy", "asyncpg"])
def test_every_error_of_the_server_is_sorted(state: str, wrap) -> None:
    error = wrap(SERVER_ERRORS[state]("no"))
    assert sqlstate(error) == state
    assert is_connection_error(error) is (state in AWAY)
    assert is_serialization_failure(error) is (state in {"40001", "40P01"})


def repr_of(value: object) -> str:
    return repr(getattr(value, "orig", value))


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (ConnectionRefusedError(), True),
        (FileNotFoundError("/run/postgres/.s.PGSQL.5432"), True),
        (ConnectionResetError(), True),
        (TimeoutError(), True),
        (PoolTimeout("QueuePool limit reached"), True),
        (asyncpg.InterfaceError("connection is closed"), True),
        (asyncpg.InterfaceError("cannot perform operation: connection is closed"), True),
        (wrapped(asyncpg.InterfaceError("the underlying connection is closed")), True),
        (wrapped(asyncpg.InternalClientError("unexpected connection_lost() call")), True),
        (asyncpg.InternalClientError(BUSY.format(2)), True),
        (asyncpg.InternalClientError(BUSY.format(11)), False),
        (wrapped(asyncpg.PostgresError("who knows"), invalidated=True), True),
        (asyncpg.InterfaceError("another operation is in progress"), False),
        (asyncpg.exceptions._base.DataError("invalid input for query argument $1"), False),
        (wrapped(asyncpg.exceptions._base.DataError("invalid input for argument")), False),
        (ValueError("closed"), False),
        (KeyError("closed"), False),
        (asyncio.CancelledError(), False),
    ],
    ids=repr_of,
)
def test_errors_without_a_state(error: BaseException, away: bool) -> None:
    assert is_connection_error(error) is away
    assert not is_serialization_failure(error)


class Losing:
    """A transaction that loses `times` times, then returns how often it ran."""

    def __init__(self, times: int, error: Exception) -> None:
        self.runs, self._times, self._error = 0, times, error

    async def __call__(self) -> int:
        self.runs += 1
        if self.runs <= self._times:
            raise self._error
        return self.runs


@pytest.mark.parametrize("kind", [asyncpg.SerializationError, asyncpg.DeadlockDetectedError])
async def test_a_losing_transaction_is_run_again(kind) -> None:
    assert await retry_serialization(Losing(2, wrapped(kind("lost")))) == 3


async def test_it_gives_up_in_the_end() -> None:
    work = Losing(99, wrapped(asyncpg.SerializationError("lost")))
    with pytest.raises(DBAPIError):
        await retry_serialization(work, attempts=3)
    assert work.runs == 3


@pytest.mark.parametrize("error", [wrapped(asyncpg.UniqueViolationError("twice")), KeyError("x")])
async def test_other_errors_are_not_repeated(error: Exception) -> None:
    work = Losing(1, error)
    with pytest.raises(type(error)):
        await retry_serialization(work)
    assert work.runs == 1
