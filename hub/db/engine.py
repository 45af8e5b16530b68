"""The database: one engine, two kinds of session, and what rings after a commit."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NewType

import orjson
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from hub.db.signals import Signals, Topic

WriteSession = NewType("WriteSession", AsyncSession)
ReadSession = NewType("ReadSession", AsyncSession)
AnySession = ReadSession | WriteSession

_WAKES = "wakes"


def _dumps(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def wake_after_commit(session: WriteSession, topic: Topic) -> None:
    """Ring `topic` once this transaction has committed; never when it rolls back."""
    session.info.setdefault(_WAKES, set()).add(topic)


class Database:
    """A pool on one PostgreSQL.

    `reading()` sees single statements, `transaction()` is all or nothing.
    """

    def __init__(self, engine: AsyncEngine, signals: Signals) -> None:
        self.engine = engine
        self.signals = signals
        # Each statement of a read commits by itself: no BEGIN and COMMIT round trips.
        self._autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, *, pool_size: int = 10, connect_args: dict[str, Any] | None = None
    ) -> "AsyncIterator[Database]":
        """Connect lazily to `url` (`postgresql+asyncpg://...`)."""
        engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=10,
            json_serializer=_dumps,
            json_deserializer=orjson.loads,
            connect_args={
                "timeout": 10,
                "command_timeout": 60,
                "server_settings": {"application_name": "besedka", "jit": "off"},
                **(connect_args or {}),
            },
        )
        try:
            yield cls(engine, Signals())
        finally:
            await engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[WriteSession]:
        """Commits on a clean exit, rolls back on any error, then rings what was asked for."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            async with session.begin():
                yield WriteSession(session)
            self._ring(session)

    @asynccontextmanager
    async def at_once(self) -> AsyncIterator[WriteSession]:
        """For one writing statement that is a transaction by itself: one round trip, not three."""
        async with AsyncSession(self._autocommit, expire_on_commit=False) as session:
            yield WriteSession(session)
            self._ring(session)

    def _ring(self, session: AsyncSession) -> None:
        for topic in session.info.pop(_WAKES, ()):
            self.signals.wake(topic)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[ReadSession]:
        """For reads only: every statement sees what is committed when it starts."""
        async with AsyncSession(self._autocommit, expire_on_commit=False) as session:
            yield ReadSession(session)
