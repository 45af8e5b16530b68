"""The twins beside the demo: which are served, where their pages are, which inboxes reach them."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from ipaddress import ip_network
from pathlib import Path

import orjson
import structlog

from hub.demo.doors import Api
from hub.demo.notebook import Notebook
from hub.inboxes import twins
from hub.ports import RunningTwin, Twin
from hub.settings import Settings

PLACES: Mapping[str, int] = {"email": 2, "telegram": 3, "sms": 4}
"""How far from the hub's port each page is; others take what is free."""
NAMES: Mapping[str, str] = {
    "email": "Luna Optics by mail",
    "telegram": "Luna Optics on Telegram",
    "sms": "Luna Optics by SMS",
}
OUR_OWN: Mapping[str, Mapping[str, object]] = {"email": {"sender_name": "Luna Optics"}}
"""Settings that are the company's choice, not the provider's."""
SCHEMES: Mapping[str, str] = {"email": "email", "telegram": "telegram", "sms": "tel"}
"""Of the contact points of each channel's customers."""
_LOOKS, _PAUSE = 400, 0.05
_LOOPBACK = ("127.0.0.0/8", "::1/128")

log = structlog.get_logger(__name__)


def reaching_twins(settings: Settings) -> Settings:
    """Twins live on this machine, which the hub's outgoing connections avoid otherwise."""
    loopback = tuple(ip_network(one) for one in _LOOPBACK)
    return settings.model_copy(update={"allow_hosts": (*settings.allow_hosts, *loopback)})


@asynccontextmanager
async def loading_twins() -> AsyncIterator[asyncio.Future[Mapping[str, Twin]]]:
    """Every twin that is installed, imported in a thread meanwhile."""
    loading = asyncio.get_running_loop().run_in_executor(None, twins.load)
    try:
        yield loading
    finally:
        await asyncio.wait([loading])


async def serve_twins(
    stack: AsyncExitStack, settings: Settings, found: Mapping[str, Twin]
) -> Mapping[str, RunningTwin]:
    """Every twin that starts, by its channel's name, until `stack` is left."""
    running = {}
    for name, twin in found.items():
        port = settings.port + PLACES[name] if name in PLACES else 0
        folder = settings.data_path / "twins" / name
        if (served := await _served(stack, twin, settings.host, port, folder)) is not None:
            running[name] = served
    return dict(sorted(running.items(), key=lambda one: PLACES.get(one[0], 99)))


async def _served(
    stack: AsyncExitStack, twin: Twin, host: str, port: int, folder: Path
) -> RunningTwin | None:
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    for one in (port, 0):
        try:
            return await stack.enter_async_context(twin.serve(host, one, folder))
        except (OSError, OverflowError):
            continue
    log.error("twin.not_served", twin=twin.name)
    return None


async def furnish_twins(
    admin: Api, notebook: Notebook, running: Mapping[str, RunningTwin]
) -> Sequence[str]:
    """An inbox for each twin whose channel is installed, and which; they open meanwhile."""
    channels = {one["name"] for one in (await admin.call("GET", "/api/v1/channels"))["items"]}
    connected = []
    for name, twin in running.items():
        if name not in channels:
            continue
        urls = await _inbox(admin, notebook, name, twin)
        await twin.connect({key: url for key, url in urls.items() if url})
        connected.append(name)
    return connected


async def open_twins(admin: Api, notebook: Notebook, connected: Sequence[str]) -> tuple[str, ...]:
    """Those whose inbox is open; returns when each is, or will not be."""
    return tuple([name for name in connected if await _opened(admin, notebook, name)])


async def _inbox(
    admin: Api, notebook: Notebook, name: str, twin: RunningTwin
) -> Mapping[str, str | None]:
    """Its addresses; made at the first start, changed when the twin is reached in another way."""
    settings = {**twin.settings, **OUR_OWN.get(name, {})}
    print_of = hashlib.sha256(orjson.dumps(settings, option=orjson.OPT_SORT_KEYS)).hexdigest()
    known = dict(notebook.notes.twins.get(name, {}))
    if "id" not in known:
        body = {"channel": name, "name": NAMES.get(name, name), "settings": settings}
        inbox = await admin.call("POST", "/api/v1/inboxes", body, once=f"demo-twin-{print_of}")
    elif known["settings"] != print_of:
        path = f"/api/v1/inboxes/{known['id']}"
        inbox = await admin.call("PATCH", path, {"settings": settings})
    else:
        inbox = await admin.call("GET", f"/api/v1/inboxes/{known['id']}")
    noted = {"id": str(inbox["id"]), "settings": print_of}
    if noted != known:
        await notebook.change(twins={**notebook.notes.twins, name: noted})
    urls: Mapping[str, str | None] = inbox["urls"]
    return urls


async def _opened(admin: Api, notebook: Notebook, name: str) -> bool:
    """Wait for it; an inbox that does not open says why in the console, and has no story."""
    path = f"/api/v1/inboxes/{notebook.notes.twins[name]['id']}"
    inbox = await admin.call("GET", path)
    for _ in range(_LOOKS):
        if inbox["state"] in {"open", "misconfigured"}:
            break
        await asyncio.sleep(_PAUSE)
        inbox = await admin.call("GET", path)
    if inbox["state"] != "open":
        log.error("twin.inbox_not_open", twin=name, state=inbox["state"], detail=inbox["detail"])
    return bool(inbox["state"] == "open")
