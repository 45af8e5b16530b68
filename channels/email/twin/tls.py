"""Whether the twin speaks TLS, and how it begins."""

import ssl
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Tls:
    """`how`: as in an inbox's settings; `context` is the server's, with its certificate."""

    how: Literal["none", "implicit", "starttls"] = "none"
    context: ssl.SSLContext | None = None

    @property
    def at_once(self) -> ssl.SSLContext | None:
        return self.context if self.how == "implicit" else None

    def offered(self, *, secure: bool) -> bool:
        """STARTTLS may be asked for; until it was, nobody may sign in."""
        return self.how == "starttls" and not secure
