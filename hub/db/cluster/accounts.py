"""Which system user PostgreSQL runs as: it refuses root, so root lends it a named one."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.db.cluster.errors import ClusterFailed

Command = Sequence[str | Path]
# In this order: an own user where a package made one, then those that systems come with.
SERVER_USERS = ("besedka", "postgres", "nobody")
# Nothing of the caller's: PG* variables would redirect the tools, LANG would leak into initdb.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class Account:
    """A system user; `name` is for people, the ids are what counts."""

    name: str
    uid: int
    gid: int

    @property
    def is_self(self) -> bool:
        return self.uid == os.geteuid()


def account_of(uid: int) -> Account:
    """The account of a numeric user, whether or not the system has a name for it."""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return Account(str(uid), uid, os.getegid() if uid == os.geteuid() else uid)
    return Account(entry.pw_name, uid, entry.pw_gid)


def server_account() -> Account:
    """The user a new cluster belongs to: the caller, or for root the first of SERVER_USERS."""
    if os.geteuid() != 0:
        return account_of(os.geteuid())
    for name in SERVER_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise ClusterFailed(
        "PostgreSQL cannot run as root, and this system has none of the users "
        + ", ".join(SERVER_USERS)
        + ".",
        remedy="Add one (useradd --system besedka), or run the hub as an ordinary user.",
    )


def run_as(
    account: Account,
    command: Command,
    *,
    text: str = "",
    timeout: float,
) -> subprocess.CompletedProcess[str]:
    """Run `command` as that user with a clean environment and `text` on its input.

    Blocking, `timeout` in seconds. Standard error is read together with the output. Only root
    can become somebody else.
    """
    other = not account.is_self
    try:
        return subprocess.run(
            [str(part) for part in command],
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            env=ENVIRONMENT,
            cwd="/",
            # Ctrl-C is for the hub, which then stops its server in good order.
            start_new_session=True,
            user=account.uid if other else None,
            group=account.gid if other else None,
            extra_groups=[] if other else None,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ClusterFailed(
            f"{command[0]} did not come to an end in {timeout:.0f} s.",
            remedy="Is the disk or the machine overloaded? Try again when it is not.",
        ) from error


def can_enter(account: Account, folder: Path) -> bool:
    """Whether that user gets into `folder`: asked of the system, so that ACLs count too."""
    trial = run_as(account, ["/bin/sh", "-c", 'cd -- "$1"', "sh", folder], timeout=10)
    return trial.returncode == 0
