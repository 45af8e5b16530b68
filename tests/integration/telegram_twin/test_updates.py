"""getUpdates and webhooks: what is acknowledged, what waits, who is in the other's way."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.integration.telegram_twin.conftest import ANN, Provider
from tests.nodes import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATIENCE = 10
BUSY = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is "
    "running"
)
HOOKED = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete "
    "the webhook first"
)


async def texts(provider: Provider, **arguments: Any) -> list[str]:
    _, body = await provider.call("getUpdates", **arguments)
    return [one["message"]["text"] for one in body["result"]]


async def test_offsets(provider: Provider):
    for text in "abcd":
        await provider.ann(text)
    first = (await provider.call("getUpdates"))[1]["result"][0]["update_id"]
    assert await texts(provider, limit=2) == ["a", "b"]
    assert await texts(provider, offset=first + 1) == ["b", "c", "d"]
    assert await texts(provider) == ["b", "c", "d"]
    assert await texts(provider, offset=-1) == ["d"]
    assert await texts(provider) == ["d"]
    assert await texts(provider, offset=first + 4) == []


async def test_a_long_poll_ends_when_something_comes(provider: Provider):
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
        poll = tasks.create_task(texts(provider, timeout=50))
        await until(lambda: provider.twin.updates._poll is not None, within=PATIENCE)
        await provider.ann("at last")
    assert poll.result() == ["at last"]


async def test_a_long_poll_ends_by_itself(provider: Provider):
    async with asyncio.timeout(PATIENCE):
        assert await texts(provider, timeout=1) == []


async def test_two_pollers(provider: Provider):
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
        first = tasks.create_task(provider.refusal("getUpdates", timeout=50))
        await until(lambda: provider.twin.updates._poll is not None, within=PATIENCE)
        second = tasks.create_task(texts(provider, timeout=50))
        await until(first.done, within=PATIENCE)
        await provider.ann("for the second")
    assert first.result() == (409, BUSY)
    assert second.result() == ["for the second"]


async def test_allowed_updates(provider: Provider):
    await provider.call("sendMessage", chat_id=ANN, text="a")
    await provider.ann(do="react")
    assert (await provider.call("getUpdates"))[1]["result"] == []
    await provider.call("getUpdates", allowed_updates=["message_reaction"])
    await provider.ann(do="react", emoji="🎉")
    await provider.ann("not asked for")
    (one,) = (await provider.call("getUpdates"))[1]["result"]
    assert one["message_reaction"]["old_reaction"] == [{"type": "emoji", "emoji": "👍"}]
    await provider.call("getUpdates", allowed_updates=[], offset=one["update_id"] + 1)
    await provider.ann("again")
    assert await texts(provider) == ["again"]


@dataclass
class Hook:
    """The bot's own server: what came, and what it answers next."""

    url: str = ""
    came: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: list[web.Response] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        self.came.append((secret, await request.json()))
        return self.answers.pop(0) if self.answers else web.Response()

    @property
    def texts(self) -> Sequence[str]:
        return [body["message"]["text"] for _, body in self.came]


@asynccontextmanager
async def listening() -> AsyncIterator[Hook]:
    hook = Hook()
    app = web.Application()
    app.router.add_post("/hook", hook.take)
    async with TestServer(app) as server:
        hook.url = str(server.make_url("/hook"))
        yield hook


async def test_webhook(provider: Provider):
    await provider.ann("before")
    async with listening() as hook:
        _, body = await provider.call("setWebhook", url=hook.url, secret_token="s-1")
        assert body == {"ok": True, "result": True, "description": "Webhook was set"}
        await provider.ann("after")
        await until(lambda: len(hook.came) == 2, within=PATIENCE)
        assert hook.texts == ["before", "after"]
        assert {secret for secret, _ in hook.came} == {"s-1"}
        assert await provider.refusal("getUpdates") == (409, HOOKED)
        await until(lambda: not provider.twin.updates.waiting, within=PATIENCE)
        info = await provider.bot.get_webhook_info()
        assert (info.url, info.pending_update_count, info.max_connections) == (hook.url, 0, 40)
        await provider.call("deleteWebhook")
    assert await texts(provider) == []


async def test_a_webhook_that_fails_is_tried_again_in_order(provider: Provider):
    provider.twin.webhook.first_pause = 0.05
    async with listening() as hook:
        hook.answers = [web.Response(status=503), web.Response(status=500)]
        await provider.call("setWebhook", url=hook.url)
        await provider.ann("one")
        await provider.ann("two")
        await until(lambda: len(hook.came) >= 4, within=PATIENCE)
        assert hook.texts == ["one", "one", "one", "two"]
        info = await provider.bot.get_webhook_info()
        assert info.last_error_message is not None
        assert info.last_error_message.startswith("Wrong response from the webhook: 500")
        await provider.call("deleteWebhook", drop_pending_updates=True)


async def test_a_call_in_a_webhooks_answer_is_carried_out(provider: Provider):
    async with listening() as hook:
        call = {"method": "sendMessage", "chat_id": ANN, "text": "at once"}
        form = "method=sendMessage&chat_id=7000000100&text=by+form"
        kind = "application/x-www-form-urlencoded"
        hook.answers = [web.json_response(call), web.Response(text=form, content_type=kind)]
        await provider.call("setWebhook", url=hook.url, drop_pending_updates=True)
        await provider.ann("hi")
        await provider.ann("ho")
        await until(lambda: not provider.twin.updates.waiting, within=PATIENCE)
        await provider.call("deleteWebhook")
    said = [one.message.get("text") for one in provider.twin.world.messages[ANN].values()]
    assert {"at once", "by form"} <= set(said)


async def test_setting_a_webhook_ends_a_poll(provider: Provider):
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
        poll = tasks.create_task(provider.refusal("getUpdates", timeout=50))
        await until(lambda: provider.twin.updates._poll is not None, within=PATIENCE)
        await provider.call("setWebhook", url="http://127.0.0.1:9/hook")
    assert poll.result() == (409, "Conflict: terminated by setWebhook request")
    await provider.call("deleteWebhook", drop_pending_updates=True)
