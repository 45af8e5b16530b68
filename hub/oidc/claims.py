"""Whether an ID token says who somebody is (OpenID Connect Core 3.1.3.7, RFC 8725). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from hub.errors import Unauthenticated
from hub.oidc.settings import OidcSettings

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""By a key that only the provider has: neither `none` nor a secret shared with it."""
LEEWAY = timedelta(seconds=60)
OLDEST = timedelta(minutes=10)
"""How long ago a token may have been made: it is asked for and brought within one journey."""
_LONGEST_TOKEN, _LONGEST_SUBJECT = 16_384, 255
_KINDS = frozenset({"RSA", "EC"})


@dataclass(frozen=True, slots=True)
class Claims:
    """Who the provider says somebody is. `email` is empty unless the provider has verified it."""

    issuer: str
    subject: str
    email: str = ""
    name: str = ""


def refused(reason: str) -> Unauthenticated:
    """`reason` is for the log: it names a rule, never a person."""
    return Unauthenticated(
        "Signing in there did not work.", code="oidc-failed", extra={"reason": reason}
    )


def key_set(document: object) -> KeySet:
    """The signing keys of a provider's JWKS; raises Unauthenticated when there is none."""
    listed = document.get("keys") if isinstance(document, Mapping) else None
    usable = [
        one
        for one in (listed if isinstance(listed, list) else [])
        if isinstance(one, Mapping) and one.get("kty") in _KINDS and one.get("use", "sig") == "sig"
    ]
    try:
        keys = KeySet.import_key_set({"keys": [dict(one) for one in usable]})
    except (JoseError, ValueError, TypeError, LookupError) as error:
        raise refused("jwks") from error
    if not keys.keys:
        raise refused("jwks")
    return keys


def verified(
    token: str, keys: KeySet, settings: OidcSettings, *, nonce: str, now: datetime
) -> Mapping[str, Any]:
    """The claims of a token that is the provider's, for us, of now, and for this very journey."""
    if len(token) > _LONGEST_TOKEN:
        raise refused("length")
    try:
        claims = jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims
    except (JoseError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise refused("signature") from error
    if claims.get("iss") != settings.issuer:
        raise refused("iss")
    _check_audience(claims, settings.client_id)
    _check_times(claims, now)
    if not nonce or claims.get("nonce") != nonce:
        raise refused("nonce")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
        raise refused("sub")
    return claims


def _check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    party = claims.get("azp")
    if client_id not in named or (len(named) > 1 and party is None):
        raise refused("aud")
    if party is not None and party != client_id:
        raise refused("azp")


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    ends, began = _seconds(claims.get("exp")), _seconds(claims.get("iat"))
    moment, slack = now.timestamp(), LEEWAY.total_seconds()
    if ends is None or ends + slack <= moment:
        raise refused("exp")
    if began is None or not moment - OLDEST.total_seconds() <= began <= moment + slack:
        raise refused("iat")


def _seconds(value: object) -> float | None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and abs(value) < 1e12 else None  # type: ignore[arg-type]


def who(claims: Mapping[str, Any], about: Mapping[str, Any]) -> Claims:
    """Of an ID token's claims and, where these hold no address, what userinfo says (`about`).

    Raises Unauthenticated when userinfo is about somebody else (Core 5.3.2).
    """
    if about and about.get("sub") != claims["sub"]:
        raise refused("userinfo")
    said = (
        claims
        if claims.get("email")
        else {
            **about,
            **claims,
            "email": about.get("email"),
            "email_verified": about.get("email_verified"),
        }
    )
    # Some say it in words; 1 is neither.
    sure = said.get("email_verified") is True or said.get("email_verified") == "true"
    email, name = said.get("email"), said.get("name")
    return Claims(
        claims["iss"],
        claims["sub"].replace("\0", ""),
        email.strip() if sure and isinstance(email, str) else "",
        name.replace("\0", "").strip()[:200] if isinstance(name, str) else "",
    )
