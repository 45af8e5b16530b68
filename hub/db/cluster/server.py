"""Whether this cluster's PostgreSQL runs, and how it is started, adopted and stopped.

Everything here blocks, and expects the caller to hold the cluster's start lock.
"""

import shlex
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
_STOP_FAST, _STOP_AT_ONCE = 6, 3
_SETTLE = 6.0
_NO_SUCH_PID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers: its postmaster and the folder of its socket."""

    pid: int
    socket_dir: str


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
        if processes.members(self.home):
            self.log.warning("cluster.unwell", home=str(self.home.root))
            self.stop()
        return self._start()

    def find(self) -> Running | None:
        """The server if it answers at this moment."""
        file = processes.read_pid_file(self.home)
        if file is None or not file.socket_dir or not self._answers(file.socket_dir):
            return None
        return Running(file.pid, file.socket_dir)

    def stop(self) -> None:
        """End the server and all its processes in about ten seconds at most, data intact."""
        if processes.members(self.home) and not self._told_to_stop("fast", _STOP_FAST):
            self.log.warning("cluster.slow_to_stop", home=str(self.home.root))
            self._told_to_stop("immediate", _STOP_AT_ONCE)
        processes.end(processes.members(self.home), patience=0.5)
        discard_socket_dir(self.home)

    def _settled(self) -> Running | None:
        """Wait while a server found alive is starting or stopping; None when none answers."""
        begun = time.monotonic()
        while True:
            if (found := self.find()) is not None:
                return found
            file = processes.read_pid_file(self.home)
            if file is None or not processes.is_postmaster(file.pid, self.home):
                return None
            patience = START_PATIENCE if file.status == "starting" else _SETTLE
            if time.monotonic() - begun > patience:
                return None
            time.sleep(0.05)

    def _answers(self, folder: str) -> bool:
        ask: Command = [self.bin_dir / "pg_isready", "-q", "-h", folder, "-p", str(PORT)]
        return run_as(self.home.account, [*ask, "-t", "2"], timeout=10).returncode == 0

    def _start(self) -> Running:
        # Children of a postmaster that was killed end by themselves, unless they are stuck.
        processes.end(processes.members(self.home), patience=5)
        self._disown_stranger()
        folder = socket_dir(self.home)
        self._configure(folder)
        told = self._control("start", "-t", str(START_PATIENCE), "-o", self._options())
        file = processes.read_pid_file(self.home)
        if told.returncode != 0 or file is None:
            raise ClusterFailed(
                f"PostgreSQL did not start in {self.home.root}:\n{self._last_words(told.stdout)}",
                remedy=f"The whole story is in {self.home.log}.",
            )
        self.log.info("cluster.started", pid=file.pid, user=self.home.account.name)
        return Running(file.pid, str(folder))

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

    def _options(self) -> str:
        # pg_ctl hands this to a shell.
        return shlex.quote(f"--config_file={self.home.config_file}")

    def _told_to_stop(self, mode: str, patience: int) -> bool:
        return self._control("stop", "-m", mode, "-t", str(patience)).returncode == 0

    def _control(self, verb: str, *more: str) -> subprocess.CompletedProcess[str]:
        first_words = self.home.log / "start.log"
        if verb == "start":
            first_words.unlink(missing_ok=True)
            more = (*more, "-l", str(first_words))
        command: Command = [self.bin_dir / "pg_ctl", verb, "-D", self.home.data, "-w", "-s"]
        return run_as(self.home.account, [*command, *more], timeout=START_PATIENCE + 30)

    def _last_words(self, told: str) -> str:
        try:
            said = (self.home.log / "start.log").read_text(encoding="utf-8", errors="replace")
        except OSError:
            said = ""
        return f"{told.strip()}\n{said.strip()}"[-2000:]
