"""Which processes belong to a cluster: told by title and owner, since a pid may be reused.

The owner and the command line of a process can be read by everybody; its working directory
cannot, not even by root in an ordinary container.
"""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]

from hub.db.cluster.layout import Home


@dataclass(frozen=True, slots=True)
class PidFile:
    """What a postmaster says of itself in postmaster.pid; lines appear while it starts."""

    pid: int
    socket_dir: str
    status: str


def parse_pid_file(text: str) -> PidFile | None:
    """Lines: pid, data directory, start, port, socket directory, TCP address, memory, status."""
    lines = [line.strip() for line in text.splitlines()] + [""] * 8
    if not lines[0].isdecimal():
        return None
    return PidFile(int(lines[0]), lines[4], lines[7])


def read_pid_file(home: Home) -> PidFile | None:
    try:
        text = (home.data / "postmaster.pid").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    return parse_pid_file(text)


def is_postmaster(pid: int, home: Home) -> bool:
    """Whether that process is this cluster's postmaster, alive."""
    try:
        process = psutil.Process(pid)
        return _belongs(process, home) and str(home.data) in process.cmdline()
    except psutil.Error:
        return False


def members(home: Home) -> list[psutil.Process]:
    """All living processes of this cluster, its postmaster included."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if _belongs(process, home):
                found.append(process)
    return found


def end(processes: Iterable[psutil.Process], patience: float) -> None:
    """Wait `patience` seconds for them to end by themselves, then kill what is left."""
    _, alive = psutil.wait_procs(list(processes), timeout=patience)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=5)


def _belongs(process: psutil.Process, home: Home) -> bool:
    if process.name() != "postgres" or process.uids().real != home.account.uid:
        return False
    # A zombie has no command line, and is gone as far as we care.
    command = process.cmdline()
    is_child = bool(command) and command[0].startswith(f"postgres: {home.title}: ")
    return is_child or str(home.data) in command
