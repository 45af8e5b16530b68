"""`hub serve`: one running process, from its READY line to SIGTERM."""

import asyncio
import gc
import logging
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer
import uvloop

from hub import clock
from hub.cli import open_files
from hub.cli.ahead import starting_ahead
from hub.cli.environment import load_settings
from hub.cli.loading import nothing_collected
from hub.cli.output import as_text, say
from hub.cli.root import new_app
from hub.installation import Installation
from hub.node.role import Role

if TYPE_CHECKING:
    from hub.node.process import Ready

app = new_app()

_COLLECT_AFTER = 100_000
"""New objects between two looks: more than a batch of reminders holds at a time. All of those go
by themselves, and to look through them was a tenth of the work."""


@app.command()
def serve(
    *,
    role: Annotated[
        Role, typer.Option(help="web answers HTTP, worker runs the loops, all does both.")
    ] = Role.ALL,
) -> None:
    """Serve the hub until it is told to stop (SIGTERM, Ctrl-C).

    Prints a line READY with url, pid and data_dir as JSON when it serves; before anybody can sign
    in also, on standard error, a one-time link for the first administrator.
    """

    async def ready(at: "Ready", installation: Installation) -> None:
        if role is not Role.WORKER:
            await _invite_first_administrator(at, installation)
        settle()
        print_ready(at)

    settings = load_settings(level=logging.INFO)
    with starting_ahead(settings) as tenancy:
        with nothing_collected():
            from hub.node import process  # noqa: PLC0415 - nearly all of the hub
        until_told(process.run(settings, role=role, ready=ready, tenancy=tenancy))


def until_told(work: Coroutine[object, object, None]) -> None:
    """Run `work` until it ends or a signal asks for that: then it may clean up.

    As it may hold thousands of sockets, the limit of open files is raised first.
    """

    async def attended() -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        told = False

        def stop() -> None:
            nonlocal told
            # Once: a second signal would cut the cleaning up short.
            if task is not None and not told:
                told = True
                task.cancel()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        try:
            await work
        except asyncio.CancelledError:
            if not told:
                raise

    open_files.raise_limit()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, suppress(BrokenPipeError):
        runner.run(attended())


def settle() -> None:
    """What has been loaded stays: the garbage collector need not look through it again.

    Each full collection would stop the process for as long as that takes, tenths of a second. And
    it looks less often: nearly nothing here lies in circles, and what does waits a little.
    """
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 10, 10)


def print_ready(at: "Ready") -> None:
    """The line that whoever started this process waits for."""
    facts = {"url": at.url, "pid": at.pid, "data_dir": str(at.data_dir)}
    print(f"READY {as_text(facts)}", flush=True)  # noqa: T201 - the line of the contract


async def _invite_first_administrator(at: "Ready", installation: Installation) -> None:
    from hub.operators import setup_links  # noqa: PLC0415 - imported by now

    async with installation.database.transaction() as session:
        token = await setup_links.first_administrator(session, clock.now())
    if token is not None:
        say()
        say(
            "Nobody can sign in yet. This link makes the first administrator, once, within 3 days:"
        )
        say()
        say(f"    {at.url}/setup/{token}")
        say()
