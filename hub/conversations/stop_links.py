"""The address where whoever got a mail from us asks for silence, without signing in anywhere."""

from uuid import UUID

from hub.crypto import Keyring
from hub.ids import parse_id

_PURPOSE = "stop-mail"


class StopLinks:
    """One address for each contact point; it never expires, since mails are kept for years."""

    def __init__(self, keyring: Keyring, public_url: str) -> None:
        self._keyring = keyring
        self._base = f"{public_url}/stop"

    def url(self, contact_point_id: UUID) -> str:
        signature = self._keyring.sign(_PURPOSE, str(contact_point_id))
        return f"{self._base}/{contact_point_id}.{signature}"

    def read(self, token: str) -> UUID | None:
        """The contact point a token is for; None for one that is not ours."""
        named, _, signature = token.partition(".")
        found = parse_id(named)
        if found is None or not self._keyring.verify(_PURPOSE, str(found), signature):
            return None
        return found
