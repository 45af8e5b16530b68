"""Which provider operators may sign in with, and who may come in that way."""

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from hub.crypto import Keyring
from hub.db import kept_settings
from hub.db.base import Json
from hub.db.engine import AnySession, WriteSession
from hub.operators.access import Role

NAME = "oidc"
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """secret: encrypted; empty for a client without one. domains: of addresses that may come in,
    none for all. newcomers: the role of who is no operator yet; None lets nobody new in. vouches:
    the provider asks for a second factor itself, so that ours is not asked for.
    """

    issuer: str
    client_id: str
    secret: str = ""
    label: str = ""
    domains: tuple[str, ...] = ()
    newcomers: Role | None = None
    vouches: bool = False

    def lets_in(self, email: str) -> bool:
        """Whether the domain of an address is among those named."""
        return not self.domains or email.rpartition("@")[2].lower() in self.domains


def of(kept: Json) -> OidcSettings | None:
    """None while nobody signs in that way."""
    if not kept.get("issuer"):
        return None
    role = kept.get("newcomers")
    return OidcSettings(
        issuer=kept["issuer"],
        client_id=kept.get("client_id", ""),
        secret=kept.get("secret", ""),
        label=kept.get("label", ""),
        domains=tuple(kept.get("domains", ())),
        newcomers=Role(role) if role else None,
        vouches=bool(kept.get("vouches")),
    )


async def load(session: AnySession) -> OidcSettings | None:
    return of(await kept_settings.load(session, NAME))


async def renew(session: WriteSession, keyring: Keyring) -> int:
    """Encrypt the client's secret under the present key; 1 when it was under an earlier one."""
    kept = await kept_settings.load(session, NAME)
    renewed = keyring.renewed(kept["secret"]) if kept.get("secret") else None
    if renewed is None:
        return 0
    await kept_settings.store(session, NAME, {**kept, "secret": renewed})
    return 1


def is_safe(url: str) -> bool:
    """Whether what goes there is read by nobody on the way: HTTPS, or this very machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _HERE)


def tidy_domains(given: Collection[str]) -> list[str]:
    """As they are compared: small letters, without `@`, each once."""
    return sorted({one.strip().lower().removeprefix("@") for one in given} - {""})
