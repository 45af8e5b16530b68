"""The address of the page where a question is answered, without signing in anywhere."""

from uuid import UUID

from hub.crypto import Keyring
from hub.ids import parse_id

_PURPOSE = "question"


class QuestionLinks:
    """One address for each question that was sent."""

    def __init__(self, keyring: Keyring, public_url: str) -> None:
        self._keyring = keyring
        self._base = f"{public_url}/question"

    def url(self, question_id: UUID) -> str:
        named = question_id.hex
        return f"{self._base}/{named}.{self._keyring.sign(_PURPOSE, named)}"

    def read(self, token: str) -> UUID | None:
        """None for a token that is not ours."""
        named, _, signature = token.rpartition(".")
        found = parse_id(named)
        if found is None or not self._keyring.verify(_PURPOSE, named, signature):
            return None
        return found
