"""Clusters to break: each test gets a data directory with a stopped, initialised cluster in it.

CI runs these as root, which reaches both cases and skips nothing: root's (the server as a system
user) in this process, an ordinary user's in a process started as `nobody`. An ordinary user who
runs them cannot become root: only then the tests in test_as_root.py are left out.
"""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from hub.db.cluster import embedded_cluster
from hub.db.cluster.tenancy import Tenancy
from tests.cluster import end_servers_below, open_folder

REPOSITORY = Path(__file__).parents[3]
log = structlog.get_logger()


class Tenant:
    """A process of tenant.py that is in (or was refused: see `facts`)."""

    def __init__(self, data_dir: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.cluster.tenant", str(data_dir), *options],
            cwd=REPOSITORY,
            # No LANG and nothing else that a login would bring.
            env={},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.facts: dict[str, object] = {}

    def wait_in(self) -> "Tenant":
        assert self.process.stdout is not None
        self.facts = json.loads(self.process.stdout.readline())
        return self

    @property
    def postmaster(self) -> int:
        return int(str(self.facts["postmaster"]))

    def kill(self) -> None:
        self.process.kill()
        self.close()

    def close(self) -> None:
        """Let it leave, and wait until it has."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        self.process.wait(30)


@pytest.fixture
def tenant() -> Iterator[Callable[..., Tenant]]:
    """Start a tenant process; call `wait_in` on it, or start several first."""
    started: list[Tenant] = []

    def start(data_dir: Path, *options: str) -> Tenant:
        started.append(Tenant(data_dir, *options))
        return started[-1]

    yield start
    for one in started:
        one.kill()


@pytest.fixture
def empty_dir() -> Iterator[Path]:
    """A short folder that every user can enter, as pytest's own cannot be; empty."""
    with open_folder() as folder:
        yield folder
        end_servers_below(folder)


@pytest.fixture(scope="session")
def pattern() -> Iterator[Path]:
    """One stopped cluster per test run, to copy: making one takes over a second."""
    with open_folder() as folder:
        asyncio.run(_make(folder))
        yield folder


@pytest.fixture
def data_dir(pattern: Path, empty_dir: Path) -> Path:
    """A data directory with a cluster in it that is not running."""
    copy_cluster(pattern, empty_dir / "d")
    return empty_dir / "d"


@pytest.fixture
def orphan(data_dir: Path) -> int:
    """The number of a running server that nobody uses, as a killed hub leaves it."""
    tenancy = Tenancy(data_dir, log, durable=False)
    pid = tenancy.enter().pid
    assert pid is not None
    assert tenancy._keeper is not None
    assert tenancy._users is not None
    tenancy._keeper.close()
    tenancy._users.close()
    return pid


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a server that does not answer little time; the unit tests look at the real times."""
    steps = ((signal.SIGINT, 0.6), (signal.SIGQUIT, 0.4))
    monkeypatch.setattr("hub.db.cluster.server._STOP_STEPS", steps)
    monkeypatch.setattr("hub.db.cluster.server._SETTLE", 0.5)


def copy_cluster(source: Path, target: Path) -> None:
    """A full copy, but for the programs, which nobody writes to: they are linked."""
    home, copy = source / "postgres", target / "postgres"
    target.mkdir(mode=0o711)
    copy.mkdir(mode=0o711)
    for part in home.iterdir():
        link = "-l" if part.name == "binaries" else "-p"
        subprocess.run(["/bin/cp", "-a", link, part, copy / part.name], check=True)


async def _make(folder: Path) -> None:
    async with embedded_cluster(folder, log=log, throw_away=True):
        pass
