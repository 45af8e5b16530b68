"""Which addresses the hub may call on a provider's or an administrator's word: public ones.

The check sits where the socket is made, on the very address it will connect to: a name that
resolves differently the second time, a redirect, an address spelled oddly all end here.
"""

import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import aiohttp

from hub.settings import Network

_UNICAST = {4: ip_network("0.0.0.0/0"), 6: ip_network("2000::/3")}
# Carriers' NAT (RFC 6598) is neither private nor public; 6to4 (RFC 3056) carries an IPv4 address
# inside, and a gateway of ours may take it out again.
_ALSO_REFUSED = {4: ip_network("100.64.0.0/10"), 6: ip_network("2002::/16")}


class AddressRefused(OSError):
    """The address is not one that may be called from here."""


def allowed(address: str, exempt: Sequence[Network]) -> bool:
    """Whether the hub may connect to `address` (an IP); `exempt` are HUB_ALLOW_HOSTS."""
    ip = _plain(ip_address(address.split("%", 1)[0]))
    if any(ip.version == network.version and ip in network for network in exempt):
        return True
    reachable = ip in _UNICAST[ip.version] and ip not in _ALSO_REFUSED[ip.version]
    return reachable and ip.is_global and not ip.is_multicast


def _plain(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    # ::ffff:10.0.0.1 reaches 10.0.0.1.
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return mapped or ip


class _Guard:
    """Makes the sockets of a connector, or refuses to."""

    def __init__(self, exempt: Sequence[Network]) -> None:
        self._exempt = tuple(exempt)

    def __call__(self, address: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, (host, *_rest) = address
        if not allowed(host, self._exempt):
            raise AddressRefused(
                f"{host} is not a public address; if it is meant, name it in HUB_ALLOW_HOSTS."
            )
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)  # noqa: FBT003
        return made


@asynccontextmanager
async def outgoing_http(exempt: Sequence[Network] = ()) -> AsyncIterator[aiohttp.ClientSession]:
    """The one client for calls to others. `exempt`: networks callable though not public."""
    connector = aiohttp.TCPConnector(
        socket_factory=_Guard(exempt), limit=200, limit_per_host=50, ttl_dns_cache=30
    )
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=60, connect=10),
        # A proxy from the environment would connect on our behalf, unchecked.
        trust_env=False,
        headers={"User-Agent": "Besedka"},
    ) as session:
        yield session
