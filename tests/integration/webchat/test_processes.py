"""Web chat on hubs in processes of their own: read marks, signing out, and what was missed."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest

from channels.webchat.visits import RECHECK
from hub import clock
from hub.conversations.outbound import revise
from hub.conversations.outbound.revise import By, Place
from hub.db.engine import Database
from tests.installation import PASSWORD, Hub, environment, opened, serving

pytestmark = pytest.mark.timeout(240)
Json = dict[str, Any]
Frames = list[Json]


@dataclass
class House:
    """Hubs on one database, the first of them furnished, and a client without cookies."""

    one: Hub
    other: Hub
    http: aiohttp.ClientSession
    cookie: str = ""

    @property
    def inbox(self) -> str:
        return self.one.facts["inbox"]

    def chat(self, hub: Hub, path: str) -> str:
        return f"{hub.url}/chat/{self.inbox}/{path}"

    async def ask(self, method: str, url: str, token: str = "", **sent: Any) -> Any:
        headers = {"Authorization": f"Bearer {token or self.one.token}"}
        async with self.http.request(method, url, headers=headers, **sent) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json() if answer.content_length else None

    async def status(self, method: str, url: str, token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        async with self.http.request(method, url, headers=headers) as answer:
            return answer.status

    async def visit(self, **said: object) -> Json:
        async with self.http.post(self.chat(self.one, "visits"), json=said) as answer:
            visit: Json = await answer.json()
        return visit

    async def post(self, visit: Json, text: str) -> Json:
        body = {"client_id": text.replace(" ", "-"), "text": text}
        url = self.chat(self.one, "messages")
        posted: Json = await self.ask("POST", url, visit["token"], json=body)
        return posted

    async def customer(self, visit: Json) -> Json:
        url = f"{self.other.url}/api/v1/customers"
        found = await self.ask("GET", url, params={"contact_point": visit["contact_point"]})
        (customer,) = found["items"]
        return dict(customer)

    async def answer(self, visit: Json, text: str) -> Json:
        url = f"{self.other.url}/api/v1/customers/{(await self.customer(visit))['id']}/messages"
        sent = await self.ask("POST", url, json={"text": text})
        message: Json = sent["message"]
        return message

    async def operator_reads(self, hub: Hub) -> None:
        """Anna opens the only conversation there is."""
        form = {"email": "anna@example.com", "password": PASSWORD}
        own = {"Origin": hub.url}
        async with self.http.post(
            f"{hub.url}/sign-in", data=form, headers=own, allow_redirects=False
        ) as answer:
            cookie = answer.cookies["besedka"].value
        headers = {**own, "Cookie": f"besedka={cookie}"}
        async with self.http.get(f"{hub.url}/api/v1/conversations", headers=headers) as answer:
            (conversation,) = (await answer.json())["items"]
        url = f"{hub.url}/api/v1/conversations/{conversation['id']}/read"
        async with self.http.post(url, headers=headers) as answer:
            assert answer.status == 204, await answer.text()

    @asynccontextmanager
    async def live(
        self, hub: Hub, visit: Json, after: int | None = None
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        async with self.http.ws_connect(self.chat(hub, "live").replace("http", "ws", 1)) as socket:
            await socket.send_json({"type": "hello", "token": visit["token"], "after": after})
            yield socket


async def frames(
    socket: aiohttp.ClientWebSocketResponse, done: Callable[[Frames], object]
) -> Frames:
    """What comes until `done` is true of it."""
    got: Frames = []
    async with asyncio.timeout(20):
        while not done(got):
            got.append(await socket.receive_json())
    return got


@pytest.fixture
async def house(hub: Hub, database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    surroundings = environment(database_url, tmp_path / "data")
    async with AsyncExitStack() as stack:
        log = tmp_path / "other.log"
        other = await stack.enter_async_context(serving(surroundings, log))
        jar = aiohttp.DummyCookieJar()
        http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        await opened(f"{other.url}/chat/{hub.facts['inbox']}/config")
        yield House(hub, other, http)


async def test_the_visitor_learns_at_another_process_what_an_operator_has_read(house: House):
    visit = await house.visit()
    async with house.live(house.one, visit) as socket:
        assert await socket.receive_json(timeout=10) == {"type": "ready", "seen": None}
        await house.post(visit, "Hello")
        last = await house.post(visit, "Anybody there?")
        await house.operator_reads(house.other)
        *_, told = await frames(socket, lambda got: got and got[-1]["type"] == "read")
        assert told == {"type": "read", "position": last["position"]}
    page = await house.ask("GET", house.chat(house.one, "messages"), visit["token"])
    assert page["seen"] == last["position"]
    for hub in (house.one, house.other):
        async with house.live(hub, visit) as socket:
            ready = await socket.receive_json(timeout=10)
            assert ready == {"type": "ready", "seen": last["position"]}
    point = (await house.customer(visit))["contact_points"][0]
    assert point["inboxes"][0]["seen_position"] == last["position"]


async def test_who_signs_out_is_refused_everywhere_within_seconds(house: House):
    visit, stays = await house.visit(), await house.visit()
    url = house.chat(house.other, "messages")
    async with (
        house.live(house.other, visit) as socket,
        house.live(house.other, stays) as still,
        house.live(house.one, visit) as here,
    ):
        for one in (socket, still, here):
            assert (await one.receive_json(timeout=10))["type"] == "ready"
        assert await house.status("GET", url, visit["token"]) == 200
        begun = time.monotonic()
        await house.ask("DELETE", house.chat(house.one, "visits"), visit["token"])
        assert (await here.receive_json(timeout=20))["code"] == "unauthenticated"
        bound = RECHECK.total_seconds()
        assert (await socket.receive_json(timeout=bound + 20))["code"] == "unauthenticated"
        assert (await socket.receive(timeout=20)).data == 4401
        await asyncio.sleep(max(0, begun + bound - time.monotonic()))
        assert await house.status("GET", url, visit["token"]) == 401
        assert await house.status("GET", url, stays["token"]) == 200
        assert not still.closed


async def _revise(database: Database, message: Json, text: str | None) -> None:
    """Edit the message as an operator might, or delete it: no channel can yet, the hub can."""
    async with database.transaction() as session:
        place = Place(
            UUID(message["stream_id"]),
            message["position"],
            UUID(message["customer"]),
            UUID(message["conversation_id"]),
            UUID(message["inbox_id"]),
        )
        by = By("operator", None)
        if text is None:
            await revise.delete(session, place, by, clock.now())
        else:
            await revise.edit(session, place, (text, ""), by, clock.now())


async def test_who_comes_back_has_missed_nothing_also_after_a_restart(
    hub: Hub, database: Database, database_url: str, tmp_path: Path
):
    """The widget is away; a status changes, messages are edited, deleted and written; a restart.

    It comes back with the position before the oldest message it shows, and then shows exactly what
    one shows that loads everything anew.
    """
    surroundings = environment(database_url, tmp_path / "data")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        house = House(hub, hub, http)
        visit = await house.visit()
        await house.post(visit, "Hello")
        customer = (await house.customer(visit))["id"]
        sent = [await house.answer(visit, text) for text in ("one", "two", "three")]
        async with house.live(hub, visit, after=0) as socket:
            got = await frames(socket, lambda got: _settled(_shown(got, {}), 4))
        shown = _shown(got, {})
        assert {one["text"] for one in shown.values()} == {"Hello", "one", "two", "three"}

        # Away. The first was delivered after all; the second is edited, the third deleted.
        async with house.live(hub, visit) as elsewhere:
            await elsewhere.send_json({"type": "delivered", "id": sent[0]["id"]})
            await frames(elsewhere, lambda got: "delivered" in str(got))
        await _revise(database, {**sent[1], "customer": customer}, "two, corrected")
        await hub.stop()
        await _revise(database, {**sent[2], "customer": customer}, None)
        async with serving(surroundings, tmp_path / "again.log") as again:
            again.facts, again.token = hub.facts, hub.token
            await opened(f"{again.url}/chat/{hub.facts['inbox']}/config")
            house = House(again, again, http)
            await house.answer(visit, "four")
            got, fresh = await _come_back(house, visit, shown)
    shown = _shown(got, shown)
    assert _facts(shown) == _facts(fresh)
    assert [facts[0] for facts in _facts(shown)] == ["Hello", "one", "two, corrected", "", "four"]
    assert shown[sent[0]["id"]]["status"] == "delivered"
    assert shown[sent[2]["id"]]["deleted"]


async def _come_back(
    house: House, visit: Json, shown: dict[str, Json]
) -> tuple[Frames, dict[str, Json]]:
    """What a widget is told that shows `shown`, and what one shows that has just been opened."""
    oldest = min(one["position"] for one in shown.values())
    async with house.live(house.one, visit, after=oldest - 1) as socket:
        got = await frames(
            socket, lambda got: _settled(_shown(got, shown), 5) and _all_again(got, 5)
        )
    page = await house.ask("GET", house.chat(house.one, "messages"), visit["token"])
    return got, {one["id"]: one for one in page["items"]}


def _shown(got: Frames, before: dict[str, Json]) -> dict[str, Json]:
    """What a widget shows that showed `before` and was then told `got`."""
    shown = dict(before)
    for frame in got:
        if frame["type"] == "message":
            shown[frame["id"]] = {name: value for name, value in frame.items() if name != "type"}
        elif frame["type"] == "status" and frame["id"] in shown:
            shown[frame["id"]] = {**shown[frame["id"]], "status": frame["status"]}
    return shown


def _settled(shown: dict[str, Json], count: int) -> bool:
    return len(shown) == count and all(one["status"] != "sending" for one in shown.values())


def _all_again(got: Frames, count: int) -> bool:
    return len({frame["id"] for frame in got if frame["type"] == "message"}) == count


def _facts(shown: dict[str, Json]) -> list[tuple[str, str, bool]]:
    in_order = sorted(shown.values(), key=lambda one: one["position"])
    return [(one["text"], one["status"], one["deleted"]) for one in in_order]
