"""What every command stands on: the settings of the environment, logs, and the installation."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

from sqlalchemy.engine import make_url

from hub import logs
from hub.db.retry import is_connection_error
from hub.errors import HubError, Unavailable
from hub.installation import Installation, open_installation
from hub.settings import Settings

T = TypeVar("T")


def load_settings(*, level: int = logging.WARNING) -> Settings:
    """The settings of the environment; logs go to standard error from here on."""
    settings = Settings()
    logs.configure(settings.log_format, level)
    return settings


def on_installation(work: Callable[[Installation], Awaitable[T]]) -> T:
    """Do `work` on the installation, beside a running hub or without one, and let go of it."""

    async def opened_for_work() -> T:
        async with opened(load_settings()) as installation:
            return await work(installation)

    return asyncio.run(opened_for_work())


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Installation]:
    """The installation; raises Unavailable, in words, when its database is not there."""
    async with AsyncExitStack() as stack:
        try:
            installation = await stack.enter_async_context(
                open_installation(settings, pool_size=4)
            )
        except HubError:
            raise
        except Exception as error:
            if is_connection_error(error):
                raise unreachable(settings, error) from error
            raise
        yield installation


def unreachable(settings: Settings, error: BaseException) -> Unavailable:
    """Why the database of HUB_DATABASE_URL did not let us in; never its password."""
    where = "the embedded PostgreSQL"
    if settings.database_url:
        url = make_url(settings.database_url)
        where = f"PostgreSQL at {url.query.get('host') or url.host or 'localhost'}"
    return Unavailable(
        f"The database does not let us in ({where}): {str(error) or type(error).__name__}",
        remedy="Is it running, and are address, user and password in HUB_DATABASE_URL right? "
        "`hub doctor` looks at everything.",
    )


def outside_url(settings: Settings) -> str:
    """Where a browser reaches the hub, as far as the settings say; empty when the port is free."""
    if settings.public_url or not settings.port:
        return settings.public_url
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
