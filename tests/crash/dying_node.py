"""`hub serve` in a forked process, which can be told to kill itself (-9) at a point of its way.

The hub is the one that runs elsewhere: hooks are put around it from outside. Points are named
after the code that commits: `package.module.Class.function before` and `... after`, with what it
worked on in brackets where one function serves many; `channel.send` and `relay.move` likewise.
"""

import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

from asyncpg.prepared_stmt import PreparedStatement

import hub.cli.serving
import hub.node.process  # noqa: F401 - most of what a forked process need not import again
from hub.cli import main
from hub.db.engine import Database, WriteSession
from hub.ports import OutboundMessage, SendReceipt
from hub.ports.fake import FakeChannel

PLUGINS = Path(__file__).parents[1] / "plugins"

Doom = tuple[str, int]
"""The point to die at, and at which pass of it."""
NONE: Doom = ("", 0)

_seen: dict[str, int] = {}
_armed: list[Any] = [*NONE]


def passes(point: str) -> None:
    _seen[point] = _seen.get(point, 0) + 1
    if point == _armed[0]:
        _armed[1] -= 1
        if _armed[1] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


def _tell(test: "Connection[Any, Any]") -> None:
    """Whenever the test asks: which points were passed."""
    with suppress(EOFError):
        while True:
            test.recv()
            test.send(sorted(_seen))


# --- commits ----------------------------------------------------------------------------------

Open = Callable[[Database], AbstractAsyncContextManager[WriteSession]]


def _watched(opened: Open) -> Open:
    @asynccontextmanager
    async def passing(database: Database, site: str) -> AsyncIterator[WriteSession]:
        async with opened(database) as session:
            yield session
            passes(f"{site} before")
        passes(f"{site} after")

    return lambda database: passing(database, _site(sys._getframe(1)))


def _site(frame: FrameType) -> str:
    site = f"{frame.f_globals['__name__']}.{frame.f_code.co_qualname}"
    what = _worked_on(frame.f_locals)
    return f"{site}[{what}]" if what else site


def _worked_on(names: Mapping[str, Any]) -> str:
    """What a function that serves many is at: an API operation, a reader's name, some work."""
    owner = names.get("self")
    if (operation := getattr(owner, "_operation", None)) is not None:
        return str(operation.handler.__name__)
    if (work := names.get("work")) is not None:
        return str(getattr(work, "func", work).__name__)
    return str(getattr(owner, "_name", ""))


def _watch_commits() -> None:
    for name in ("transaction", "at_once"):
        setattr(Database, name, _watched(getattr(Database, name)))


# --- what is not a `Database` transaction -------------------------------------------------------


def _watch_sends() -> None:
    send = FakeChannel.send

    async def watched(channel: FakeChannel, message: OutboundMessage, /) -> SendReceipt:
        site = f"channel.send[{channel._host.inbox_name}]"
        passes(f"{site} before")
        receipt = await send(channel, message)
        passes(f"{site} after")
        return receipt

    FakeChannel.send = watched  # type: ignore[method-assign]


def _watch_relay() -> None:
    """The relay has a connection of its own, on which a statement is a transaction."""
    fetch = PreparedStatement.fetch

    async def watched(statement: Any, *args: Any, **more: Any) -> Any:
        moves = "DELETE FROM pending_events" in statement.get_query()
        if moves:
            passes("relay.move before")
        rows = await fetch(statement, *args, **more)
        if moves and rows[0][0]:
            passes("relay.move after")
        return rows

    PreparedStatement.fetch = watched  # type: ignore[assignment, method-assign]


# --- the process ------------------------------------------------------------------------------


def serve(
    test: "Connection[Any, Any]",
    doom: Doom,
    surroundings: Mapping[str, str],
    log: Path,
    role: str,
) -> None:
    """Be `hub serve --role ROLE` in these surroundings; what it says goes to `log`."""
    _armed[:] = doom
    said = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.environ.clear()  # noqa: TID251 - the process is new, and its environment too
    os.environ.update(surroundings)  # noqa: TID251
    sys.path.append(str(PLUGINS))
    sys.argv = ["hub", "serve", "--role", role]
    _watch_commits()
    _watch_sends()
    _watch_relay()
    threading.Thread(target=_tell, args=(test,), daemon=True).start()
    main()
