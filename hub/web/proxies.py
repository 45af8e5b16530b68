"""Who is calling, and what address they see in their browser, also behind trusted proxies."""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from aiohttp import web

from hub.settings import Network


@dataclass(frozen=True, slots=True)
class Caller:
    """`origin` is scheme://host[:port] as the browser sees it. `address`: IPv4 as IPv4, also
    where one socket listens for both."""

    address: str
    origin: str

    @property
    def network(self) -> str:
        """Who is counted as one: an address, of IPv6 its /64, which is what one machine gets."""
        if ":" not in self.address:
            return self.address
        return str(ip_network(f"{self.address.partition('%')[0]}/64", strict=False))

    @property
    def secure(self) -> bool:
        return self.origin.startswith("https://")


CALLER = web.RequestKey("caller", Caller)
"""Set for every request before anything else looks at it."""


class Proxies:
    """Believes `X-Forwarded-*` only from HUB_TRUSTED_PROXIES, and reads it from the near end."""

    def __init__(self, trusted: tuple[Network, ...], public_url: str) -> None:
        self._trusted = trusted
        parts = urlsplit(public_url)
        self._public = f"{parts.scheme}://{parts.netloc}" if public_url else ""
        self._public_host = parts.netloc
        self.prefix = parts.path
        """The path HUB_PUBLIC_URL adds, without a trailing slash; proxies may strip it or not."""

    def caller(self, request: web.Request) -> Caller:
        near = _plain(request.remote or "")
        scheme, host = request.scheme, request.host
        if not self._trusts(near):
            return Caller(near, self._origin(scheme, host))
        headers = request.headers
        scheme = _last(headers.get("X-Forwarded-Proto", "")) or scheme
        host = _last(headers.get("X-Forwarded-Host", "")) or host
        address = self._client(near, headers.get("X-Forwarded-For", ""))
        return Caller(address, self._origin("https" if scheme == "https" else "http", host))

    def _origin(self, scheme: str, host: str) -> str:
        # A proxy that ends TLS and says nothing of it still passes the public name on.
        return self._public if host == self._public_host else f"{scheme}://{host}"

    def _client(self, near: str, forwarded: str) -> str:
        """The first address from the right that is no proxy of ours: the rest can be lies."""
        found = near
        for part in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
            if not _is_address(part):
                break
            found = _plain(part)
            if not self._trusts(found):
                break
        return found

    def _trusts(self, address: str) -> bool:
        if not self._trusted or not _is_address(address):
            return False
        parsed = ip_address(address)
        return any(parsed in network for network in self._trusted)


def _last(header: str) -> str:
    return header.rpartition(",")[2].strip().lower()


def _plain(address: str) -> str:
    """The address; an IPv4 one that came in an IPv6 one (RFC 4291, 2.5.5.2) as it is. Else all of
    IPv4 would be one network of IPv6, and no proxy would be known."""
    if not _is_address(address):
        return address
    parsed = ip_address(address)
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return str(mapped or address)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
