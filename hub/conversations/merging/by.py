"""Who joins and separates customers and conversations, and when."""

from dataclasses import dataclass
from datetime import datetime

from hub.conversations.draft import Author
from hub.customers.evidence import Evidence, Grounds


@dataclass(frozen=True, slots=True)
class By:
    """Who reshapes, and when."""

    author: Author
    now: datetime

    def grounds(self, evidence: Evidence, reason: str = "") -> Grounds:
        return Grounds(evidence, (self.author.kind, self.author.id), reason)
