"""What proves that an address, or a record, is a customer's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class Evidence(StrEnum):
    """Why an edge is believed, weakest first."""

    CLAIMED = "claimed"
    """Somebody said so: typed into a form, a From nothing vouches for."""
    IMPORT = "import"
    """History from another system says so."""
    INTEGRATION = "integration"
    """A shop or booking system says so."""
    RECORD = "record"
    """A customer's own stream, which nothing has to prove."""
    PROVIDER = "provider"
    """The provider authenticated the account."""
    SIGNED = "signed"
    """The company's own site signed for it."""
    REPLY = "reply"
    """It answered, with a signature of ours, a mail that had been sent to the customer."""
    LINK_CODE = "link-code"
    """A one-time code that was given to the customer came back from there."""
    OPERATOR = "operator"
    """A person of the company decided it."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """Who says that two belong together, and by what.

    by: ("inbox" | "integration" | "operator" | "system", id). reason: in an operator's words.
    """

    evidence: Evidence
    by: tuple[str, UUID | None]
    reason: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)
