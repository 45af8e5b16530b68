"""How the cluster's small files are written: whole or not at all, owned by who owns the folder."""

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, text: str, *, mode: int) -> None:
    """Replace `path` by `text` in one step; a reader sees the old file or the new one."""
    handle, staging = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        os.fchmod(handle, mode)
        give_to_folder_owner(handle, path.parent)
        file.flush()
        # A power cut must not leave the new name over an empty file.
        os.fsync(handle)
    Path(staging).replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def give_to_folder_owner(handle: int, folder: Path) -> None:
    """Let the owner of `folder` keep using a file that root happened to make there."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(handle, owner.st_uid, owner.st_gid)


def create_folder(folder: Path, mode: int) -> bool:
    """Make `folder` with exactly this mode, whatever the umask; False when it is there already."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return False
    folder.chmod(mode)
    return True


def read_line(path: Path) -> str:
    """The stripped content of a one-line file, "" when there is none."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
