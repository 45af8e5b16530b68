"""Lets a serving process hold as many sockets as the system lets it ask for."""

import resource
from contextlib import suppress

_ENOUGH = 65_536
"""What is asked for where the system names no hard limit."""


def raise_limit() -> None:
    """Lift the soft limit of open files to the hard one (setrlimit(2)).

    A login shell gives 1,024, for programs that use select(); the hub does not, and every
    visitor and operator who is connected is a file.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        # Where even this is too much, the limit there was has to do.
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
