"""The PostgreSQL server of a test run: a throw-away cluster each, or one named from outside."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path

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
    with tempfile.TemporaryDirectory(prefix="bt-", dir=_fast_place()) as name:
        folder = Path(name).resolve()
        folder.chmod(0o711)
        yield folder


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
