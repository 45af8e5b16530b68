"""The twin fails as it is told to, counted, and holds what it held after a restart."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from channels.telegram.twin.faults import KINDS
from channels.telegram.twin.limits import Pace
from channels.telegram.twin.serving import TOKEN, TelegramTwin
from tests.integration.telegram_twin.conftest import ANN, Provider
from tests.nodes import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

REFUSALS: list[tuple[dict[str, Any], int, dict[str, int]]] = [
    ({"do": "too_many", "retry_after": 7}, 429, {"retry_after": 7}),
    ({"do": "too_many_for_bot"}, 429, {"retry_after": 5}),
    ({"do": "blocked"}, 403, {}),
    ({"do": "no_chat"}, 400, {}),
    ({"do": "migrated", "migrate_to_chat_id": -1009}, 400, {"migrate_to_chat_id": -1009}),
    ({"do": "too_large"}, 413, {}),
    ({"do": "server_error"}, 500, {}),
    ({"do": "unauthorized"}, 401, {}),
]


async def arrange(provider: Provider, **wish: Any) -> dict[str, Any]:
    async with provider.http.post(f"{provider.twin.page}faults", json=wish) as answer:
        said: dict[str, Any] = await answer.json()
        return said


def received(provider: Provider, text: str) -> bool:
    chat = provider.twin.world.messages[ANN].values()
    return any(one.message.get("text") == text for one in chat)


@pytest.mark.parametrize(("wish", "code", "parameters"), REFUSALS)
async def test_refusals(
    provider: Provider, wish: dict[str, Any], code: int, parameters: dict[str, int]
):
    await arrange(provider, **wish)
    text = f"once {wish['do']}"
    status, body = await provider.call("sendMessage", chat_id=ANN, text=text)
    assert (status, body.get("parameters", {})) == (code, parameters)
    assert not received(provider, text)
    assert (await provider.call("sendMessage", chat_id=ANN, text=text))[0] == 200


async def test_answers_that_are_none(provider: Provider):
    url = f"{provider.twin.address}/bot{TOKEN}/sendMessage"
    await arrange(provider, do="html_502")
    async with provider.http.post(url, json={"chat_id": ANN, "text": "html"}) as answer:
        assert (answer.status, answer.content_type) == (502, "text/html")
    await arrange(provider, do="cut_json")
    async with provider.http.post(url, json={"chat_id": ANN, "text": "cut"}) as answer:
        with pytest.raises(json.JSONDecodeError):
            await answer.json()
    for kind in ("reset", "reset_before"):
        await arrange(provider, do=kind)
        with pytest.raises(aiohttp.ClientConnectionError):
            await provider.call("sendMessage", chat_id=ANN, text=kind)
    done = [received(provider, text) for text in ("html", "cut", "reset", "reset_before")]
    assert done == [False, True, True, False]


async def test_slow_answers(provider: Provider):
    await arrange(provider, do="slow", seconds=600)
    with suppress(asyncio.CancelledError):
        async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
            slow = tasks.create_task(provider.call("sendMessage", chat_id=ANN, text="slow"))
            await until(lambda: received(provider, "slow"), within=10)
            assert not slow.done()
            slow.cancel()


async def test_whom_and_how_often(provider: Provider):
    await provider.twin.play({"who": "7000000300", "name": "Bob", "do": "start"})
    await arrange(provider, do="blocked", chat_id=7000000300, times=0)
    codes = [
        (await provider.call("sendMessage", chat_id=chat, text="a"))[0]
        for chat in (7000000300, ANN, 7000000300)
    ]
    assert codes == [403, 200, 403]
    assert (await provider.call("getChat", chat_id=7000000300))[0] == 200
    said = await arrange(provider, do="nothing")
    assert said["arranged"] == []
    assert (await provider.call("sendMessage", chat_id=7000000300, text="a"))[0] == 200


async def test_conflict_and_revoked_token(provider: Provider):
    await arrange(provider, do="conflict")
    assert (await provider.refusal("getUpdates"))[0] == 409
    await arrange(provider, do="unauthorized")
    assert await provider.refusal("getMe") == (401, "Unauthorized")


async def test_limits_are_switched(provider: Provider):
    said = await arrange(provider, do="limits", on=True, burst=1)
    assert said["limits"]
    codes = [(await provider.call("sendMessage", chat_id=ANN, text="a"))[0] for _ in range(2)]
    assert codes == [200, 429]
    assert not (await arrange(provider, do="limits", on=False))["limits"]


async def test_what_cannot_be_arranged(provider: Provider):
    for wish in ({"do": "dance"}, {"do": "slow", "times": "x"}):
        async with provider.http.post(f"{provider.twin.page}faults", json=wish) as answer:
            assert answer.status == 400
            assert (await answer.json())["detail"]
    async with provider.http.post(
        f"{provider.twin.page}faults",
        json={"do": "blocked"},
        headers={"Origin": "https://elsewhere.example"},
    ) as answer:
        assert answer.status == 403
    async with provider.http.get(f"{provider.twin.page}faults") as answer:
        assert await answer.json() == {"arranged": [], "kinds": list(KINDS), "limits": False}


async def test_a_restart_forgets_nothing(tmp_path: Path):
    async def call(http: aiohttp.ClientSession, base: str, method: str, **arguments: Any) -> Any:
        async with http.post(f"{base}/bot{TOKEN}/{method}", json=arguments) as answer:
            return (await answer.json())["result"]

    twin = TelegramTwin(pace=Pace())
    async with aiohttp.ClientSession() as http:
        async with twin.running(data_dir=tmp_path) as first:
            await first.play({"who": str(ANN), "name": "Ann Lee", "do": "start"})
            await first.play({"who": str(ANN), "text": "b", "files": [{"kind": "photo"}]})
            sent = await call(http, first.address, "sendMessage", chat_id=ANN, text="a")
            before = await call(http, first.address, "getUpdates")
            commands = [{"command": "help", "description": "Help"}]
            await call(http, first.address, "setMyCommands", commands=commands)
        with (tmp_path / "journal.jsonl").open("a") as journal:
            journal.write('["message", "cut off')
        async with twin.running(data_dir=tmp_path) as second:
            assert await call(http, second.address, "getUpdates") == before
            file_id = before[1]["message"]["photo"][-1]["file_id"]
            path = (await call(http, second.address, "getFile", file_id=file_id))["file_path"]
            async with http.get(f"{second.address}/file/bot{TOKEN}/{path}") as answer:
                assert (await answer.read())[:2] == b"\xff\xd8"
            assert await call(http, second.address, "getMyCommands") == commands
            again = await call(http, second.address, "sendMessage", chat_id=ANN, text="c")
            assert again["message_id"] > sent["message_id"]
            await second.play({"who": str(ANN), "text": "d"})
            after = await call(http, second.address, "getUpdates", offset=-1)
            assert after[0]["update_id"] == before[-1]["update_id"] + 1
