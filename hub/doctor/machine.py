"""What is said without a database: Python, the data directory, the key, the browser's files."""

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from hub.doctor.findings import Finding, fine, problem, warning
from hub.settings import Settings

_OLDEST_PYTHON = (3, 11)
_MB = 1024 * 1024
_TIGHT, _TOO_TIGHT = 2048 * _MB, 256 * _MB
_SHORT_SECRET = 16
_VENDOR = Path(__file__).parents[1] / "web" / "static" / "vendor"


def look_at_machine(settings: Settings) -> Iterator[Finding]:
    """Reads the file system, and waits for nothing else."""
    yield _python()
    yield _data_dir(settings.data_path)
    yield _space(settings.data_path)
    yield _secret_key(settings)
    yield _browser_files(_VENDOR)


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < _OLDEST_PYTHON:
        return problem("python", f"This is Python {found}.", "Install Python 3.11 or newer.")
    return fine("python", f"Python {found}.")


def _data_dir(folder: Path) -> Finding:
    if folder.is_dir():
        if os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            return fine("data-dir", f"The data directory {folder} can be written.")
    elif folder.exists():
        return problem(
            "data-dir", f"{folder} is no directory.", "Name another one in HUB_DATA_DIR."
        )
    elif os.access(_nearest(folder), os.W_OK | os.X_OK):
        return fine("data-dir", f"{folder} is not there yet: the first start makes it.")
    return problem(
        "data-dir",
        f"The data directory {folder} cannot be written by this user.",
        "Run the hub as the user who owns it, or name another one in HUB_DATA_DIR.",
    )


def _nearest(folder: Path) -> Path:
    """The folder itself or the closest one above it that exists."""
    return next(one for one in (folder, *folder.parents) if one.exists())


def _space(folder: Path) -> Finding:
    free = shutil.disk_usage(_nearest(folder)).free
    said = f"{free // _MB:,} MB are free for {folder}."
    if free < _TOO_TIGHT:
        return problem("disk", said, "Make room: a full disk stops the database.")
    if free < _TIGHT:
        return warning("disk", said, "Make room soon: a full disk stops the database.")
    return fine("disk", said)


def _secret_key(settings: Settings) -> Finding:
    secret = settings.secret_key.get_secret_value()
    if secret:
        if len(secret) < _SHORT_SECRET:
            return warning(
                "secret-key",
                "HUB_SECRET_KEY is so short that it can be guessed.",
                "Use at least 32 random characters, and then enter the inboxes' secrets again.",
            )
        return fine("secret-key", "HUB_SECRET_KEY is set.")
    return _secret_file(settings.data_path / "secret_key")


def _secret_file(path: Path) -> Finding:
    if not path.exists():
        return fine("secret-key", "There is no secret key yet: the first start makes one.")
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return problem(
            "secret-key",
            f"Other users of this machine can read {path} (mode {mode:o}).",
            f"chmod 600 {path}",
        )
    if not os.access(path, os.R_OK):
        return problem(
            "secret-key", f"This user cannot read {path}.", "Run the hub as the file's owner."
        )
    return fine("secret-key", f"{path} can be read by its owner only.")


def _browser_files(folder: Path) -> Finding:
    if not (folder / "preact.js").is_file():
        return problem(
            "browser-files",
            "The browser's modules from npm are missing, so the inbox page stays empty.",
            "In a checkout: make setup. Else install the package again.",
        )
    return fine("browser-files", "The browser's modules are in place.")
