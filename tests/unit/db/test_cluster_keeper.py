"""What the keeper does when the server it looks after dies, with a fake server."""

import threading
import time

import pytest
import structlog
from structlog.testing import capture_logs

from hub.db.cluster.errors import ClusterFailed
from hub.db.cluster.keeper import Keeper

log = structlog.get_logger()


class FakeServer:
    """Dies when told to; comes back under the next number after `failures` tries."""

    def __init__(self, failures: int = 0) -> None:
        self.pid = 1
        self.dead = False
        self.failures = failures
        self.back = threading.Event()

    def lives(self, pid: int) -> bool:
        return pid == self.pid and not self.dead

    def restart(self) -> int:
        if self.failures:
            self.failures -= 1
            raise ClusterFailed("no room")
        self.pid, self.dead = self.pid + 1, False
        self.back.set()
        return self.pid


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.db.cluster.keeper._GLANCE", 0.01)


@pytest.mark.parametrize("failures", [0, 3])
def test_a_dead_server_is_started_until_it_runs(failures):
    server = FakeServer(failures)
    with capture_logs() as lines:
        keeper = Keeper(1, lives=server.lives, restart=server.restart, log=log)
        server.dead = True
        assert server.back.wait(5)
        keeper.close()
    assert server.pid == 2
    failed = [line for line in lines if line["event"] == "cluster.restart_failed"]
    assert len(failed) == failures
    assert all(line["reason"] == "no room" for line in failed)


def test_a_server_that_lives_is_left_alone():
    server = FakeServer()
    keeper = Keeper(1, lives=server.lives, restart=server.restart, log=log)
    time.sleep(0.1)
    keeper.close()
    assert server.pid == 1


def test_after_the_end_nothing_is_started():
    server = FakeServer()
    keeper = Keeper(1, lives=server.lives, restart=server.restart, log=log)
    keeper.close()
    server.dead = True
    time.sleep(0.1)
    assert server.pid == 1
