"""The address of the page where a customer answers, without signing in anywhere."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from hub.crypto import Keyring
from hub.ids import parse_id

_PURPOSE = "appointment"


@dataclass(frozen=True, slots=True)
class Linked:
    """What an address is about. starts_at: of the appointment when the link was made."""

    appointment_id: UUID
    starts_at: datetime


class AnswerLinks:
    """One address for each appointment and time: an old one tells of the new time."""

    def __init__(self, keyring: Keyring, public_url: str) -> None:
        self._keyring = keyring
        self._base = f"{public_url}/appointment"

    def url(self, appointment_id: UUID | str, starts_at: datetime) -> str:
        """appointment_id: as text in the spelling of RFC 9562, as `str` gives it."""
        named = f"{appointment_id}.{round(starts_at.timestamp() * 1_000_000)}"
        return f"{self._base}/{named}.{self._keyring.sign(_PURPOSE, named)}"

    def read(self, token: str) -> Linked | None:
        """None for a token that is not ours."""
        named, _, signature = token.rpartition(".")
        id_, _, moment = named.partition(".")
        found = parse_id(id_)
        if found is None or not self._keyring.verify(_PURPOSE, named, signature):
            return None
        return Linked(found, datetime.fromtimestamp(int(moment) / 1_000_000, UTC))
