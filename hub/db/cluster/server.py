"""Whether this cluster's PostgreSQL runs, and how it is started, adopted and stopped.

Everything here blocks, and expects the caller to hold the cluster's start lock.
"""

import shlex
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from hub.db.cluster import processes
from hub.db.cluster.accounts import Command, run_as
from hub.db.cluster.configuration import ACCESS, ServerPlan, available_memory, configuration
from hub.db.cluster.errors import ClusterFailed
from hub.db.cluster.files import write_whole
from hub.db.cluster.layout import Home, discard_socket_dir, socket_dir

PORT = 5432
# Seconds. Replaying a gigabyte of WAL after a crash is slow on a poor disk, but ends.
START_PATIENCE = 300
# What a postmaster is told to make it stop, and for how long it is given: roll back and write
# out; leave at once (the next start repairs). With `kill` all this stays below ten seconds.
_STOP_STEPS = ((signal.SIGINT, 5.0), (signal.SIGQUIT, 2.0))
_SETTLE = 6.0
_NO_SUCH_PID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers: its postmaster and the folder of its socket."""

    pid: int
    socket_dir: str
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Server:
    """The server of one home; `bin_dir` is what the server's user can run."""

    home: Home
    bin_dir: Path
    log: FilteringBoundLogger
    durable: bool = True

    def ensure(self) -> Running:
        """The running server: the one found, if it answers, else a fresh one."""
        if (found := self._settled()) is not None:
            return found
        if processes.any_left(self.home):
            self.log.warning("cluster.unwell", home=str(self.home.root))
            self._end_processes()
        return self._start()

    def stop(self) -> None:
        """End the server and all its processes within ten seconds; what is committed stays."""
        self._end_processes()
        discard_socket_dir(self.home)

    def find(self) -> Running | None:
        """The server if it answers at this moment."""
        file = processes.read_pid_file(self.home)
        # A copy of the folder of a running server has its pid file too, but is not its folder.
        if file is None or file.data != str(self.home.data) or not self._answers(file.socket_dir):
            return None
        return Running(file.pid, file.socket_dir)

    def _end_processes(self) -> None:
        for order, patience in _STOP_STEPS:
            processes.tell_postmaster(self.home, order)
            # Children of a postmaster that was killed end by themselves, unless they are stuck.
            if processes.wait_until_gone(self.home, patience):
                return
            self.log.warning("cluster.slow_to_stop", ignored=order.name)
        processes.kill_all(self.home)
        processes.wait_until_gone(self.home, _STOP_STEPS[-1][1])

    def _settled(self) -> Running | None:
        """Wait while a server found alive is starting or stopping; None when none answers."""
        begun = time.monotonic()
        while True:
            if (found := self.find()) is not None:
                return found
            file = processes.read_pid_file(self.home)
            if file is None or file.data != str(self.home.data):
                return None
            visible = processes.is_postmaster(file.pid, self.home)
            if not visible and not _listens(file.socket_dir):
                return None
            patience = START_PATIENCE if file.status == "starting" else _SETTLE
            if time.monotonic() - begun > patience:
                if not visible:
                    raise _invisible(self.home)
                return None
            time.sleep(0.05)

    def _answers(self, folder: str) -> bool:
        ask: Command = [self.bin_dir / "pg_isready", "-q", "-h", folder, "-p", str(PORT)]
        return run_as(self.home.account, [*ask, "-t", "2"], timeout=10).returncode == 0

    def _start(self) -> Running:
        self._disown_stranger()
        folder = socket_dir(self.home)
        for stale in folder.glob(".s.PGSQL.*"):
            # Their lock names a pid too, with the same risk of meaning somebody else by now.
            stale.unlink()
        self._configure(folder)
        told = self._launch()
        file = processes.read_pid_file(self.home)
        if told.returncode != 0 or file is None:
            raise ClusterFailed(
                f"PostgreSQL did not start in {self.home.root}:\n{self._last_words(told.stdout)}",
                remedy=f"The whole story is in {self.home.log}.",
            )
        self.log.info("cluster.started", pid=file.pid, user=self.home.account.name)
        return Running(file.pid, str(folder), fresh=True)

    def _disown_stranger(self) -> None:
        """Take a dead server's number out of its pid file when somebody else has it now.

        PostgreSQL would take any living process of its user for that server. The rest of the
        file stays: by it PostgreSQL sees whether processes of the dead one still hold memory.
        """
        file = processes.read_pid_file(self.home)
        if file is None or processes.is_postmaster(file.pid, self.home):
            return
        path = self.home.data / "postmaster.pid"
        rest = path.read_text(encoding="utf-8", errors="replace").partition("\n")[2]
        rewrite: Command = ["/bin/sh", "-c", 'cat > "$1"', "sh", path]
        run_as(self.home.account, rewrite, text=f"{_NO_SUCH_PID}\n{rest}", timeout=10)

    def _configure(self, folder: Path) -> None:
        home = self.home
        plan = ServerPlan(
            socket_dir=folder,
            access_file=home.access_file,
            log_dir=home.log,
            title=home.title,
            memory=available_memory(),
            durable=self.durable,
        )
        write_whole(home.access_file, ACCESS, mode=0o644)
        write_whole(home.config_file, configuration(plan), mode=0o644)

    def _launch(self) -> subprocess.CompletedProcess[str]:
        """pg_ctl gives the server a session of its own (Ctrl-C misses it) and waits for it."""
        first_words = self.home.log / "start.log"
        first_words.unlink(missing_ok=True)
        # pg_ctl hands these to a shell.
        options = shlex.quote(f"--config_file={self.home.config_file}")
        command: Command = [self.bin_dir / "pg_ctl", "start", "-D", self.home.data, "-w", "-s"]
        more: Command = ["-t", str(START_PATIENCE), "-l", first_words, "-o", options]
        return run_as(self.home.account, [*command, *more], timeout=START_PATIENCE + 30)

    def _last_words(self, told: str) -> str:
        try:
            said = (self.home.log / "start.log").read_text(encoding="utf-8", errors="replace")
        except OSError:
            said = ""
        return f"{told.strip()}\n{said.strip()}"[-2000:]


def _listens(folder: str) -> bool:
    """Whether any process, seen or unseen, accepts connections on the socket in `folder`."""
    with socket.socket(socket.AF_UNIX) as trial:
        trial.settimeout(2)
        try:
            trial.connect(f"{folder}/.s.PGSQL.{PORT}")
        except TimeoutError:
            return True
        except OSError:
            return False
    return True


def _invisible(home: Home) -> ClusterFailed:
    # What cannot be seen cannot be ended, and a second server on the same files would destroy
    # them: PostgreSQL's own guard does not reach into another container either.
    return ClusterFailed(
        f"A PostgreSQL that does not answer holds {home.root}, and its process cannot be seen"
        " from here.",
        remedy="Does another container use the same data directory? Stop that one first.",
    )
