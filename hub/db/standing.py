"""Whether this release can work on the schema it finds, which another release may have made.

Releases replace each other node by node, so a schema is used by the release before it for a while.
Each migration only adds; what an older release would stumble over comes a release later, and says
so: it raises the floor, the oldest head whose code still works (docs/operating.md).
"""

from dataclasses import dataclass
from enum import StrEnum

from hub.errors import HubError


class Standing(StrEnum):
    EMPTY = "empty"
    BEHIND = "behind"
    """Older than this release: to be migrated."""
    SAME = "same"
    AHEAD = "ahead"
    """Newer than this release, which works all the same."""
    BEYOND = "beyond"
    """Newer than this release can work with."""


USABLE = frozenset({Standing.SAME, Standing.AHEAD})


class SchemaBeyond(HubError):
    code = "schema-too-new"


@dataclass(frozen=True, slots=True)
class Schema:
    """stands: the revision of the database, None when it is empty. needed: this release's head.

    floor: the oldest head whose code works on it. Revisions are numbers of four digits.
    """

    stands: str | None
    floor: str
    needed: str

    @property
    def standing(self) -> Standing:
        if self.stands is None:
            return Standing.EMPTY
        if self.stands == self.needed:
            return Standing.SAME
        if self.stands < self.needed:
            return Standing.BEHIND
        return Standing.AHEAD if self.floor <= self.needed else Standing.BEYOND

    def refuse(self) -> SchemaBeyond:
        """What to say of a schema that is beyond this release."""
        return SchemaBeyond(
            f"The database was migrated to {self.stands} by a newer release; it no longer bears "
            f"this one, whose schema is {self.needed}.",
            remedy="Install the newer release here too, or restore the backup made before it.",
        )
