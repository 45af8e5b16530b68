"""Who a SASL response says he is (RFC 4616 PLAIN, Google's and Microsoft's XOAUTH2)."""

import base64
import binascii
import re

REFUSED_TOKEN = base64.b64encode(b'{"status":"401","schemes":"bearer","scope":"mail"}')
"""What XOAUTH2 is told before its NO; the client answers with an empty line."""

_XOAUTH2 = re.compile(r"user=([^\x01]*)\x01auth=Bearer ([^\x01]*)\x01\x01", re.IGNORECASE)


def decoded(response: bytes) -> str:
    """Raises ValueError for what is no base64, or no UTF-8."""
    try:
        return base64.b64decode(response, validate=True).decode()
    except binascii.Error as error:
        raise ValueError("not base64") from error


def by_plain(response: bytes) -> tuple[str, str]:
    """(user, password); raises ValueError."""
    _authorisation, user, password = decoded(response).split("\0")
    return user, password


def by_xoauth2(response: bytes) -> tuple[str, str]:
    """(user, token); raises ValueError."""
    found = _XOAUTH2.fullmatch(decoded(response))
    if found is None:
        raise ValueError("not an XOAUTH2 response")
    return found[1], found[2]
