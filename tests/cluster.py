"""The PostgreSQL server of a test run: a throw-away cluster each, or one named from outside."""

import asyncio
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path

import psutil
import pytest
import structlog
from sqlalchemy.engine import make_url

from hub.db.cluster import ClusterAddress, embedded_cluster
from hub.db.cluster.binaries import find_wheel


@pytest.fixture(scope="session")
def cluster() -> Iterator[ClusterAddress]:
    """A server on which tests may make and drop databases; its own database stays empty."""
    external = os.environ.get("HUB_TEST_DATABASE_URL")  # noqa: TID251 - tests have no settings
    if external:
        yield _address(external)
        return
    _sweep()
    with open_folder() as folder, asyncio.Runner() as runner:
        stack = AsyncExitStack()
        running = embedded_cluster(folder, log=structlog.get_logger(), throw_away=True)
        yield runner.run(stack.enter_async_context(running))
        runner.run(stack.aclose())


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder for a cluster: short enough for a socket and open to the server's user.

    pytest's own tmp_path is neither.
    """
    with tempfile.TemporaryDirectory(prefix=f"bt-{os.getpid()}-", dir=_fast_place()) as name:
        folder = Path(name).resolve()
        folder.chmod(0o711)
        yield folder


def postgres_below(folder: Path) -> list[psutil.Process]:
    """Every living postgres process that works in or below `folder`."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            alive = process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE
            if alive and Path(process.cwd()).is_relative_to(folder):
                found.append(process)
    return found


def end_servers_below(folder: Path) -> None:
    """Politely first, so that they take their shared memory with them, then for certain."""
    for order in (signal.SIGQUIT, signal.SIGKILL):
        for process in postgres_below(folder):
            with suppress(psutil.Error):
                process.send_signal(order)
        if order is signal.SIGQUIT and postgres_below(folder):
            time.sleep(0.5)


def _sweep() -> None:
    """End the servers of test runs that were killed: nobody else would, ever."""
    for folder in Path(_fast_place() or tempfile.gettempdir()).glob("bt-*-*"):
        owner = folder.name.split("-")[1]
        if owner.isdecimal() and not psutil.pid_exists(int(owner)):
            end_servers_below(folder)
            shutil.rmtree(folder, ignore_errors=True)


def _fast_place() -> str | None:
    """Memory instead of a disk where programs may run from it: databases are made in a third."""
    memory = "/dev/shm"  # noqa: S108 - a fresh name below it
    with suppress(OSError):
        facts = os.statvfs(memory)
        if facts.f_bavail * facts.f_frsize > 4 * 1024**3 and not facts.f_flag & os.ST_NOEXEC:
            return memory
    return None


def _address(text: str) -> ClusterAddress:
    url = make_url(text)
    host = url.query.get("host", url.host or "127.0.0.1")
    return ClusterAddress(
        host=str(host),
        port=int(str(url.query.get("port", url.port or 5432))),
        user=url.username or "",
        password=url.password or "",
        database=url.database or "",
        bin_dir=find_wheel().bin_dir,
    )
