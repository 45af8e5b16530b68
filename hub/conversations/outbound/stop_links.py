"""The addresses where whoever got a message from us says what they want, signed in nowhere.

They never expire, since mails are kept for years. Each is for one contact point: who has the link
got what we sent there, and sees nothing of where else the customer is known.
"""

from uuid import UUID

from hub.crypto import Keyring
from hub.customers.consents import Purpose
from hub.ids import parse_id

_STOP = "stop-mail"
_PREFERENCES = "preferences"


class StopLinks:
    """Addresses of silence (for everything, or one purpose) and of preferences."""

    def __init__(self, keyring: Keyring, public_url: str) -> None:
        self._keyring = keyring
        self._url = public_url

    def url(self, contact_point_id: UUID, purpose: Purpose = Purpose.ALL) -> str:
        """Where messages of this purpose are stopped; RFC 8058 posts there."""
        return f"{self._url}/stop/{self._token(_STOP, _named(contact_point_id, purpose))}"

    def preferences(self, contact_point_id: UUID) -> str:
        """Where the customer says what they want to get, and when."""
        return f"{self._url}/preferences/{self._token(_PREFERENCES, str(contact_point_id))}"

    def read(self, token: str) -> tuple[UUID, Purpose] | None:
        """The contact point and purpose a token of `url` is for; None for one that is not ours."""
        named = self._verified(_STOP, token)
        if named is None:
            return None
        point, _, purpose = named.partition("_")
        found = parse_id(point)
        return None if found is None else (found, Purpose(purpose or Purpose.ALL))

    def read_preferences(self, token: str) -> UUID | None:
        """The contact point a token of `preferences` is for, likewise."""
        named = self._verified(_PREFERENCES, token)
        return None if named is None else parse_id(named)

    def _token(self, use: str, named: str) -> str:
        return f"{named}.{self._keyring.sign(use, named)}"

    def _verified(self, use: str, token: str) -> str | None:
        named, _, signature = token.partition(".")
        return named if self._keyring.verify(use, named, signature) else None


def _named(contact_point_id: UUID, purpose: Purpose) -> str:
    return str(contact_point_id) + ("" if purpose is Purpose.ALL else f"_{purpose}")
