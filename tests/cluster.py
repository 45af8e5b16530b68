"""The PostgreSQL server of a test run: a throw-away cluster each, or one named from outside."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
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
    # Not pytest's tmp_path: its long 0700 path is neither for a socket nor for the server's user.
    with tempfile.TemporaryDirectory(prefix="besedka-test-") as folder, asyncio.Runner() as runner:
        Path(folder).chmod(0o711)
        stack = AsyncExitStack()
        running = embedded_cluster(Path(folder), log=structlog.get_logger(), throw_away=True)
        yield runner.run(stack.enter_async_context(running))
        runner.run(stack.aclose())


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
