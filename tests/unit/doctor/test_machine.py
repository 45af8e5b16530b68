"""What the doctor says of broken set-ups that need no database."""

import shutil
from types import SimpleNamespace

import pytest

from hub.doctor import machine
from hub.doctor.findings import Finding, Level, problem
from hub.errors import Unavailable
from hub.settings import Settings


def findings(**given) -> dict[str, Finding]:
    return {one.check: one for one in machine.look_at_machine(Settings(**given))}


def test_nothing_made_yet_is_no_fault(tmp_path):
    found = findings(data_dir=tmp_path / "a" / "b")
    assert {one.level for one in found.values()} <= {Level.OK, Level.WARNING}
    assert not (tmp_path / "a").exists()


def test_a_data_directory_that_is_a_file(tmp_path):
    (tmp_path / "data").write_text("")
    found = findings(data_dir=tmp_path / "data")["data-dir"]
    assert (found.level, found.remedy) == (Level.ERROR, "Name another one in HUB_DATA_DIR.")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_secret_key_others_can_read(tmp_path, mode):
    key = tmp_path / "secret_key"
    key.write_text("x" * 64)
    key.chmod(mode)
    found = findings(data_dir=tmp_path)["secret-key"]
    assert found.level is Level.ERROR
    assert found.remedy == f"chmod 600 {key}"


def test_a_secret_key_of_ones_own(tmp_path):
    key = tmp_path / "secret_key"
    key.write_text("x" * 64)
    key.chmod(0o600)
    assert findings(data_dir=tmp_path)["secret-key"].level is Level.OK


def test_a_secret_key_that_can_be_guessed(tmp_path):
    found = findings(data_dir=tmp_path, secret_key="secret")["secret-key"]
    assert found.level is Level.WARNING
    assert "secret" not in found.what.replace("HUB_SECRET_KEY", "").split()


@pytest.mark.parametrize(
    ("free", "level"),
    [(100, Level.ERROR), (1000, Level.WARNING), (100_000, Level.OK)],
)
def test_the_disk(tmp_path, monkeypatch, free, level):
    usage = SimpleNamespace(free=free * 1024 * 1024)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert findings(data_dir=tmp_path)["disk"].level is level


def test_missing_browser_files(tmp_path):
    found = machine._browser_files(tmp_path)
    assert found.level is Level.ERROR
    assert "make setup" in found.remedy


def test_an_error_of_ours_brings_its_remedy():
    assert problem("x", Unavailable("Away.", remedy="Wait.")) == Finding(
        "x", Level.ERROR, "Away.", "Wait."
    )
