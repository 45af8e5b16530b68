"""Whether a site's JWT proves who the visitor is: HS256, for this inbox, not expired.

Claims: `sub` (the site's id of the person), `aud` (this inbox's id), `exp`; optional `name`,
`email`, `locale`. The rules: RFC 7519 sections 4.1 and 7.2, RFC 8725 (one algorithm, ours).
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from pydantic import SecretStr

LEEWAY = timedelta(seconds=60)
LONGEST = timedelta(days=31)
"""A token that is good for longer is as good as a password in a page: refused."""

_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")


class NotProven(Exception):
    """Why the token proves nothing: for the site's developer."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who the site says the visitor is. `email` is shown, never used to find somebody."""

    sub: str
    name: str = ""
    email: str = ""
    locale: str = ""


def verify(token: str, secret: SecretStr, inbox_id: UUID, now: datetime) -> Person:
    """The person `token` vouches for; raises NotProven."""
    if not secret.get_secret_value():
        raise NotProven("this chat has no signing secret")
    if len(token) > 8192:
        raise NotProven("the token is too long")
    key = OctKey.import_key(secret.get_secret_value())
    try:
        claims = jwt.decode(token, key, algorithms=["HS256"]).claims
    except (JoseError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise NotProven("it is not a token signed with HS256 and this chat's secret") from error
    _check_audience(claims, inbox_id)
    _check_times(claims, now)
    return Person(
        sub=_subject(claims),
        name=_words(claims.get("name"), 200),
        email=_words(claims.get("email"), 254),
        locale=locale_or_nothing(claims.get("locale")),
    )


def locale_or_nothing(value: object) -> str:
    """`value` when it is a plain language tag (`bg`, `pt-BR`), else nothing."""
    return value if isinstance(value, str) and _LOCALE.fullmatch(value) else ""


def _check_audience(claims: Mapping[str, object], inbox_id: UUID) -> None:
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if str(inbox_id) not in named:
        raise NotProven("`aud` is not this inbox's id")


def _check_times(claims: Mapping[str, object], now: datetime) -> None:
    moment, leeway = now.timestamp(), LEEWAY.total_seconds()
    expires = _number(claims, "exp")
    if expires is None:
        raise NotProven("`exp` is missing")
    # Written so that NaN, which compares false with everything, is refused.
    if not expires > moment - leeway:
        raise NotProven("it has expired")
    if not expires <= moment + LONGEST.total_seconds() + leeway:
        raise NotProven("`exp` lies more than 31 days ahead")
    for claim in ("nbf", "iat"):
        begins = _number(claims, claim)
        if begins is not None and not begins <= moment + leeway:
            raise NotProven(f"`{claim}` lies in the future")


def _number(claims: Mapping[str, object], claim: str) -> float | None:
    value = claims.get(claim)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotProven(f"`{claim}` is not a number of seconds")
    return value


def _subject(claims: Mapping[str, object]) -> str:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= 200:
        raise NotProven("`sub` must be a text of 1 to 200 characters")
    # The hub composes letters and joins blanks in addresses: whom the site takes for two people,
    # "jose" with an accent written in two ways or "ann b" and "ann  b", must not become one.
    spelt = " ".join(unicodedata.normalize("NFC", subject).split())
    if subject != spelt or not subject.isprintable():
        raise NotProven(
            "`sub` must be in Unicode's composed form (NFC), with single spaces and only between "
            "words, and without control characters"
        )
    return subject


def _words(value: object, longest: int) -> str:
    if not isinstance(value, str):
        return ""
    return "".join(char for char in value if char.isprintable()).strip()[:longest]
