"""Where a cluster lives: below the data directory, or where its system user can reach it.

<data dir>/hub.lock            held by the one `hub serve`
<data dir>/postgres/           the home (or the folder that <data dir>/postgres.path names)
    data/                      PostgreSQL's own directory, of the server's user
    run/  log/                 socket and server log, of the server's user
    binaries/<version>/        root only: what that user runs
    password                   of the database user, 0600
    postgresql.conf, pg_hba.conf   written anew at every start
    local.conf                 the administrator's, read after ours
    start.lock, users.lock     see `locks`
"""

import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from hub.db.cluster.accounts import Account, account_of, can_enter, server_account
from hub.db.cluster.errors import ClusterFailed
from hub.db.cluster.files import create_folder, read_line, write_whole

ELSEWHERE = Path("/var/lib/besedka")
# sun_path holds 107 bytes and an end mark; the socket's own name takes its share.
_LONGEST_SOCKET_DIR = 107 - len("/.s.PGSQL.5432")
# A comma or a colon would be read as a list of hosts or a port by one client or another.
# pg_ctl puts the path between double quotes into a shell's command line.
_UNSAFE = re.compile(r'["$`\\\x00-\x1f]')
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_./+-]+")


@dataclass(frozen=True, slots=True)
class Home:
    """One cluster's folder and the user its server runs as."""

    root: Path
    account: Account

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def binaries(self) -> Path:
        return self.root / "binaries"

    @property
    def password_file(self) -> Path:
        return self.root / "password"

    @property
    def config_file(self) -> Path:
        return self.root / "postgresql.conf"

    @property
    def access_file(self) -> Path:
        return self.root / "pg_hba.conf"

    @property
    def title(self) -> str:
        """The name this cluster's processes carry in `ps`."""
        return f"besedka-{_digest(self.data)}"

    @property
    def initialised(self) -> bool:
        # `data` gets its name by a rename once it is complete, so there is no half of it.
        return self.data.exists()


def find_home(data_dir: Path) -> Home:
    """The home of this data directory's cluster, made (without a cluster) when it is new.

    An existing cluster keeps its place and its user. Modes of folders that were there before
    are never changed: where the server's user cannot enter, a new cluster goes to ELSEWHERE.
    """
    make_data_dir(data_dir)
    pointer = data_dir / "postgres.path"
    target = read_line(pointer)
    root = Path(target) if target else data_dir / "postgres"
    if (root / "data").exists():
        return _existing(root)
    account = server_account()
    if not target and not account.is_self and not can_enter(account, data_dir):
        root = _placed_elsewhere(data_dir, pointer)
    _make_folders(Home(root, account))
    return Home(root, account)


def make_data_dir(data_dir: Path) -> None:
    """Create the data directory if need be; root leaves the way through it open to its server."""
    if match := _UNSAFE.search(str(data_dir)):
        raise _unusable(data_dir, f"PostgreSQL's tools cannot take {match[0]!r} in its name")
    try:
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        create_folder(data_dir, 0o711 if os.geteuid() == 0 else 0o700)
    except OSError as error:
        raise _unusable(data_dir, error.strerror or str(error)) from error
    if not os.access(data_dir, os.W_OK | os.X_OK):
        raise _unusable(data_dir, "it is not writable")


def socket_dir(home: Home) -> Path:
    """The folder for the socket, the same at every start, 0700 and the server user's own.

    `run` in the home when its path is short and plain, else a fresh one under /run or /tmp
    whose name is noted in the home (a name that can be guessed could be taken by others).
    """
    inside = home.root / "run"
    if len(os.fsencode(inside)) <= _LONGEST_SOCKET_DIR and _PLAIN_PATH.fullmatch(str(inside)):
        _own_folder(inside, home.account)
        return inside
    note = home.root / "socket-dir"
    if noted := read_line(note):
        _own_folder(Path(noted), home.account)
        if _is_private(Path(noted), home.account):
            return Path(noted)
    fresh = Path(tempfile.mkdtemp(prefix="besedka-", dir=_short_place()))
    hand_over(fresh, home.account)
    write_whole(note, f"{fresh}\n", mode=0o600)
    return fresh


def discard_socket_dir(home: Home) -> None:
    """Remove a socket folder outside the home once its server is gone."""
    note = home.root / "socket-dir"
    noted = read_line(note)
    if noted and _is_private(Path(noted), home.account):
        shutil.rmtree(noted, ignore_errors=True)
    note.unlink(missing_ok=True)


def _existing(root: Path) -> Home:
    account = account_of((root / "data").stat().st_uid)
    if account.uid == 0:
        raise ClusterFailed(
            f"{root / 'data'} belongs to root, and PostgreSQL refuses to run as root.",
            remedy=f"Give it to a system user: chown -R {server_account().name}: {root / 'data'}"
            f" {root / 'log'} {root / 'run'}",
        )
    if os.geteuid() not in {0, account.uid}:
        raise ClusterFailed(
            f"The database in {root} belongs to the user {account.name}.",
            remedy=f"Run this as {account.name} or as root.",
        )
    if not account.is_self and not can_enter(account, root):
        raise ClusterFailed(
            f"The user {account.name}, whose database this is, cannot enter {root}.",
            remedy=f"Let that user through: chmod o+x {_barrier(account, root)}",
        )
    home = Home(root, account)
    _make_folders(home)
    return home


def _placed_elsewhere(data_dir: Path, pointer: Path) -> Path:
    """Choose a folder below ELSEWHERE and note it; a folder in use by others is never taken."""
    digest, number = _digest(data_dir), 0
    while True:
        root = ELSEWHERE / (digest if number == 0 else f"{digest}-{number}")
        try:
            ELSEWHERE.parent.mkdir(parents=True, exist_ok=True)
            create_folder(ELSEWHERE, 0o755)
            # One that is there and empty was left by a start that was killed right here.
            if not create_folder(root, 0o711) and any(root.iterdir()):
                number += 1
                continue
        except OSError as error:
            raise _unusable(data_dir, f"{ELSEWHERE} cannot be made: {error.strerror}") from error
        return _note_once(pointer, root)


def _note_once(pointer: Path, root: Path) -> Path:
    """Write the pointer unless another process just did; who came first is right."""
    staging = pointer.with_name(f".{pointer.name}.{os.getpid()}")
    staging.write_text(f"{root}\n", encoding="utf-8")
    try:
        os.link(staging, pointer)
    except FileExistsError:
        return Path(read_line(pointer))
    finally:
        staging.unlink()
    return root


def _make_folders(home: Home) -> None:
    create_folder(home.root, 0o700 if home.account.is_self else 0o711)
    _own_folder(home.log, home.account)


def _own_folder(folder: Path, account: Account) -> None:
    if create_folder(folder, 0o700):
        hand_over(folder, account)


def hand_over(folder: Path, account: Account) -> None:
    if not account.is_self:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)


def _is_private(folder: Path, account: Account) -> bool:
    try:
        facts = folder.lstat()
    except FileNotFoundError:
        return False
    return facts.st_uid == account.uid and facts.st_mode & 0o170777 == 0o40700


def _short_place() -> Path:
    runtime = Path("/run")
    return runtime if os.geteuid() == 0 and runtime.is_dir() else Path("/tmp")  # noqa: S108


def _barrier(account: Account, folder: Path) -> Path:
    """The topmost folder on the way to `folder` that the user cannot enter."""
    way = [*reversed(folder.parents), folder]
    return next((step for step in way if not can_enter(account, step)), folder)


def _digest(path: Path) -> str:
    return sha256(os.fsencode(path)).hexdigest()[:12]


def _unusable(data_dir: Path, why: str) -> ClusterFailed:
    return ClusterFailed(
        f"The data directory {data_dir} cannot be used: {why}.",
        remedy="Choose another HUB_DATA_DIR, or run the hub as the user who owns this one.",
    )
