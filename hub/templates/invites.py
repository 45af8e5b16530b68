"""The invitation that a message about an appointment brings into its reader's calendar."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from hub.appointments.status import CANCELLED, CONFIRMED, meaning
from hub.mappings import MAPPINGS
from hub.ports import Invite


def invite_of(title: str, facts: Mapping[str, object]) -> Invite | None:
    """None without a title, or where there is no appointment with a time.

    facts: those a text is filled in with; `appointment` as the API shows it. Once it is cancelled
    the invitation takes back what was sent before.
    """
    known = facts.get("appointment")
    if not title or not isinstance(known, MAPPINGS) or not known.get("starts_at"):
        return None
    status, ends_at = meaning(str(known["status"])), known.get("ends_at")
    return Invite(
        id=UUID(str(known["id"])),
        sequence=int(known["sequence"]),
        title=title,
        starts_at=datetime.fromisoformat(str(known["starts_at"])),
        ends_at=datetime.fromisoformat(str(ends_at)) if ends_at else None,
        place=str(known.get("place") or ""),
        cancelled=status == CANCELLED,
        answered=status == CONFIRMED,
    )
