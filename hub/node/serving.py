"""The door of a node: the socket it listens on, and the application behind it."""

import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

from aiohttp import web

from hub.errors import Unavailable
from hub.inboxes.typing_out import TypingOut
from hub.node.parts import Parts
from hub.settings import Settings
from hub.web.app import build_app
from hub.web.services import Services

KEEP_ALIVE = 75.0
"""Seconds a connection may be open without a whole request: longer than proxies keep theirs."""
SHUTDOWN = 3.0
"""Seconds requests under way are given at the end."""


@contextmanager
def listen(settings: Settings) -> Iterator[socket.socket]:
    """The listening socket, bound before all else: a taken port says so at once."""
    try:
        listening = socket.create_server(
            (settings.host, settings.port),
            family=socket.AF_INET6 if ":" in settings.host else socket.AF_INET,
            backlog=1024,
        )
    except OSError as error:
        raise Unavailable(
            f"The hub cannot listen on {settings.host}, port {settings.port}: {error.strerror}.",
            remedy="Stop what uses the port, or set HUB_PORT to another one (0 takes a free one).",
        ) from error
    with listening:
        yield listening


def with_address(settings: Settings, listening: socket.socket | None) -> Settings:
    """The settings with the port that was really taken, and a public URL in any case."""
    if listening is None:
        return settings
    port = listening.getsockname()[1]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    public_url = settings.public_url or f"http://{host}:{port}"
    return settings.model_copy(update={"port": port, "public_url": public_url})


@asynccontextmanager
async def serving(
    parts: Parts, health: Callable[[], Mapping[str, bool]], listening: socket.socket
) -> AsyncIterator[None]:
    at = parts.installation
    typing = TypingOut(at.database, parts.supervisor.channel)
    services = Services(
        settings=at.settings,
        database=at.database,
        clock=parts.clock,
        keyring=at.keyring,
        passwords=parts.passwords,
        http=parts.http,
        feed=parts.feed,
        files=parts.files,
        links=parts.links,
        registry=parts.registry,
        check_inbox=parts.supervisor.check,
        open_inbox=parts.supervisor.called,
        typing_at=typing.show,
        loops=health,
    )
    runner = web.AppRunner(
        build_app(services),
        access_log=None,
        shutdown_timeout=SHUTDOWN,
        keepalive_timeout=KEEP_ALIVE,
    )
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        yield
    finally:
        await runner.cleanup()
        await typing.close()
