"""Which processes belong to a cluster: told by title and owner, since a pid may be reused.

The owner and the command line of a process can be read by everybody; its working directory
cannot, not even by root in an ordinary container.
"""

import contextlib
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil

from hub.db.cluster.layout import Home

_POLL = 0.05


@dataclass(frozen=True, slots=True)
class PidFile:
    """What a postmaster says of itself in postmaster.pid; lines appear while it starts."""

    pid: int
    data: str
    socket_dir: str
    status: str


def parse_pid_file(text: str) -> PidFile | None:
    """Lines: pid, data directory, start, port, socket directory, TCP address, memory, status."""
    lines = [line.strip() for line in text.splitlines()] + [""] * 8
    if not lines[0].isdecimal():
        return None
    return PidFile(int(lines[0]), lines[1], lines[4], lines[7])


def read_pid_file(home: Home) -> PidFile | None:
    try:
        text = (home.data / "postmaster.pid").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    return parse_pid_file(text)


def is_postmaster(pid: int, home: Home) -> bool:
    """Whether that process is this cluster's postmaster, alive."""
    try:
        return _is_postmaster(psutil.Process(pid), home)
    except psutil.Error:
        return False


def any_left(home: Home) -> bool:
    """Whether a process of this cluster lives: the postmaster or a child that outlived it."""
    return bool(_select(home, _is_member))


def tell_postmaster(home: Home, order: signal.Signals) -> None:
    """Send a signal to the postmaster, found without its pid file, which may be gone."""
    for process in _select(home, _is_postmaster):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(order)


def kill_all(home: Home) -> None:
    for process in _select(home, _is_member):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def wait_until_gone(home: Home, patience: float) -> bool:
    """Wait for the last process to end, at most `patience` seconds; False when some are left."""
    deadline = time.monotonic() + patience
    while any_left(home):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL)
    return True


def _select(home: Home, test: Callable[[psutil.Process, Home], bool]) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if test(process, home):
                found.append(process)
    return found


def _is_postmaster(process: psutil.Process, home: Home) -> bool:
    return _is_server(process, home) and str(home.data) in process.cmdline()


def _is_member(process: psutil.Process, home: Home) -> bool:
    if not _is_server(process, home):
        return False
    # A zombie has no command line, and is gone as far as we care.
    command = process.cmdline()
    is_child = bool(command) and command[0].startswith(f"postgres: {home.title}: ")
    return is_child or str(home.data) in command


def _is_server(process: psutil.Process, home: Home) -> bool:
    return bool(process.name() == "postgres" and process.uids().real == home.account.uid)
