"""A real hub in a process of its own, its number rented from the twin, and phones in our hands."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
import pytest
import pytest_asyncio
from twilio.request_validator import RequestValidator

from channels.sms.twin import RunningSmsTwin, twin
from channels.sms.twin.book import Message
from tests.database import fresh_database
from tests.installation import Hub, environment, furnished, serving

Json = dict[str, Any]
PATIENCE = 20.0
T = TypeVar("T")


@dataclass
class House:
    """All of it. Each test has phones of its own."""

    hub: Hub
    twin: RunningSmsTwin
    http: aiohttp.ClientSession
    inbox: Json

    async def api(self, method: str, path: str, body: object = None, *, status: int = 0) -> Any:
        headers = {"Authorization": f"Bearer {self.hub.token}"}
        url = f"{self.hub.url}/api/v1/{path}"
        async with self.http.request(method, url, json=body, headers=headers) as answer:
            said = await answer.json()
            assert answer.status == status if status else answer.status < 300, said
            return said

    async def customer(self, number: str) -> Json:
        """Whoever has this number, once they have written."""

        async def found() -> Json | None:
            point = quote(f"tel:{number}")
            items = (await self.api("GET", f"customers?contact_point={point}"))["items"]
            return items[0] if items else None

        return await eventually(found)

    async def timeline(self, customer: str) -> list[Json]:
        items: list[Json] = (await self.api("GET", f"customers/{customer}/timeline"))["items"]
        return items

    async def texts(self, number: str, *, at_least: int) -> list[Json]:
        """What the hub has of this phone, once there is so much of it."""
        customer = await self.customer(number)

        async def enough() -> list[Json] | None:
            items = [
                one for one in await self.timeline(customer["id"]) if one["kind"] == "message"
            ]
            return items if len(items) >= at_least else None

        return await eventually(enough)

    async def send(self, number: str, text: str, **more: object) -> str:
        """A message to this phone; its id."""
        customer = await self.customer(number)
        body = {"text": text, **more}
        sent = await self.api("POST", f"customers/{customer['id']}/messages", body)
        return str(sent["message"]["id"])

    async def delivery(self, message: str, status: str) -> Json:
        """The message's delivery, once it has this status."""

        async def so_far() -> Json | None:
            (one,) = (await self.api("GET", f"messages/{message}/deliveries"))["items"]
            return one if one["status"] == status else None

        return await eventually(so_far)

    def on_phone(self, number: str) -> list[Message]:
        """What arrived there from the company, the provider's own answers left out."""
        book = self.twin.exchange.book
        return [
            one
            for one in book.messages.values()
            if one.phone == number and not one.inbound and not one.own
        ]

    async def arrives(self, number: str, text: str) -> Message:
        async def found() -> Message | None:
            return next((one for one in self.on_phone(number) if one.text == text), None)

        return await eventually(found)

    async def post(self, form: Mapping[str, str], *, path: str = "webhook") -> int:
        """What Twilio would post, signed by Twilio's own package; the answer's status."""
        url = self.inbox["urls"][path]
        settings = self.twin.settings
        form = {"AccountSid": str(settings["account_sid"]), **form}
        signer = RequestValidator(str(settings["auth_token"]))
        headers = {"X-Twilio-Signature": signer.compute_signature(url, form)}
        async with self.http.post(url, data=form, headers=headers) as answer:
            return answer.status


async def eventually(ask: Callable[[], Awaitable[T | None]]) -> T:
    """The first answer that is something; nothing is taken on trust of a pause."""
    async with asyncio.timeout(PATIENCE):
        while not (found := await ask()):  # noqa: ASYNC110 - nobody rings
            await asyncio.sleep(0.02)
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("sms")
    async with AsyncExitStack() as stack:
        database_url = await stack.enter_async_context(
            fresh_database(server_url, template_database)
        )
        surroundings = environment(database_url, folder / "data")
        hub = await stack.enter_async_context(serving(surroundings, folder / "hub.log"))
        hub.token = await furnished(database_url)
        running = await stack.enter_async_context(twin.serve("127.0.0.1", 0, folder / "twin"))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        made = House(hub, running, http, {})
        new = {"channel": "sms", "name": "Optika", "settings": dict(running.settings)}
        made.inbox = await made.api("POST", "inboxes", new)

        async def is_open() -> bool:
            return bool((await made.api("GET", f"inboxes/{made.inbox['id']}"))["state"] == "open")

        await eventually(is_open)
        await running.connect(made.inbox["urls"])
        yield made
