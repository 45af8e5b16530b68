"""The database: one engine, two kinds of session, and what rings after a commit.

A session is SQLAlchemy's, on a connection where each statement commits by itself; a transaction
around it is the driver's. So hot paths may hand a statement straight to the driver
(`hub.db.rows`) and everything else may use the session, in one and the same transaction.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache, partial
from typing import Any, NewType, TypeAlias, cast

import asyncpg
import orjson
from sqlalchemy import AdaptedConnection, Connection, PoolProxiedConnection, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.util import greenlet_spawn
from typing_extensions import override

from hub.db.crowd import Crowd
from hub.db.fresh import FreshEvents
from hub.db.line import SERVER_SETTINGS, Line
from hub.db.signals import Signals, Topic

WriteSession = NewType("WriteSession", AsyncSession)
ReadSession = NewType("ReadSession", AsyncSession)
AnySession = ReadSession | WriteSession
Driver: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_WAKES = "wakes"
_ACTS = "acts"
_DRIVER = "driver"
_CORE = "core"
_CROWD = "crowd"


def _dumps(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def wake_after_commit(session: WriteSession, topic: Topic) -> None:
    """Ring `topic` once this transaction has committed; never when it rolls back."""
    session.info.setdefault(_WAKES, set()).add(topic)


def after_commit(session: WriteSession, act: Callable[[], None]) -> None:
    """Do `act` once this transaction has committed, before anybody is rung."""
    session.info.setdefault(_ACTS, []).append(act)


def driver_of(session: AnySession) -> Driver:
    """The connection under a session of ours; what runs on it is part of the transaction."""
    return cast("Driver", session.info[_DRIVER])


@asynccontextmanager
async def savepoint(session: AnySession) -> AsyncIterator[None]:
    """What fails inside is undone, and nothing else of the transaction."""
    async with session.begin_nested():
        # Else it is set when the session is next asked for something: what went straight to the
        # driver before would stay.
        _ = await session.connection()
        yield


def crowd_of(session: AnySession) -> Crowd:
    """Whether the process of this session has more pressing work than it gets done."""
    return cast("Crowd", session.info[_CROWD])


class _OnDemand(Session):
    """Wraps the connection for SQLAlchemy when it is asked for something: hot paths never do, and
    what that takes is more than their own work."""

    @override
    def get_bind(self, *_: Any, **__: Any) -> Connection:
        connection: Connection = self.info[_CORE]()
        return connection


def _refuse_lost(lent: AdaptedConnection, _record: object, _proxy: object) -> None:
    """The pool makes a new connection in place of one whose server has gone away."""
    if cast("Driver", lent.driver_connection).is_closed():
        raise DisconnectionError


class Database:
    """A pool on one PostgreSQL.

    `reading()` sees single statements, `transaction()` is all or nothing.
    """

    def __init__(self, engine: AsyncEngine, signals: Signals) -> None:
        self.engine = engine
        self.signals = signals
        self.fresh = FreshEvents()
        self.crowd = Crowd()
        self._autocommit = engine.sync_engine.execution_options(isolation_level="AUTOCOMMIT")

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, *, pool_size: int = 20, connect_args: dict[str, Any] | None = None
    ) -> "AsyncIterator[Database]":
        """Connect lazily to `url` (`postgresql+asyncpg://...`), `pool_size` times at most."""
        engine = create_async_engine(
            url,
            pool_size=pool_size,
            # To connect costs a password hash and more; what was opened for a rush is kept.
            max_overflow=0,
            pool_timeout=10,
            # The last one used has everything prepared, and its server's caches are warm.
            pool_use_lifo=True,
            # An error would quote what customers wrote, and go into the log.
            hide_parameters=True,
            json_serializer=_dumps,
            json_deserializer=orjson.loads,
            connect_args={
                "timeout": 10,
                "command_timeout": 60,
                "connection_class": Line,
                "server_settings": {
                    "application_name": "besedka",
                    "jit": "off",
                    **SERVER_SETTINGS,
                    # How alike a name's index finds it; what is shown is judged anew.
                    "pg_trgm.word_similarity_threshold": "0.4",
                },
                **(connect_args or {}),
            },
        )
        event.listen(engine.sync_engine, "checkout", _refuse_lost)
        try:
            yield cls(engine, Signals())
        finally:
            await engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[WriteSession]:
        """Commits on a clean exit, rolls back on any error, then rings what was asked for."""
        async with self._session() as session:
            async with driver_of(WriteSession(session)).transaction():
                yield WriteSession(session)
                if session.in_transaction():
                    await session.commit()  # writes what the ORM still holds
            self._ring(session)

    @asynccontextmanager
    async def at_once(self) -> AsyncIterator[WriteSession]:
        """For one writing statement that is a transaction by itself: one round trip, not three."""
        async with self._session() as session:
            yield WriteSession(session)
            self._ring(session)

    def _ring(self, session: AsyncSession) -> None:
        for act in session.info.pop(_ACTS, ()):
            act()
        for topic in session.info.pop(_WAKES, ()):
            self.signals.wake(topic)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[ReadSession]:
        """For reads only: every statement sees what is committed when it starts."""
        async with self._session() as session:
            yield ReadSession(session)

    @asynccontextmanager
    async def borrowed(self) -> AsyncIterator[PoolProxiedConnection]:
        """A connection of the pool, where each statement commits by itself."""
        lent = await greenlet_spawn(self.engine.sync_engine.pool.connect)
        try:
            yield lent
        finally:
            await greenlet_spawn(lent.close)

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[AsyncSession]:
        async with self.borrowed() as lent:
            driver = cast("Driver", lent.driver_connection)
            core = cache(partial(Connection, self._autocommit, lent))
            info = {_DRIVER: driver, _CORE: core, _CROWD: self.crowd}
            session = AsyncSession(sync_session_class=_OnDemand, expire_on_commit=False, info=info)
            try:
                yield session
            finally:
                # Neither lost nor half-way through a transaction does it go back to the pool.
                if driver.is_closed() or driver.is_in_transaction():
                    await greenlet_spawn(lent.invalidate)
                elif session.in_transaction():
                    await session.close()
