"""One way to the provider and back: what is sent along, and has to come back with it. Pure."""

import base64
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from hub.crypto import Keyring, new_token
from hub.errors import HubError
from hub.oidc.claims import refused

LASTS = timedelta(minutes=10)
_SCOPES = "openid email profile"


@dataclass(frozen=True, slots=True)
class Journey:
    """Kept, encrypted, in a cookie of the browser that set out: another's answer is worth nothing.

    verifier: RFC 7636. ends: in seconds since 1970.
    """

    issuer: str
    state: str
    nonce: str
    verifier: str
    ends: int

    def seal(self, keyring: Keyring) -> str:
        return keyring.encrypt(json.dumps(asdict(self)))

    def fits(self, state: str) -> bool:
        return hmac.compare_digest(self.state.encode(), state.encode("utf-8", "surrogatepass"))


def begin(issuer: str, now: datetime) -> Journey:
    ends = int((now + LASTS).timestamp())
    return Journey(issuer, new_token(), new_token(), new_token(), ends)


def unseal(keyring: Keyring, sealed: str, now: datetime) -> Journey:
    """Raises Unauthenticated for what is none of ours, or took too long."""
    try:
        journey = Journey(**json.loads(keyring.decrypt(sealed)))
    except (HubError, ValueError, TypeError) as error:
        raise refused("no-journey") from error
    if journey.ends <= now.timestamp():
        raise refused("too-late")
    return journey


def address(journey: Journey, endpoint: str, *, client_id: str, back: str) -> str:
    """Where the browser goes: Core 3.1.2.1, with a challenge of RFC 7636."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(journey.verifier.encode()).digest())
    facts = {
        "response_type": "code",
        "scope": _SCOPES,
        "client_id": client_id,
        "redirect_uri": back,
        "state": journey.state,
        "nonce": journey.nonce,
        "code_challenge": challenge.rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    joint = "&" if urlsplit(endpoint).query else "?"
    return f"{endpoint}{joint}{urlencode(facts)}"
