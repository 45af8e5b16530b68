"""The provider's calls to the company: signed forms, tried again while nobody takes them."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Sequence

import aiohttp

Form = Sequence[tuple[str, str]]

TRIES = 6
FIRST_PAUSE = 0.2
"""Seconds; doubled each time. A real account asks for it with #rc=5&rp=all behind the address."""
ANSWERED_WITHIN = aiohttp.ClientTimeout(total=15)


def sign(token: str, url: str, form: Form) -> str:
    """X-Twilio-Signature (https://www.twilio.com/docs/usage/security)."""
    text = url + "".join(name + value for name, value in sorted(set(form)))
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


async def post(http: aiohttp.ClientSession, token: str, url: str, form: Form) -> int:
    """The last answer's status, 0 where there was none. A 4xx is final."""
    headers = {
        "X-Twilio-Signature": sign(token, url, form),
        "User-Agent": "TwilioProxy/1.1",
        "I-Twilio-Idempotency-Token": hashlib.sha256(repr(form).encode()).hexdigest()[:36],
    }
    status, pause = 0, FIRST_PAUSE
    for _ in range(TRIES):
        try:
            async with http.post(
                url, data=list(form), headers=headers, timeout=ANSWERED_WITHIN
            ) as response:
                status = response.status
                await response.read()
        except (aiohttp.ClientError, TimeoutError):
            status = 0
        if 0 < status < 500:
            return status
        await asyncio.sleep(pause)
        pause *= 2
    return status
