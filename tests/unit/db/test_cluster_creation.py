"""A first start that fails leaves no half of a cluster, and the next one has a clean floor."""

from pathlib import Path

import pytest

from hub.db.cluster.accounts import account_of
from hub.db.cluster.creation import create_cluster, written_by
from hub.db.cluster.errors import ClusterFailed
from hub.db.cluster.layout import Home


def program(folder: Path, name: str, body: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{body}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "home").mkdir()
    return Home(tmp_path / "home", account_of(tmp_path.stat().st_uid))


def test_what_initdb_says_is_passed_on(home, tmp_path):
    program(tmp_path / "bin", "initdb", "echo No space left on device; exit 1")
    with pytest.raises(ClusterFailed, match="No space left") as failed:
        create_cluster(home, tmp_path / "bin", durable=True)
    assert "room" in failed.value.remedy
    assert not home.initialised


def test_without_its_database_a_cluster_does_not_count(home, tmp_path):
    program(tmp_path / "bin", "initdb", 'mkdir -p "$2"; echo 18 > "$2/PG_VERSION"')
    program(tmp_path / "bin", "postgres", "cat > /dev/null; echo FATAL; exit 1")
    with pytest.raises(ClusterFailed, match="FATAL"):
        create_cluster(home, tmp_path / "bin", durable=False)
    assert not home.initialised

    program(tmp_path / "bin", "postgres", "cat > /dev/null")
    create_cluster(home, tmp_path / "bin", durable=False)
    assert written_by(home) == 18
    assert home.password_file.stat().st_mode & 0o777 == 0o600
    assert not list(home.root.glob(".new-*"))
