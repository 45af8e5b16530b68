"""The locks hold what pyproject.toml asks for, by hash, and name no place it came from."""

import json
import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hub import resources

ROOT = resources.path("migrations").parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ASKED = {
    "run": PROJECT["project"]["dependencies"],
    "dev": PROJECT["dependency-groups"]["dev"],
    "build": PROJECT["dependency-groups"]["build"],
    "installer": PROJECT["dependency-groups"]["installer"],
}
LOCKS = {name: (ROOT / f"requirements/{name}.lock").read_text() for name in ASKED}
_PINNED = re.compile(r"^([a-z0-9._-]+)==([^\s;]+)", re.MULTILINE)


def _pins(lock: str) -> list[tuple[str, str]]:
    return _PINNED.findall(LOCKS[lock])


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_locked_within_its_bounds(lock):
    pins = _pins(lock)
    for line in ASKED[lock]:
        wanted = Requirement(line)
        versions = [version for name, version in pins if name == canonicalize_name(wanted.name)]
        assert versions, f"{line} is not in {lock}.lock: make lock"
        assert all(version in wanted.specifier for version in versions), line


def test_run_and_dev_agree():
    run = dict(_pins("run"))
    assert {name: v for name, v in _pins("dev") if run.get(name, v) != v} == {}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes_and_no_address(lock):
    blocks = re.split(r"\n(?=\S)", LOCKS[lock].strip())
    assert [block for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in LOCKS[lock]


def test_npm_packages_have_integrity_and_no_address():
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    installed = {name: package for name, package in packages.items() if name}
    assert installed
    assert [name for name, package in installed.items() if "integrity" not in package] == []
    assert [name for name, package in installed.items() if "resolved" in package] == []
