"""How an empty home becomes a cluster: with the locale that search needs, all or nothing."""

import secrets
import shutil
import tempfile
from pathlib import Path

from hub.db.cluster.accounts import Command, run_as
from hub.db.cluster.errors import ClusterFailed
from hub.db.cluster.files import read_line, sync_folder, write_whole
from hub.db.cluster.layout import Home, hand_over

DATABASE = USER = "besedka"
# The builtin provider needs no ICU and no system locale for `lower`; but pg_trgm finds letters
# by LC_CTYPE and makes no trigram of a Cyrillic word under "C".
_LOCALE = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")
_CATEGORIES = ("--lc-ctype=C.UTF-8", "--lc-collate=C", "--encoding=UTF8")
# Read over the socket only, by the user below only: see configuration.ACCESS.
_ACCESS = ("--username=postgres", "--auth-local=peer", "--auth-host=reject")
# The hub's own role is no superuser: what gets into a query of ours must not get a shell. Its
# password is 256 random bits: stretching it, as is wise for what people make up, would protect
# nothing and cost every connection a hundredth of a second.
_DATABASE = """\
SET scram_iterations = 1;
CREATE ROLE {user} LOGIN CREATEDB PASSWORD '{password}';
GRANT pg_monitor TO {user};
CREATE DATABASE {database} OWNER {user} TEMPLATE template0 ENCODING 'UTF8'\
 LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8';
"""
_PATIENCE = 300.0
_STAGING = ".new-"


def create_cluster(home: Home, bin_dir: Path, *, durable: bool) -> None:
    """Make `home.data` and the database in it. Blocking, about two seconds.

    Killed half-way it leaves a folder that the next try removes; `data` appears complete.
    """
    # A name of its own: initdb may outlive a killed hub, and tidies up its folder at the end.
    staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=home.root))
    hand_over(staging, home.account)
    data = staging / "data"
    sync = () if durable else ("--no-sync",)
    where: Command = [bin_dir / "initdb", "-D", data, "--no-instructions"]
    _succeed(home, [*where, *_LOCALE, *_CATEGORIES, *_ACCESS, *sync])
    password = secrets.token_urlsafe(32)
    script = _DATABASE.format(user=USER, database=DATABASE, password=password)
    single: Command = [bin_dir / "postgres", "--single", "-D", data]
    options = ("-c", "exit_on_error=on", "-c", f"fsync={'on' if durable else 'off'}")
    _succeed(home, [*single, *options, "postgres"], script)
    write_whole(home.password_file, f"{password}\n", mode=0o600)
    data.rename(home.data)
    sync_folder(home.root)
    for leftover in home.root.glob(f"{_STAGING}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def password(home: Home) -> str:
    """The database user's password, in the clear from its 0600 file."""
    found = read_line(home.password_file)
    if not found:
        raise ClusterFailed(
            f"The password of the database is missing: {home.password_file}.",
            remedy="Bring that file back from a backup of the data directory.",
        )
    return found


def written_by(home: Home) -> int:
    """The major version that wrote the cluster; 0 when it does not say."""
    text = read_line(home.data / "PG_VERSION")
    return int(text) if text.isdecimal() else 0


def _succeed(home: Home, command: Command, script: str = "") -> None:
    done = run_as(home.account, command, text=script, timeout=_PATIENCE)
    if done.returncode != 0:
        raise ClusterFailed(
            f"A new database could not be made in {home.root}:\n{done.stdout.strip()[-2000:]}",
            remedy="Mend what it says there (often: no room on the disk, or a user without a name"
            " in /etc/passwd), then start again: nothing half-made is kept.",
        )
