"""One result of one check, in words for the administrator."""

from dataclasses import dataclass
from enum import StrEnum

from hub.errors import HubError


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """`check` is a stable word for programs; `what` and `remedy` are sentences."""

    check: str
    level: Level
    what: str
    remedy: str = ""


def fine(check: str, what: str) -> Finding:
    return Finding(check, Level.OK, what)


def warning(check: str, what: str, remedy: str) -> Finding:
    return Finding(check, Level.WARNING, what, remedy)


def problem(check: str, error: HubError | str, remedy: str = "") -> Finding:
    """An error, which says itself what to do when it is one of the hub's."""
    if isinstance(error, HubError):
        remedy = remedy or error.remedy
    return Finding(check, Level.ERROR, str(error), remedy)
