"""Whether a pushed order is news, a repeat, stale, or contradicts what we have. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Verdict(Enum):
    APPLY = "apply"
    REPEAT = "repeat"
    """The body we applied last, once more."""
    STALE = "stale"
    """Older than what we have: nothing changes and nobody is told."""
    CONFLICT = "conflict"
    """The version we have, with another body."""
    VERSION_MISSING = "version-missing"
    """Earlier pushes were versioned; without a version we cannot tell which is newer."""


@dataclass(frozen=True, slots=True)
class Known:
    """What we applied last."""

    version: int | None
    occurred_at: datetime
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Coming:
    version: int | None
    occurred_at: datetime | None
    fingerprint: bytes


def judge(known: Known, pushed: Coming) -> Verdict:
    """Versions decide when there are any, else the times, else whether anything is different."""
    if pushed.version is not None:
        return _by_version(known, pushed, pushed.version)
    if pushed.fingerprint == known.fingerprint:
        return Verdict.REPEAT
    if known.version is not None:
        return Verdict.VERSION_MISSING
    if pushed.occurred_at is not None and pushed.occurred_at < known.occurred_at:
        return Verdict.STALE
    return Verdict.APPLY


def _by_version(known: Known, pushed: Coming, version: int) -> Verdict:
    if known.version is None or version > known.version:
        return Verdict.APPLY
    if version < known.version:
        return Verdict.STALE
    return Verdict.REPEAT if pushed.fingerprint == known.fingerprint else Verdict.CONFLICT
