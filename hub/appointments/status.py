"""The statuses of an appointment that the hub understands, however its system spells them."""

from collections.abc import Mapping

BOOKED = "booked"
CONFIRMED = "confirmed"
MOVE_REQUESTED = "move-requested"
"""Its customer asked for another time: the booking system, or an operator, has to act."""
CANCEL_REQUESTED = "cancel-requested"
"""Its customer asked to cancel it; the booking system has not said `cancelled` yet."""
CANCELLED = "cancelled"
MISSED = "missed"
COMPLETED = "completed"

_SPELLINGS: Mapping[str, str] = {
    "canceled": CANCELLED,
    "no-show": MISSED,
    "no_show": MISSED,
    "noshow": MISSED,
    "done": COMPLETED,
    "finished": COMPLETED,
    "visited": COMPLETED,
}
ENDED = frozenset({CANCELLED, MISSED, COMPLETED})


def meaning(status: str) -> str:
    """The hub's word for a system's own; an unknown one is its own meaning."""
    return _SPELLINGS.get(status, status)


def has_ended(status: str) -> bool:
    """Whether nothing is to be expected of it any more."""
    return meaning(status) in ENDED
