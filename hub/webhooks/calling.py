"""One call to another system: signed, bounded in time and size, to public addresses only."""

import asyncio
import re
import time
from collections.abc import Mapping

import aiohttp

from hub.inboxes.outgoing_http import AddressRefused
from hub.webhooks.verdict import Answer

TIMEOUT = 15.0
"""Seconds a receiver may take: what takes longer should answer first and work afterwards."""
_READ = 2048
_SAID = 200
_FAULTS: Mapping[type[BaseException], str] = {
    AddressRefused: "address-refused",
    aiohttp.ClientConnectorDNSError: "no-such-host",
    aiohttp.ClientSSLError: "tls-failed",
    TimeoutError: "timed-out",
    aiohttp.ClientConnectorError: "not-reachable",
}
"""In this order: the first that fits."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


async def call(
    http: aiohttp.ClientSession, url: str, body: bytes, headers: Mapping[str, str]
) -> Answer:
    """POST once. Never raises for what a receiver or the network does; redirects are refused."""
    started = time.monotonic()
    try:
        async with (
            asyncio.timeout(TIMEOUT),
            http.post(url, data=body, headers=headers, allow_redirects=False) as response,
        ):
            said = "" if response.ok else await _beginning(response)
            return Answer(
                response.status,
                _since(started),
                retry_after=_seconds(response.headers.get("Retry-After", "")),
                said=said,
            )
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        return Answer(None, _since(started), fault=_fault(error))


async def _beginning(response: aiohttp.ClientResponse) -> str:
    raw = await response.content.read(_READ)
    return _CONTROL.sub(" ", raw.decode("utf-8", "replace")).strip()[:_SAID]


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _seconds(retry_after: str) -> float:
    """A number of seconds (RFC 9110, 10.2.3); dates are passed over."""
    return float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0.0


def _fault(error: BaseException) -> str:
    """A code, never the error's words: they may hold the address."""
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    for kind, code in _FAULTS.items():
        if isinstance(error, kind) or isinstance(inner, kind):
            return code
    return "connection-broke"
