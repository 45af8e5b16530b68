"""Who may serve, start and stop: file locks, which the kernel lets go when a process dies.

`hub.lock`    exclusive: the one `hub serve` of a data directory
`start.lock`  exclusive, short: whoever looks at, starts or stops the server
`users.lock`  shared by all who use the server; who can have it alone on leaving is the last
"""

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psutil

from hub.db.cluster.errors import ClusterFailed, HubAlreadyRunning
from hub.db.cluster.files import give_to_folder_owner
from hub.db.cluster.layout import make_data_dir

_POLL = 0.02


class FileLock:
    """One open lock file. Not inherited by child processes: a server must not keep its lock."""

    def __init__(self, path: Path) -> None:
        self._handle = _open(path)

    def try_exclusive(self) -> bool:
        return self._try(fcntl.LOCK_EX)

    def try_shared(self) -> bool:
        return self._try(fcntl.LOCK_SH)

    def release(self) -> None:
        fcntl.flock(self._handle, fcntl.LOCK_UN)

    def sign(self) -> None:
        """Leave this process's number for those who are refused."""
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, f"{os.getpid()}\n".encode(), 0)

    def erase(self) -> None:
        os.ftruncate(self._handle, 0)

    def holder(self) -> int | None:
        """The process that signed, if it still lives."""
        text = os.pread(self._handle, 32, 0).decode(errors="replace").strip()
        return int(text) if text.isdecimal() and psutil.pid_exists(int(text)) else None

    def close(self) -> None:
        os.close(self._handle)

    def _try(self, kind: int) -> bool:
        try:
            fcntl.flock(self._handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def start_lock(path: Path, patience: float) -> Iterator[None]:
    """Be the only one who starts or stops this server. Blocking, at most `patience` seconds."""
    lock = FileLock(path)
    try:
        deadline = time.monotonic() + patience
        while not lock.try_exclusive():
            if time.monotonic() > deadline:
                raise ClusterFailed(
                    f"Process {lock.holder() or '(unknown)'} has been starting or stopping"
                    f" PostgreSQL for more than {patience:.0f} s.",
                    remedy=f"Look at that process and at {path.parent / 'log'}, then try again.",
                )
            time.sleep(_POLL)
        lock.sign()
        yield
    finally:
        lock.close()


@asynccontextmanager
async def hub_lock(data_dir: Path) -> AsyncIterator[None]:
    """Hold the data directory as the one serving hub; a second gets `HubAlreadyRunning`."""
    lock = await asyncio.to_thread(_take_hub_lock, data_dir)
    try:
        yield
    finally:
        lock.erase()
        lock.close()


def _take_hub_lock(data_dir: Path) -> FileLock:
    data_dir = data_dir.resolve()
    make_data_dir(data_dir)
    lock = FileLock(data_dir / "hub.lock")
    if lock.try_exclusive():
        lock.sign()
        return lock
    try:
        raise HubAlreadyRunning(_signature(lock), data_dir)
    finally:
        lock.close()


def _signature(lock: FileLock) -> int | None:
    # Between its lock and its signature the other hub is nameless for a moment.
    for _ in range(25):
        if (pid := lock.holder()) is not None:
            return pid
        time.sleep(_POLL)
    return None


def _open(path: Path) -> int:
    flags = os.O_RDWR | os.O_NOFOLLOW
    try:
        try:
            return os.open(path, flags)
        except FileNotFoundError:
            handle = os.open(path, flags | os.O_CREAT, 0o600)
            give_to_folder_owner(handle, path.parent)
            return handle
    except OSError as error:
        raise ClusterFailed(
            f"{path} cannot be opened: {error.strerror}.",
            remedy="Run this as the user who owns the data directory.",
        ) from error
