"""One-time codes from a phone (RFC 6238) and recovery codes: which one is right. Pure."""

import base64
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

import segno

STEP = 30
"""Seconds for which a code is shown (RFC 6238, 4.1: the default, and what every app knows)."""
DIGITS = 6
_SECRET_BYTES = 20
"""RFC 4226, 4: the length of the hash; SHA-1 is the only one that every app computes."""
_SLACK = 1
"""Steps before and after ours that still hold (RFC 6238, 5.2: for clocks and slow fingers)."""
RECOVERY_CODES = 10
_RECOVERY_BYTES = 10
"""80 bits: a stolen hash tells nothing, so that a plain one is enough."""


def new_secret() -> str:
    """A secret as apps take it: base32, 32 letters and digits."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def step_of(now: datetime) -> int:
    return int(now.timestamp()) // STEP


def code_of(secret: str, step: int, *, digits: int = DIGITS) -> str:
    """The code that an app shows during a step (RFC 4226, 5.3)."""
    mac = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    at = mac[-1] & 15
    number = int.from_bytes(mac[at : at + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def step_told(secret: str, code: str, now: datetime, *, last: int) -> int | None:
    """The step whose code this is; None for a wrong code, and for one used already.

    `last`: the step of the last code that was taken (RFC 6238, 5.2: only once).
    """
    around = range(step_of(now) - _SLACK, step_of(now) + _SLACK + 1)
    given = code.encode("utf-8", "surrogatepass")
    fitting = [one for one in around if hmac.compare_digest(code_of(secret, one).encode(), given)]
    return next((one for one in fitting if one > last), None)


def is_app_code(given: str) -> bool:
    """Whether it looks like what an app shows, not like a recovery code."""
    return len(given) == DIGITS and given.isascii() and given.isdigit()


def tidy(given: str) -> str:
    """A code as it is compared: without what people put between the groups, in small letters."""
    return "".join(given.replace("-", "").split()).lower()


def new_recovery_codes() -> list[str]:
    """Ten codes for when the phone is gone, in groups of four: `abcd-efgh-ijkl-mnop`."""
    return [_grouped(secrets.token_bytes(_RECOVERY_BYTES)) for _ in range(RECOVERY_CODES)]


def _grouped(chance: bytes) -> str:
    letters = base64.b32encode(chance).decode().lower()
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def address(secret: str, *, account: str, issuer: str) -> str:
    """The `otpauth:` address that apps read (Google's key URI format)."""
    label = f"{quote(issuer, safe='')}:{quote(account, safe='@')}"
    facts = {"secret": secret, "issuer": issuer, "digits": DIGITS, "period": STEP}
    return f"otpauth://totp/{label}?{urlencode(facts, quote_via=quote)}"


def picture(address_: str) -> str:
    """The address as a QR code: an SVG in a `data:` address, drawn here and sent nowhere."""
    drawn = segno.make(address_, error="m", micro=False)
    return drawn.svg_data_uri(scale=4, border=4, light="#fff")
