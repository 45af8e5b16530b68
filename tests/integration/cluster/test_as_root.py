"""What root owes its server's user, and what it must not touch. Only root can try this."""

import os
import pwd
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from structlog.testing import capture_logs

from hub.db.cluster import ClusterFailed, embedded_cluster
from hub.db.cluster.accounts import SERVER_USERS
from tests.cluster import postgres_below
from tests.integration.cluster.conftest import log
from tests.integration.cluster.test_lifecycle import ask

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user cannot become root")


def expected_user() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in SERVER_USERS if name in names)


def users_of(folder: Path) -> set[str]:
    return {process.username() for process in postgres_below(folder)}


async def test_the_server_runs_as_a_named_user_from_programs_it_cannot_change(data_dir):
    async with embedded_cluster(data_dir, log=log, throw_away=True) as address:
        assert users_of(data_dir) == {expected_user()}
        assert address.pid is not None
        program = Path(psutil.Process(address.pid).exe())
    assert program.is_relative_to(data_dir / "postgres" / "binaries")
    for path in [program, *program.parents]:
        assert path.owner() == "root"
        assert not path.stat().st_mode & 0o022 or path.stat().st_mode & stat.S_ISVTX
        if path == data_dir:
            break


async def test_a_strict_umask_changes_nothing(empty_dir):
    before = os.umask(0o077)
    try:
        async with embedded_cluster(empty_dir / "d", log=log, throw_away=True) as address:
            assert await ask(address, "SELECT 1") == 1
    finally:
        os.umask(before)
    assert (empty_dir / "d" / "postgres" / "data").exists()


async def test_the_owner_of_an_existing_cluster_keeps_it(data_dir):
    nobody = pwd.getpwnam("nobody")
    home = data_dir / "postgres"
    for top in (home / "data", home / "run", home / "log"):
        for path in [top, *top.rglob("*")]:
            os.lchown(path, nobody.pw_uid, nobody.pw_gid)
    async with embedded_cluster(data_dir, log=log, throw_away=True):
        assert users_of(data_dir) == {"nobody"}


async def test_a_cluster_that_root_owns_is_refused_with_the_command_to_run(data_dir):
    os.chown(data_dir / "postgres" / "data", 0, 0)
    with pytest.raises(ClusterFailed, match="root") as refused:
        async with embedded_cluster(data_dir, log=log):
            raise AssertionError
    assert f"chown -R {expected_user()}" in refused.value.remedy


async def test_only_the_present_version_of_the_programs_is_kept(data_dir):
    shelf = data_dir / "postgres" / "binaries"
    (shelf / "17.1.0" / "bin").mkdir(parents=True)
    (shelf / ".half-copied").mkdir()
    async with embedded_cluster(data_dir, log=log, throw_away=True):
        assert len(list(shelf.iterdir())) == 1


@pytest.fixture
def closed_dir(empty_dir: Path) -> Iterator[Path]:
    """A data directory below a home that only root may enter."""
    home = empty_dir / "root"
    home.mkdir(mode=0o700)
    yield home / "data"
    pointer = home / "data" / "postgres.path"
    if pointer.exists():
        shutil.rmtree(pointer.read_text().strip())


async def test_below_a_closed_home_the_cluster_goes_elsewhere_and_says_so(closed_dir):
    with capture_logs() as lines:
        async with embedded_cluster(closed_dir, log=log, throw_away=True) as address:
            await ask(address, "CREATE TABLE kept AS SELECT 42 AS n")
    elsewhere = Path((closed_dir / "postgres.path").read_text().strip())
    assert elsewhere.parent == Path("/var/lib/besedka")
    assert lines[0]["event"] == "cluster.elsewhere"
    assert lines[0]["home"] == str(elsewhere)
    assert stat.S_IMODE(closed_dir.parent.stat().st_mode) == 0o700
    async with embedded_cluster(closed_dir, log=log, throw_away=True) as address:
        assert await ask(address, "SELECT n FROM kept") == 42
    assert not postgres_below(elsewhere)


async def test_two_closed_data_dirs_never_share_a_place(closed_dir):
    async with embedded_cluster(closed_dir, log=log, throw_away=True) as first:
        # The folder moves on with its cluster; a new one takes its old name.
        moved = closed_dir.with_name("moved")
        closed_dir.rename(moved)
        async with embedded_cluster(closed_dir, log=log, throw_away=True) as second:
            assert second.pid != first.pid
        shutil.rmtree((closed_dir / "postgres.path").read_text().strip())
        shutil.rmtree(closed_dir)
        moved.rename(closed_dir)


async def test_an_existing_cluster_that_was_closed_off_names_the_door_to_open(data_dir):
    data_dir.parent.chmod(0o700)
    with pytest.raises(ClusterFailed, match="cannot enter") as refused:
        async with embedded_cluster(data_dir, log=log):
            raise AssertionError
    assert f"chmod o+x {data_dir.parent}" in refused.value.remedy
    assert stat.S_IMODE(data_dir.parent.stat().st_mode) == 0o700
