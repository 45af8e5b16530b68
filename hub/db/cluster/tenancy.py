"""One process's use of a cluster: the first to come starts the server, the last to go stops it."""

import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from structlog.typing import FilteringBoundLogger
from typing_extensions import override

from hub.db.cluster import binaries, creation, processes
from hub.db.cluster.address import ClusterAddress
from hub.db.cluster.errors import ClusterFailed, ClusterOutdated
from hub.db.cluster.keeper import Keeper
from hub.db.cluster.layout import Home, find_home
from hub.db.cluster.locks import FileLock, start_lock
from hub.db.cluster.server import PORT, START_PATIENCE, Running, Server

# A little longer than the longest start, so that one who waits sees how it ended.
_PATIENCE = START_PATIENCE + 60.0
_OTHERS_PATIENCE = 30.0
# SIGTERM is to end a hub in ten seconds, stopping the server included.
_LEAVING_PATIENCE = 2.0


class Tenancy:
    """Blocking; `leave` may follow a failed `enter` and may be called twice."""

    def __init__(self, data_dir: Path, log: FilteringBoundLogger, *, durable: bool) -> None:
        self._data_dir = data_dir
        self._log = log
        self._durable = durable
        self._users: FileLock | None = None
        self._server: Server | None = None
        self._keeper: Keeper | None = None

    def enter(self) -> ClusterAddress:
        """Have the server running, starting or making it if need be."""
        try:
            return self._entered()
        except OSError as error:
            raise ClusterFailed(
                f"The database in {self._data_dir} cannot be used: {error}.",
                remedy="Is the disk full or read-only? Mend that, or choose another HUB_DATA_DIR.",
            ) from error

    def _entered(self) -> ClusterAddress:
        wheel = binaries.find_wheel()
        data_dir = self._data_dir.resolve()
        home = find_home(data_dir)
        if not home.root.is_relative_to(data_dir):
            # Said at every start: who backs up the data directory alone would miss the database.
            self._log.info("cluster.elsewhere", home=str(home.root), data_dir=str(data_dir))
        running = self._running(home, wheel)
        self._keep(running.pid, home)
        return ClusterAddress(
            host=running.socket_dir,
            port=PORT,
            user=creation.USER,
            password=creation.password(home),
            database=creation.DATABASE,
            bin_dir=wheel.bin_dir,
            pid=running.pid,
        )

    def _running(self, home: Home, wheel: binaries.Wheel) -> Running:
        """Become a user and have the server running; only a lone user may start it.

        With other users about, a server that is gone is brought back by their keepers; that
        it does not answer *us* is no reason to start a second one beside theirs.
        """
        deadline = time.monotonic() + _OTHERS_PATIENCE
        while True:
            with start_lock(home.root / "start.lock", _PATIENCE):
                alone = self._become_user(home)
                self._server = self._prepared(home, wheel)
                running = self._server.ensure() if alone else self._server.find()
                if running is not None:
                    self._say_how(running, wheel, alone=alone)
                    return running
                self._stop_being_user()
            if time.monotonic() > deadline:
                raise ClusterFailed(
                    f"Another process uses the database in {home.root}, but it does not answer.",
                    remedy=f"Look into {home.log}; stop the running hub and start it again.",
                )
            time.sleep(0.2)

    def _become_user(self, home: Home) -> bool:
        """Count as a user from now on; True when there is no other. With the start lock held."""
        if self._users is None:
            self._users = FileLock(home.root / "users.lock")
        alone = self._users.try_exclusive()
        # Shared can always be had: whoever wants it alone holds the start lock meanwhile.
        self._users.try_shared()
        return alone

    def _stop_being_user(self) -> None:
        # Two who wait for a server, each for the other's, would wait for ever.
        if self._users is not None:
            self._users.release()

    def _say_how(self, running: Running, wheel: binaries.Wheel, *, alone: bool) -> None:
        if running.fresh and self._server is not None:
            binaries.discard_other_copies(wheel, self._server.home.binaries)
        elif alone:
            self._log.info("cluster.adopted", pid=running.pid)

    def _keep(self, pid: int, home: Home) -> None:
        def lives(pid: int) -> bool:
            return processes.is_postmaster(pid, home)

        # One that cannot be seen, in another container, is kept by who started it there.
        if lives(pid):
            self._keeper = Keeper(pid, lives=lives, restart=self._restart, log=self._log)

    def leave(self) -> None:
        """Stop using the server; stop it if nobody else does."""
        if self._keeper is not None:
            self._keeper.close()
            self._keeper = None
        if self._users is None:
            return
        try:
            if self._server is not None:
                self._stop_if_last(self._server, self._users)
        finally:
            self._users.close()
            self._users = None

    def _stop_if_last(self, server: Server, users: FileLock) -> None:
        try:
            with start_lock(server.home.root / "start.lock", _LEAVING_PATIENCE):
                if users.try_exclusive():
                    server.stop()
                    self._log.info("cluster.stopped")
        except ClusterFailed as error:
            # Somebody is busy starting it, and will be the last instead.
            self._log.warning("cluster.left_running", reason=str(error))

    def _prepared(self, home: Home, wheel: binaries.Wheel) -> Server:
        """The server with its programs in place and its files made; not yet looked at."""
        bin_dir = wheel.bin_dir
        if not home.account.is_self:
            bin_dir = binaries.installed_copy(wheel, home.binaries, durable=self._durable)
        major = binaries.major_version(bin_dir, home.account)
        if not home.initialised:
            self._log.info(
                "cluster.creating", home=str(home.root), user=home.account.name, version=major
            )
            creation.create_cluster(home, bin_dir, durable=self._durable)
        elif (found := creation.written_by(home)) != major:
            raise _outdated(home, found, major)
        return Server(home, bin_dir, self._log, durable=self._durable)

    def _restart(self) -> int:
        server = self._server
        if server is None:
            raise ClusterFailed("The cluster has not been entered.")
        with start_lock(server.home.root / "start.lock", _PATIENCE):
            return server.ensure().pid


class TenancyAhead(Tenancy):
    """A tenancy that is being entered, in a thread of its own, while its user does other things.

    `enter` waits for the end of that, and fails as it failed.
    """

    def __init__(self, data_dir: Path, log: FilteringBoundLogger) -> None:
        super().__init__(data_dir, log, durable=True)
        threads = ThreadPoolExecutor(1, "cluster")
        self._entering = threads.submit(super().enter)
        threads.shutdown(wait=False)

    @override
    def enter(self) -> ClusterAddress:
        return self._entering.result()

    @override
    def leave(self) -> None:
        wait([self._entering])
        super().leave()


def _outdated(home: Home, found: int, brought: int) -> ClusterOutdated:
    return ClusterOutdated(
        f"The database in {home.root} was written by PostgreSQL {found or '(unknown)'};"
        f" this version of the hub brings PostgreSQL {brought}, which cannot read it.",
        remedy="With the version of the hub that made it, write a backup (hub backup FILE)."
        " Then start this version with an empty HUB_DATA_DIR and read it back"
        " (hub restore FILE). Nothing has been changed.",
    )
