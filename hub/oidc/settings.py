"""Which provider operators may sign in with, and who may come in that way."""

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from hub.crypto import Keyring
from hub.db import kept_settings
from hub.db.base import Json
from hub.db.engine import AnySession, WriteSession
from hub.errors import Invalid
from hub.operators.access import Role

NAME = "oidc"
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """secret: encrypted; empty for a client without one. domains: of addresses that may come in,
    none for all operators. newcomers: the role of who is no operator yet, of these domains; None
    lets nobody new in. vouches: the provider asks for a second factor itself, so that ours is
    not asked for.
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


def patched(kept: Json, given: Json) -> Json:
    """What is kept after a change; null takes out. Raises Invalid for what cannot be.

    Another provider is told no secret that was made for the last one, nor believed to ask for
    second factors because that one did.
    """
    another = given.get("issuer", kept.get("issuer", "")) != kept.get("issuer", "")
    stays = {**kept, "secret": "", "vouches": False} if another else kept
    after = {key: one for key, one in {**stays, **given}.items() if one is not None}
    if after.get("issuer") and not after.get("client_id"):
        raise Invalid(
            "Without its id the provider knows no client.", fields={"client_id": "Needed."}
        )
    if after.get("issuer") and after.get("newcomers") and not after.get("domains"):
        raise Invalid(
            "Everybody who has an account at this provider could come in.",
            remedy="Name the domains of the company's addresses, or let nobody new in.",
            fields={"domains": "Needed to let newcomers in."},
        )
    return after


def differing(kept: Json, after: Json) -> frozenset[str]:
    """Which of issuer, vouches, domains and newcomers a change is about."""
    before, now = believed(kept), believed(after)
    return frozenset(name for name in before if before[name] != now[name])


def believed(kept: Json) -> Json:
    """Whom the hub takes at their word, and who may come in on it."""
    return {
        "issuer": kept.get("issuer") or "",
        "vouches": bool(kept.get("vouches")),
        "domains": list(kept.get("domains") or ()),
        "newcomers": kept.get("newcomers"),
    }


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
