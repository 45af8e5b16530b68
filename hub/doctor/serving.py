"""Whether a hub serves here, whether one could, and whether the outside gets to it."""

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from socket import (
    AF_UNSPEC,
    AI_PASSIVE,
    SO_REUSEADDR,
    SOCK_STREAM,
    SOL_SOCKET,
    gaierror,
    getaddrinfo,
    socket,
)
from urllib.parse import urlsplit

import aiohttp
import psutil

from hub.db.cluster import HubAlreadyRunning, hub_lock
from hub.doctor.findings import Finding, fine, problem, warning
from hub.settings import Settings

_PATIENCE = aiohttp.ClientTimeout(total=5)


async def look_at_serving(settings: Settings) -> list[Finding]:
    """Asks the hub's own address and HUB_PUBLIC_URL, with patience for each."""
    pid = await serving_pid(settings.data_path)
    found = [_hub(pid, settings.data_path)]
    found.append(await _port(settings) if pid is None else await _answers(settings, pid))
    found.extend(_public_url(settings))
    if pid is not None and settings.public_url:
        found.append(await _reached_from_outside(settings.public_url))
    return found


async def serving_pid(data_dir: Path) -> int | None:
    """The process that serves this data directory, if there is one."""
    try:
        signature = (data_dir / "hub.lock").read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return None
    if not signature.isdecimal() or not psutil.pid_exists(int(signature)):
        return None
    try:
        # A hub that was killed leaves its number behind, and somebody else may have it now.
        async with hub_lock(data_dir):
            return None
    except HubAlreadyRunning as running:
        return running.pid


def _hub(pid: int | None, data_dir: Path) -> Finding:
    if pid is None:
        return fine("hub", f"No hub serves {data_dir} at this moment.")
    return fine("hub", f"Process {pid} serves {data_dir}.")


async def _port(settings: Settings) -> Finding:
    where = f"{settings.host}:{settings.port}"
    if not settings.port:
        return fine("port", "HUB_PORT is 0: each start takes a free port.")
    try:
        places = getaddrinfo(
            settings.host, settings.port, AF_UNSPEC, SOCK_STREAM, flags=AI_PASSIVE
        )
        for family, kind, protocol, _, place in places:
            with socket(family, kind, protocol) as trial:
                trial.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
                trial.bind(place)
    except gaierror as error:
        return problem(
            "port",
            f"HUB_HOST {settings.host!r} names no address here: {error}.",
            "Use an address of this machine, or 0.0.0.0 for all of them.",
        )
    except OSError as error:
        return problem(
            "port",
            f"{where} cannot be listened on: {error.strerror or error}.",
            "Stop what listens there, or choose another HUB_PORT.",
        )
    return fine("port", f"{where} is free.")


async def _answers(settings: Settings, pid: int) -> Finding:
    if not settings.port:
        return fine("port", f"Process {pid} chose its port itself: see its READY line.")
    url = f"http://{_local(settings.host)}:{settings.port}/healthz"
    if (fault := await _fault(url)) is None:
        return fine("port", f"Process {pid} answers at {settings.host}:{settings.port}.")
    return warning(
        "port",
        f"Process {pid} does not answer at {settings.host}:{settings.port}: {fault}.",
        "Was it started with another HUB_PORT, or as --role worker? Else look at its log.",
    )


def _public_url(settings: Settings) -> Iterator[Finding]:
    if not settings.public_url:
        if _is_local(settings.host):
            yield fine("public-url", "HUB_PUBLIC_URL is not set: only this machine gets here.")
        else:
            yield warning(
                "public-url",
                f"HUB_PUBLIC_URL is not set, so links say {settings.host}:{settings.port}.",
                "Set it to the address that browsers and providers use.",
            )
        return
    parts = urlsplit(settings.public_url)
    if parts.scheme == "http" and not _is_local(parts.hostname or ""):
        yield warning(
            "public-url",
            "HUB_PUBLIC_URL begins with http: passwords travel in the open.",
            "Put a proxy with a certificate before the hub, and write https.",
        )
    elif parts.scheme == "https" and not settings.trusted_proxies:
        yield warning(
            "public-url",
            "HUB_PUBLIC_URL begins with https, but HUB_TRUSTED_PROXIES is empty: every visitor "
            "seems to come from the proxy, and they share one limit.",
            "Name the proxy's network in HUB_TRUSTED_PROXIES, such as 127.0.0.1/32.",
        )
    else:
        yield fine("public-url", f"The outside knows the hub as {settings.public_url}.")


async def _reached_from_outside(url: str) -> Finding:
    if (fault := await _fault(f"{url}/healthz")) is None:
        return fine("public-url-reached", f"{url} leads to a hub.")
    return warning(
        "public-url-reached",
        f"{url} does not lead to the hub from here: {fault}.",
        "Look at the proxy and the name's address. Some networks cannot reach themselves.",
    )


async def _fault(url: str) -> str | None:
    """Why `url` does not answer 200; None when it does."""
    try:
        async with (
            aiohttp.ClientSession(timeout=_PATIENCE) as client,
            client.get(url, allow_redirects=False) as answer,
        ):
            return None if answer.status == 200 else f"it answers {answer.status}"
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        return str(error) or type(error).__name__


def _local(host: str) -> str:
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104 - compared, not listened on
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
