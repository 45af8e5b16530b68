"""The twin: its page, what it remembers, and Twilio's own client as a caller it cannot fool."""

import asyncio
import base64
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from typing_extensions import override

from channels.sms.settings import SmsSettings
from channels.sms.twin import RunningSmsTwin, twin
from channels.sms.twin.faults import KINDS
from hub.inboxes import twins

pytestmark = pytest.mark.timeout(60)
PHONE = "+359885550103"


class _Redirected(TwilioHttpClient):  # type: ignore[misc]
    """Twilio's client, led to the twin: nothing else of it is changed."""

    def __init__(self, base: str) -> None:
        super().__init__(timeout=10)
        self._base = base

    @override
    def request(self, method: str, url: str, *args: Any, **more: Any) -> Any:
        return super().request(
            method, url.replace("https://api.twilio.com", self._base), *args, **more
        )


def _client(running: RunningSmsTwin) -> Client:
    settings = running.settings
    base = str(settings["api_base"])
    return Client(
        str(settings["account_sid"]), str(settings["auth_token"]), http_client=_Redirected(base)
    )


def test_it_is_found_by_its_entry_point() -> None:
    points = entry_points(group=twins.GROUP, name="sms")
    assert twins.of(points)["sms"] is twin


async def test_twilios_own_client_gets_on_with_it(tmp_path: Path) -> None:
    async with twin.serve("127.0.0.1", 0, tmp_path) as running:
        client = _client(running)
        number = str(running.settings["number"])

        def talk() -> Any:
            assert client.api.accounts(client.username).fetch().status == "active"
            assert client.incoming_phone_numbers.list(phone_number=number)
            made = client.messages.create(to=PHONE, from_=number, body="Hello", validity_period=60)
            assert made.status == "queued"
            assert made.num_segments == "1"
            return client.messages(made.sid).fetch()

        found = await asyncio.to_thread(talk)
        assert (found.to, found.body, found.direction) == (PHONE, "Hello", "outbound-api")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"to": ""}, 21604),
        ({"to": "12"}, 21211),
        ({"from_": "+15005550001"}, 21606),
        ({"body": ""}, 21602),
        ({"body": "a" * 1601}, 21617),
        ({"validity_period": 36_001}, 20001),
    ],
)
async def test_it_refuses_what_twilio_refuses(
    tmp_path: Path, more: dict[str, Any], code: int
) -> None:
    async with twin.serve("127.0.0.1", 0, tmp_path) as running:
        asked = {"to": PHONE, "from_": str(running.settings["number"]), "body": "Hello", **more}
        client = _client(running)

        def refused() -> int:
            with pytest.raises(TwilioRestException) as error:
                client.messages.create(**asked)
            return int(error.value.code)

        assert await asyncio.to_thread(refused) == code


async def test_what_it_holds_is_there_the_next_time(tmp_path: Path) -> None:
    async with twin.serve("127.0.0.1", 0, tmp_path) as running:
        first = running.settings
        await running.connect({"webhook": "http://127.0.0.1:9/inbound"})
        await running.play({"who": PHONE, "name": "Георги", "state": "off"})
        await running.play(
            {"who": PHONE, "text": "Hello", "files": [{"name": "a.png", "content": b"png"}]}
        )
    async with twin.serve("127.0.0.1", 0, tmp_path) as again, aiohttp.ClientSession() as http:
        assert {**again.settings, "api_base": ""} == {**first, "api_base": ""}
        SmsSettings.model_validate(again.settings)
        async with http.get(f"{again.page}state") as answer:
            state = await answer.json()
        (phone,) = [one for one in state["phones"] if one["number"] == PHONE]
        assert (phone["name"], phone["state"]) == ("Георги", "off")
        (message,) = phone["messages"]
        async with http.get(f"{again.page}pictures/{message['media'][0]['sid']}") as answer:
            assert await answer.read() == b"png"


async def test_its_page_writes_and_breaks(tmp_path: Path) -> None:
    async with twin.serve("127.0.0.1", 0, tmp_path) as running, aiohttp.ClientSession() as http:
        async with http.get(running.page) as answer:
            assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        picture = {
            "name": "a.gif",
            "type": "image/gif",
            "base64": base64.b64encode(b"GIF89a").decode(),
        }
        for path, body, status in (
            ("texts", {"who": PHONE, "text": "Hello", "files": [picture]}, 201),
            ("texts", {"who": PHONE, "text": " "}, 422),
            ("texts", {"who": "me", "text": "Hello"}, 422),
            ("texts", {"who": PHONE, "files": [{}]}, 400),
            ("phones", {"number": "+359 88 555 0104", "name": "Ана"}, 200),
            ("phones", {"number": "12"}, 422),
            ("faults", {"do": "dance"}, 422),
            ("faults", {"do": "hang", "times": "often"}, 422),
            ("faults", {"do": "stop", "who": PHONE}, 200),
            ("faults", {"do": "calm"}, 200),
            *(("faults", {"do": kind}, 200) for kind in KINDS if kind != "stop"),
        ):
            async with http.post(f"{running.page}{path}", json=body) as answer:
                assert answer.status == status, (path, body)
        async with http.post(f"{running.page}texts", data={"who": PHONE, "text": "x"}) as answer:
            assert answer.status == 415
        async with http.get(f"{running.page}state") as answer:
            state = await answer.json()
        assert {one["do"] for one in state["faults"]} == KINDS.keys() - {"stop"}


@pytest.mark.parametrize(
    "act", [{"text": "Hello"}, {"who": "Ann", "text": "Hello"}, {"who": PHONE}]
)
async def test_what_cannot_be_played_is_refused(tmp_path: Path, act: dict[str, object]) -> None:
    async with twin.serve("127.0.0.1", 0, tmp_path) as running:
        with pytest.raises(ValueError, match=r"who: |text or files: "):
            await running.play(act)
