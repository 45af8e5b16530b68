"""What can go wrong between the hub and its PostgreSQL, each with what to do about it."""

from pathlib import Path
from typing import ClassVar

from hub.errors import HubError


class ClusterFailed(HubError):
    """The embedded PostgreSQL could not be made, started or stopped."""

    code: ClassVar[str] = "cluster-failed"


class ClusterOutdated(ClusterFailed):
    """The data directory was written by another major version of PostgreSQL."""

    code: ClassVar[str] = "cluster-outdated"


class HubAlreadyRunning(HubError):
    """Another `hub serve` holds this data directory; `pid` is None when it did not say."""

    code: ClassVar[str] = "already-running"

    def __init__(self, pid: int | None, data_dir: Path) -> None:
        who = "another process" if pid is None else f"process {pid}"
        super().__init__(
            f"A hub is already serving {data_dir} ({who}).",
            remedy="Stop that one first, or give this one a data directory of its own"
            " (HUB_DATA_DIR).",
        )
        self.pid = pid
        self.data_dir = data_dir


class DatabaseUnfit(HubError):
    """This database would store or search text wrongly, so the hub does not touch it."""

    code: ClassVar[str] = "database-unfit"
