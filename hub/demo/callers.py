"""Customers who write through a twin: each message once, and at the hour of the story."""

import asyncio
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from hub.clock import Clock
from hub.demo.doors import Api, DoorClosed, Json
from hub.demo.notebook import Notebook
from hub.demo.stories import CHAT, Person, Script, Step
from hub.demo.twins import SCHEMES
from hub.ports import RunningTwin

_PAUSE = 0.025
_PATIENCE = 60.0
"""Seconds a message may take to reach the hub, of which it needs a tenth of one."""
_ON_ITS_WAY = 5.0
"""The same for what an earlier start may have sent, before it is sent again."""


class Callers:
    """`twins` by channel. `admin` may read every timeline."""

    def __init__(
        self,
        admin: Api,
        script: Script,
        notebook: Notebook,
        clock: Clock,
        twins: Mapping[str, RunningTwin],
    ) -> None:
        self._admin = admin
        self._script = script
        self._notebook = notebook
        self._clock = clock
        self._twins = twins

    async def says(self, step: Step, number: int) -> None:
        """Play the step, the `number`-th of the script; returns when the hub has its message."""
        before = self._said_before(step)
        if await self._heard(step) > before:
            return
        if self._notebook.notes.playing == number and await self._arrives(
            step, before, _ON_ITS_WAY
        ):
            return
        await self._notebook.change(playing=number)
        await self._twins[step.on].play(await self._act(step))
        if not await self._arrives(step, before, _PATIENCE):
            raise DoorClosed(f"{step.person.name} wrote on {step.on}: nothing came.", status=0)

    async def customer(self, person: Person, channel: str) -> str:
        """The id of who has that address."""
        found = await self._found(person, channel)
        if not found:
            raise DoorClosed(f"{person.name} is not known on {channel}.", status=0)
        return str(found[0]["id"])

    async def _act(self, step: Step) -> Mapping[str, object]:
        person = step.person
        return {
            **step.besides,
            "who": person.addresses[step.on],
            "name": person.name,
            "locale": person.locale,
            "text": step.value,
            "files": [await _file(one) for one in step.besides.get("files", ())],
            "at": self._clock(),
        }

    def _said_before(self, step: Step) -> int:
        return sum(
            one.verb == "says" and (one.person.key, one.on) == (step.person.key, step.on)
            for one in self._script.steps
            if one.number < step.number
        )

    async def _arrives(self, step: Step, before: int, within: float) -> bool:
        try:
            async with asyncio.timeout(within):
                while await self._heard(step) <= before:  # noqa: ASYNC110 - the hub is asked
                    await asyncio.sleep(_PAUSE)
        except TimeoutError:
            return False
        return True

    async def _heard(self, step: Step) -> int:
        """How many messages of the customer's on that channel the hub has."""
        found = await self._found(step.person, step.on)
        if not found:
            return 0
        path = f"/api/v1/customers/{found[0]['id']}/timeline"
        entries = (await self._admin.call("GET", path, limit="100"))["items"]
        return sum(one["channel"] == step.on and one["direction"] == "inbound" for one in entries)

    async def _found(self, person: Person, channel: str) -> list[Json]:
        point = f"{SCHEMES[channel]}:{person.addresses[channel]}"
        found = await self._admin.call("GET", "/api/v1/customers", contact_point=point)
        items: list[Json] = found["items"]
        return items


def by_twin(step: Step) -> bool:
    return step.on != CHAT


async def _file(one: Mapping[str, Any]) -> Mapping[str, object]:
    """With its bytes, when the script names a file of ours; else the twin has a sample."""
    if "name" not in one:
        return {"name": one["kind"], **one}
    path = files("hub.demo") / "files" / one["name"]
    return {**one, "content": await asyncio.to_thread(path.read_bytes)}
