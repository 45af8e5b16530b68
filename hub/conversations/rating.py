"""What counts as a customer's answer to the satisfaction question, and what it makes happen.

The answer comes as the value of a pressed button, `rate:<conversation>:<score>`, or, where there
are no buttons, as a bare number sent back to the question.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

LOW = 2
"""A score up to this needs somebody: the message opens the conversation again."""
SCORES = range(1, 6)
ANSWERED_WITHIN = timedelta(days=7)
"""Later, a bare number is a number."""
CALL_BACK_WITHIN = timedelta(hours=24)
RATED_LOW = "conversation.rated_low"
"""The activity that says so."""

_VALUE = re.compile(r"rate:([0-9a-f]{32}):([1-5])")
_NUMBER = re.compile(r"\s*([1-5])\s*[.!]?\s*")


@dataclass(frozen=True, slots=True)
class Rating:
    conversation_id: UUID
    score: int

    @property
    def low(self) -> bool:
        return self.score <= LOW

    @property
    def value(self) -> str:
        return f"rate:{self.conversation_id.hex}:{self.score}"


def read(value: object) -> Rating | None:
    """The rating that a button's value says; None for any other value."""
    found = _VALUE.fullmatch(value) if isinstance(value, str) else None
    return Rating(UUID(found[1]), int(found[2])) if found else None


def number(text: object) -> int | None:
    """The score that a message of nothing but a number says.

    A channel may hand over what is no text: that is refused where it is stored.
    """
    found = _NUMBER.fullmatch(text) if isinstance(text, str) and len(text) <= 20 else None
    return int(found[1]) if found else None


def answers(conversation_id: UUID) -> dict[str, str]:
    """Button values by what a template calls them: `conversation.4` comes back as this."""
    return {str(score): Rating(conversation_id, score).value for score in SCORES}
