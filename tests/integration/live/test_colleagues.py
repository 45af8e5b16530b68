"""Two operators at hubs in processes of their own: drafts, presence, mentions, notifications."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.database import fresh_database
from tests.installation import (
    PASSWORD,
    Hub,
    add_chat,
    environment,
    furnished,
    opened,
    serving,
)

pytestmark = [pytest.mark.timeout(240), pytest.mark.asyncio(loop_scope="module")]
Json = dict[str, Any]


@dataclass
class Screen:
    """An operator's browser, signed in at one hub."""

    hub: Hub
    http: aiohttp.ClientSession
    headers: dict[str, str]
    id: str = ""

    async def ask(self, method: str, path: str, **sent: Any) -> Any:
        url = f"{self.hub.url}/api/v1/{path}"
        async with self.http.request(method, url, headers=self.headers, **sent) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json() if answer.content_type == "application/json" else None

    @asynccontextmanager
    async def live(self) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        url = f"{self.hub.url}/api/v1/live".replace("http", "ws", 1)
        async with self.http.ws_connect(url, headers=self.headers) as socket:
            await socket.send_json({"type": "hello", "after": None})
            assert (await socket.receive_json(timeout=20))["type"] == "ready"
            yield socket


async def sign_in(hub: Hub, http: aiohttp.ClientSession, email: str) -> Screen:
    form, own = {"email": email, "password": PASSWORD}, {"Origin": hub.url}
    async with http.post(
        f"{hub.url}/sign-in", data=form, headers=own, allow_redirects=False
    ) as answer:
        cookie = answer.cookies["besedka"].value
    screen = Screen(hub, http, {**own, "Cookie": f"besedka={cookie}"})
    screen.id = (await screen.ask("GET", "me"))["id"]
    return screen


@dataclass
class House:
    """Anna at both hubs, Boris at the other, and a customer who has written."""

    anna: Screen
    anna_elsewhere: Screen
    boris: Screen
    conversation: str
    customer: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """One for all: the tests meet in one conversation, and each looks only at what is new."""
    folder = tmp_path_factory.mktemp("house")
    async with AsyncExitStack() as stack:
        database_url = await stack.enter_async_context(
            fresh_database(server_url, template_database)
        )
        surroundings = environment(database_url, folder / "data")
        hub, other = [
            await stack.enter_async_context(serving(surroundings, folder / f"{name}.log"))
            for name in ("one", "other")
        ]
        token = await furnished(database_url)
        inbox = await add_chat(hub.url, token, {})
        await opened(f"{hub.url}/chat/{inbox}/")
        jar = aiohttp.DummyCookieJar()
        http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        anna = await sign_in(hub, http, "anna@example.com")
        boris = {"email": "boris@example.com", "role": "operator", "password": PASSWORD}
        await anna.ask("POST", "operators", json=boris)
        chat = f"{hub.url}/chat/{inbox}"
        async with http.post(f"{chat}/visits", json={}) as answer:
            token = (await answer.json())["token"]
        message = {"client_id": "1", "text": "Hello?"}
        bearer = {"Authorization": f"Bearer {token}"}
        async with http.post(f"{chat}/messages", json=message, headers=bearer) as answer:
            assert answer.status < 300, await answer.text()
        (conversation,) = (await anna.ask("GET", "conversations"))["items"]
        yield House(
            anna,
            await sign_in(other, http, "anna@example.com"),
            await sign_in(other, http, "boris@example.com"),
            conversation["id"],
            conversation["customer"]["id"],
        )


async def heard(socket: aiohttp.ClientWebSocketResponse, *kinds: str) -> list[Json]:
    """The frames of these types, in the order they are asked for; others are passed over."""
    found: list[Json] = []
    async with asyncio.timeout(20):
        while len(found) < len(kinds):
            frame = await socket.receive_json()
            if frame["type"] == kinds[len(found)]:
                found.append(frame)
    return found


async def test_a_draft_is_told_to_the_operators_screen_at_the_other_hub(house: House):
    drafts = f"drafts/{house.conversation}"
    async with house.anna.live() as here, house.boris.live() as colleague:
        kept = await house.anna_elsewhere.ask("PUT", drafts, json={"text": "Dear"})
        (frame,) = await heard(here, "draft.updated")
        assert frame["data"]["revision"] == kept["revision"]
        assert (await house.anna.ask("GET", drafts))["text"] == "Dear"
        note = {"text": "Mine", "conversation_id": house.conversation}
        await house.anna.ask("POST", f"customers/{house.customer}/notes", json=note)
        assert (await house.anna_elsewhere.ask("GET", drafts))["revision"] == 0
        seen: list[str] = []
        while "note.created" not in seen:
            seen.append((await colleague.receive_json(timeout=20))["type"])
        assert "draft.updated" not in seen


async def test_who_is_there_is_known_at_both_hubs_until_the_screen_is_gone(house: House):
    async with house.boris.live() as watching:
        async with house.anna.live() as here:
            viewing = {"type": "presence", "state": "viewing", "customer_id": house.customer}
            await here.send_json(viewing)
            (frame,) = await heard(watching, "presence")
            assert frame["customer_id"] == house.customer
            for screen in (house.anna, house.boris):
                (there,) = (await screen.ask("GET", "presence"))["items"]
                assert (there["state"], there["customer_id"]) == ("viewing", house.customer)
        (gone,) = await heard(watching, "presence")
        assert gone["data"]["state"] == "offline"
    async with asyncio.timeout(10):
        while (await house.boris.ask("GET", "presence"))["items"]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_a_mention_at_one_hub_is_heard_at_the_other(house: House):
    note = {
        "text": "Look here",
        "conversation_id": house.conversation,
        "mentions": [house.boris.id],
    }
    async with house.boris.live() as own, house.anna_elsewhere.live() as others:
        await house.anna.ask("POST", f"customers/{house.customer}/notes", json=note)
        _, told = await heard(own, "note.created", "notification.created")
        (listed,) = (await house.boris.ask("GET", "notifications?unread=true"))["items"]
        assert listed["id"] == told["data"]["notification_id"]
        assert (listed["kind"], listed["text"]) == ("mention", "Look here")
        await house.boris.ask("POST", f"conversations/{house.conversation}/read")
        (read,) = await heard(own, "notification.read")
        assert read["data"]["ids"] == [listed["id"]]
        await house.anna.ask("POST", f"customers/{house.customer}/notes", json={"text": "After"})
        seen: list[str] = []
        while seen.count("note.created") < 2:
            seen.append((await others.receive_json(timeout=20))["type"])
        assert not [kind for kind in seen if kind.startswith("notification")]
