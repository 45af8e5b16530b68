"""Names of ours in mail that outsiders cannot forge: Message-IDs and reply addresses.

Both carry an id and a mac of it. Letters and digits of one case only: servers on the way may
change the case of a local part, and a Message-ID comes back through many programs.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from channels.email.domains import ascii_domain

_ID = 26
_MAC = 16
"""Characters of base32: 128 bits of id, 80 of mac. Guessing is only possible by sending mails."""
_LONGEST_LOCAL = 64
"""RFC 5321 4.5.3.1.1."""
_LONGEST = 1_000
_MESSAGE_ID = re.compile(rf"<?m([a-z2-7]{{{_ID}}})([a-z2-7]{{{_MAC}}})@[^@\s<>]+>?", re.ASCII)
_THREAD = re.compile(rf"<?t([a-z2-7]{{{_ID}}})([a-z2-7]{{{_MAC}}})@[^@\s<>]+>?", re.ASCII)
_REPLY = re.compile(
    rf"(?:[^@\s<>]*[+-])?r([a-z2-7]{{{_ID}}})([a-z2-7]{{{_MAC}}})@[^@\s<>]+", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one inbox.

    address: the inbox's own. sign: `Host.sign`, which no other inbox can imitate.
    """

    address: str
    sign: Callable[[str, str], str]

    def message_id(self, delivery_id: UUID) -> str:
        """The Message-ID of a delivery, in its angle brackets; the same for every attempt."""
        name = "m" + _spelled(delivery_id) + self._mac("message-id", delivery_id)
        return f"<{name}@{self._domain}>"

    def reply_address(self, conversation_id: UUID) -> str:
        """Where answers to a conversation go (`local+token@domain`).

        Empty when the local part of the inbox's address leaves no room for a token.
        """
        token = "r" + _spelled(conversation_id) + self._mac("reply", conversation_id)
        local = f"{self.address.rpartition('@')[0]}+{token}"
        if not local.isascii() or len(local) > _LONGEST_LOCAL:
            return ""
        return f"{local}@{self._domain}"

    def thread_id(self, conversation_id: UUID) -> str:
        """A reference that all mails of a conversation have in common, in its angle brackets."""
        name = "t" + _spelled(conversation_id) + self._mac("thread", conversation_id)
        return f"<{name}@{self._domain}>"

    def read_thread_id(self, value: str) -> UUID | None:
        """The conversation a reference names; None when it is not one of this inbox's."""
        return self._read(_THREAD, "thread", value)

    def read_message_id(self, value: str) -> UUID | None:
        """The delivery a Message-ID names; None when it is not one of this inbox's."""
        return self._read(_MESSAGE_ID, "message-id", value)

    def read_reply_address(self, value: str) -> UUID | None:
        """The conversation a reply address names; None when it is not one of this inbox's.

        What stands before the token is not looked at: a mailbox may have been renamed since.
        """
        return self._read(_REPLY, "reply", value)

    @property
    def _domain(self) -> str:
        return ascii_domain(self.address.rpartition("@")[2])

    def _read(self, pattern: re.Pattern[str], purpose: str, value: str) -> UUID | None:
        found = pattern.fullmatch(value.strip().lower()) if len(value) <= _LONGEST else None
        if found is None:
            return None
        named = _read_id(found[1])
        genuine = hmac.compare_digest(self._mac(purpose, named).encode(), found[2].encode())
        # Spare bits of base32: only the one spelling we write is ours.
        return named if genuine and _spelled(named) == found[1] else None

    def _mac(self, purpose: str, named: UUID) -> str:
        # The hub's signature may tell upper from lower case, which mail does not keep.
        signed = self.sign(f"email-{purpose}", str(named))
        return _base32(hashlib.sha256(signed.encode()).digest())[:_MAC]


def _spelled(named: UUID) -> str:
    return _base32(named.bytes)


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()


def _read_id(spelled: str) -> UUID:
    # 26 characters of base32 are 130 bits: always enough for the 16 bytes.
    return UUID(bytes=base64.b32decode(spelled.upper() + "======"))
