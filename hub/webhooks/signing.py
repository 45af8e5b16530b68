"""How a call proves that it is ours: Standard Webhooks (standardwebhooks.com, version 1).

Each call carries `webhook-id`, `webhook-timestamp` and `webhook-signature`. The signature is an
HMAC-SHA256 over `id.timestamp.body`, one for each secret that is valid.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    """A secret as receivers enter it: `whsec_` and 32 bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the signature in base64. timestamp: whole seconds since 1970."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(keys: Sequence[str], message_id: str, now: datetime, body: bytes) -> Mapping[str, str]:
    """What a call of `body` carries, signed with each of `keys`."""
    timestamp = int(now.timestamp())
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(key, message_id, timestamp, body) for key in keys),
    }
