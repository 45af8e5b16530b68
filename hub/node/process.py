"""One running process of the hub: in which order its parts start and stop.

Whatever starts first stops last: the database outlives the loops, the loops outlive the door. A
loop that ends by itself is a fault of ours: the process ends with it, and whoever watches over
it starts another.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hub import clock as wall
from hub.alerts import watch as alert_watch
from hub.clock import Clock
from hub.db.cluster import Tenancy, hub_lock
from hub.installation import Installation, open_installation
from hub.node.loops import endless, health_of, loops_of
from hub.node.parts import assemble
from hub.node.role import Role
from hub.node.serving import listen, serving, with_address
from hub.settings import Settings


@dataclass(frozen=True, slots=True)
class Ready:
    """What is told when the node serves; `url` is empty for a worker."""

    url: str
    pid: int
    data_dir: Path


async def run(
    settings: Settings,
    *,
    role: Role,
    ready: Callable[[Ready, Installation], Awaitable[None]],
    clock: Clock = wall.now,
    prepare: Callable[[Settings], Awaitable[None]] | None = None,
    tenancy: Tenancy | None = None,
) -> None:
    """Serve until cancelled. Raises HubError for what an administrator has to mend first.

    `prepare` is called with the settings as they are served, the port known, before any inbox
    opens. `tenancy`: of the embedded database, where it is starting already.
    """
    async with AsyncExitStack() as stack:
        if not settings.database_url:
            await stack.enter_async_context(hub_lock(settings.data_path))
        listening = None if role is Role.WORKER else stack.enter_context(listen(settings))
        settings = with_address(settings, listening)
        installation = await stack.enter_async_context(
            open_installation(settings, tenancy=tenancy)
        )
        if prepare is not None:
            await prepare(settings)
        parts = await assemble(stack, installation, role, clock)
        if role is not Role.WEB:
            await alert_watch.begin(installation.database, clock)
        async with asyncio.TaskGroup() as group, AsyncExitStack() as door:
            loops = {
                name: group.create_task(endless(name, loop()), name=name)
                for name, loop in loops_of(parts, role).items()
            }
            if listening is not None:
                health = partial(health_of, loops)
                await door.enter_async_context(serving(parts, health, listening))
            url = settings.public_url if listening is not None else ""
            await ready(Ready(url, os.getpid(), settings.data_path), installation)
            await asyncio.Event().wait()
