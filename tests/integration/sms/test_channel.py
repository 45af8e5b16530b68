"""The channel between a host that records and servers that misbehave: media, receipts, check."""

import asyncio
import base64
import gzip
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import quote, urlencode
from uuid import uuid4

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from twilio.request_validator import RequestValidator

from channels.sms import channel_type, media
from channels.sms.channel import Sms
from channels.sms.settings import SmsSettings
from hub.ports import (
    Address,
    Finding,
    InboxMisconfigured,
    OutboundMessage,
    OutcomeUnknown,
    PermanentError,
)
from hub.ports.fake import RecordingHost
from tests.contract.serving import serving
from tests.unit.channels.sms.test_gateways import settings_of

pytestmark = pytest.mark.timeout(60)

NOW = datetime(2026, 5, 3, 9, 0, tzinfo=UTC)
PHONE = "+79123456789"


@dataclass
class Provider:
    """Whatever stands at the address of the API; `answers` by path, `seen` what was asked."""

    answers: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = field(
        default_factory=dict
    )
    seen: list[tuple[str, Mapping[str, str], Mapping[str, str]]] = field(default_factory=list)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.seen.append((request.path, dict(request.headers), form))
        answer = self.answers.get(request.path)
        return await answer(request) if answer else web.json_response({})


@dataclass
class Place:
    channel: Sms
    host: RecordingHost
    base: str
    provider: Provider
    settings: SmsSettings

    async def post(self, path: str, form: Mapping[str, str], *, url: str = "") -> int:
        """What Twilio posts for `path` (with its query), signed for `url` or for ours."""
        token = self.settings.auth_token.get_secret_value()
        form = {"AccountSid": self.settings.account_sid, **form}
        signed = url or f"{self.host.public_url}/{path}"
        signature = RequestValidator(token).compute_signature(signed, form)
        async with self.host.http.post(
            f"{self.base}/{path}", data=form, headers={"X-Twilio-Signature": signature}
        ) as answer:
            return answer.status

    async def hears(self, **form: str) -> int:
        known = {"MessageSid": "SM1", "From": PHONE, "To": "+447700900100", "Body": "Hello"}
        return await self.post("inbound", known | form)

    async def check(self) -> list[Finding]:
        return list(await channel_type.check(self.settings, self.host))


def outbound(text: str = "Заказ в пути", to: str = PHONE, **more: Any) -> OutboundMessage:
    return OutboundMessage(uuid4(), uuid4(), None, Address("tel", to), "", text, **more)


@asynccontextmanager
async def place(name: str = "twilio", **more: object) -> AsyncIterator[Place]:
    async with AsyncExitStack() as stack:
        provider = Provider()
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", provider.serve)
        server = await stack.enter_async_context(TestServer(app))
        host = await stack.enter_async_context(RecordingHost.open(lambda: NOW))
        base = str(server.make_url("")).rstrip("/")
        settings = SmsSettings.model_validate({**settings_of(name), "api_base": base, **more})
        channel = await stack.enter_async_context(channel_type.open(settings, host))
        served = await stack.enter_async_context(serving(channel))
        provider.seen.clear()
        yield Place(channel, host, served, provider, settings)


async def hanging_up(request: web.Request) -> web.StreamResponse:
    """The message is taken, and the answer lost."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def answering(body: object, status: int = 200, **headers: str) -> Any:
    async def answer(_: web.Request) -> web.StreamResponse:
        if isinstance(body, bytes):
            return web.Response(body=body, status=status, headers=headers)
        return web.json_response(body, status=status, headers=headers)

    return answer


async def test_what_a_send_carries() -> None:
    async with place() as at:
        path = f"/2010-04-01/Accounts/{at.settings.account_sid}/Messages.json"
        at.provider.answers[path] = answering({"sid": "SM9", "status": "queued"}, 201)
        message = outbound(deadline=NOW + timedelta(minutes=30))
        receipt = await at.channel.send(message)
        assert (receipt.external_id, receipt.provider_status) == ("SM9", "queued")
        ((_, headers, form),) = at.provider.seen
        login = f"{at.settings.account_sid}:{at.settings.auth_token.get_secret_value()}"
        assert headers["Authorization"] == f"Basic {base64.b64encode(login.encode()).decode()}"
        assert form == {
            "To": PHONE,
            "From": "+447700900100",
            "Body": "Заказ в пути",
            "StatusCallback": f"{at.host.public_url}/status?delivery={message.delivery_id}",
            "ValidityPeriod": "1800",
        }


async def test_pictures_go_by_a_signed_address_where_they_are_switched_on() -> None:
    async with place() as plain:
        assert not plain.channel.capabilities.files
    async with place(mms=True) as at:
        assert at.channel.capabilities.files
        path = f"/2010-04-01/Accounts/{at.settings.account_sid}/Messages.json"
        at.provider.answers[path] = answering({"sid": "MM9", "status": "queued"}, 201)
        pictures = tuple([await at.host.files.save(f"{name}.png", b"x") for name in "ab"])
        await at.channel.send(outbound(text="", files=pictures))
        ((_, _, form),) = at.provider.seen
        assert form["MediaUrl"] == at.host.files.url(pictures[1].id)
        assert "Body" not in form


async def test_a_messaging_service_chooses_the_sender() -> None:
    async with place(messaging_service_sid="MG1") as at:
        with pytest.raises(OutcomeUnknown):
            await at.channel.send(outbound())
        ((_, _, form),) = at.provider.seen
        assert form["MessagingServiceSid"] == "MG1"
        assert "From" not in form
        assert at.channel.capabilities.sends_per_second == 0


async def test_a_number_that_is_none_is_refused_before_anything_is_sent() -> None:
    async with place() as at:
        with pytest.raises(PermanentError, match="too short") as refused:
            await at.channel.send(outbound(to="+7912"))
        assert refused.value.reason == "invalid_address"
        assert not at.provider.seen


async def test_signatures_cover_ports_queries_and_repeated_names() -> None:
    async with place() as at:
        form = {"MessageSid": "SM9", "MessageStatus": "sent"}
        for number, spelled in enumerate(
            (
                "https://hub.example/channels/inbox/status?delivery=1&a=%20b+c",
                "https://hub.example:443/channels/inbox/status?delivery=1&a=%20b+c",
            ),
            start=1,
        ):
            assert await at.post("status?delivery=1&a=%20b+c", form, url=spelled) == 200
            assert len(at.host.sink.receipts) == number
        wrong = "https://hub.example:8443/channels/inbox/status?delivery=1&a=%20b+c"
        assert await at.post("status?delivery=1&a=%20b+c", form, url=wrong) == 401
        assert await at.post("status?delivery=1&a= b c", form) == 401


async def test_a_name_that_is_repeated_is_signed_once_for_each_value() -> None:
    async with place() as at:
        pairs = [("AccountSid", at.settings.account_sid), ("MessageSid", "SM9")]
        pairs += [("MessageStatus", "sent"), ("X", "b"), ("X", "a"), ("X", "b")]
        url = f"{at.host.public_url}/status"
        text = url + "".join(name + value for name, value in sorted(set(pairs)))
        signed = RequestValidator(at.settings.auth_token.get_secret_value())
        signature = signed.compute_signature(text, {})
        headers = {
            "X-Twilio-Signature": signature,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        async with at.host.http.post(
            f"{at.base}/status", data=urlencode(pairs), headers=headers
        ) as answer:
            assert answer.status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods_and_paths_are_not_there(method: str) -> None:
    async with place() as at:
        for path in ("inbound", "status", "other", ""):
            async with at.host.http.request(method, f"{at.base}/{path}") as answer:
                assert answer.status == 404


async def test_a_request_larger_than_any_is_cut_off() -> None:
    async with (
        place() as at,
        at.host.http.post(f"{at.base}/inbound", data=b"a" * 300_000) as answer,
    ):
        assert answer.status == 413


@pytest.mark.parametrize(
    ("body", "status"), [(b"not packed", 400), (gzip.compress(b"a" * 30_000_000), 413)]
)
async def test_a_packed_request_is_measured_as_it_is_unpacked(body: bytes, status: int) -> None:
    packed = {"Content-Encoding": "gzip"}
    async with (
        place() as at,
        at.host.http.post(f"{at.base}/inbound", data=body, headers=packed) as answer,
    ):
        assert answer.status == status


async def test_credentials_go_to_the_apis_own_host_alone() -> None:
    async with place() as at, AsyncExitStack() as stack:
        elsewhere = Provider({"/bytes": answering(b"GIF89a", 200)})
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", elsewhere.serve)
        server = await stack.enter_async_context(TestServer(app))
        away = str(server.make_url("/bytes"))
        at.provider.answers["/Media/ME1"] = answering({}, 307, Location=away)
        status = await at.hears(
            NumMedia="2",
            MediaUrl0=f"{at.settings.api_base}/Media/ME1",
            MediaContentType0="image/gif",
            MediaUrl1=away,
            MediaContentType1="image/gif",
        )
        assert status == 200
        ((_, own, _),) = at.provider.seen
        assert own["Authorization"].startswith("Basic ")
        assert [("Authorization" in headers) for _, headers, _ in elsewhere.seen] == [False, False]
        (message,) = at.host.sink.messages
        assert [one.name for one in message.attachments] == ["1.gif", "2.gif"]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("{base}/gone", "answered 404"),
        ("{base}/loop", "from one address to the next"),
        ("{base}/nowhere", "without saying where"),
        ("{base}/huge", "too large"),
        ("http://127.0.0.1:1/", "could not be reached"),
        ("file:///etc/passwd", "not one of the web"),
        ("http://[", "not one of the web"),
        ("", "not one of the web"),
    ],
)
async def test_a_picture_that_cannot_be_had_loses_no_message(url: str, why: str) -> None:
    async with place() as at:

        async def huge(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse()
            await response.prepare(request)
            try:
                for _ in range(media.MOST_BYTES // 65_536 + 2):
                    await response.write(bytes(65_536))
            except ConnectionError:
                pass
            return response

        at.host.files._max_bytes = 100 * media.MOST_BYTES
        at.provider.answers |= {
            "/gone": answering({}, 404),
            "/loop": answering({}, 302, Location="/loop"),
            "/nowhere": answering({}, 302),
            "/huge": huge,
        }
        status = await at.hears(
            Body="",
            NumMedia="1",
            MediaUrl0=url.format(base=at.settings.api_base),
            MediaContentType0="image/jpeg",
        )
        assert status == 200
        (message,) = at.host.sink.messages
        missing = cast("list[dict[str, str]]", message.data["missing_files"])
        assert [why in one["why"] for one in missing] == [True]
        assert message.text == "[image/jpeg]"


async def test_while_the_hub_can_store_nothing_it_acknowledges_nothing() -> None:
    async with place() as at:
        at.host.sink.available = False
        assert await at.hears() == 503
        assert await at.post("status", {"MessageSid": "SM9", "MessageStatus": "sent"}) == 503
        assert await at.hears(Body="STOP") == 503
        at.host.sink.available = True
        assert await at.hears(Body="STOP") == 200
        assert [one.kind for one in at.host.sink.changes.values()] == ["opted_out"]


@pytest.mark.parametrize(
    ("text", "kinds", "confirms"),
    [
        ("Стоп", ["opted_out", "owed"], "opted_out"),
        ("Старт", ["opted_in", "owed"], ""),
        ("Помощь", ["owed"], ""),
        ("STOP", ["opted_out"], ""),
        ("Unstop", ["opted_in"], ""),
        ("Отмена", [], ""),
    ],
)
async def test_keywords(text: str, kinds: list[str], confirms: str) -> None:
    async with place() as at:
        for _ in range(2):
            assert await at.hears(Body=text) == 200
        assert [one.text for one in at.host.sink.messages] == [text]
        changes = list(at.host.sink.changes.values())
        assert [one.kind for one in changes] == kinds
        owed = [one for one in changes if one.kind == "owed"]
        assert [one.value for one in owed] == [confirms][: len(owed)]


async def test_the_check_says_whose_the_number_is_and_where_its_messages_go() -> None:
    async with place() as at:
        account = f"/2010-04-01/Accounts/{at.settings.account_sid}"
        row: dict[str, object] = {"phone_number": "+447700900100", "sms_url": ""}
        at.provider.answers |= {
            f"{account}.json": answering({"friendly_name": "Optika", "status": "active"}),
            f"{account}/IncomingPhoneNumbers.json": answering({"incoming_phone_numbers": [row]}),
        }
        webhook = f"{at.host.public_url}/inbound"
        said = {one.what: one for one in await at.check()}
        assert said["Twilio accepts the account Optika."].level == "ok"
        assert webhook in said["Messages to the number are sent nowhere."].remedy
        assert said["No message has come in yet."].level == "warning"
        row |= {"sms_url": webhook, "sms_method": "POST"}
        assert await at.hears() == 200
        said = {one.what: one for one in await at.check()}
        assert said["Messages to the number are sent here."].level == "ok"
        assert "The last message came in at 2026-05-03 09:00 UTC." in said


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"status": "suspended"}, "is suspended"),
        ({"status": "active", "type": "Trial"}, "is a trial"),
    ],
)
async def test_the_check_says_what_is_wrong_with_the_account(
    facts: dict[str, object], words: str
) -> None:
    async with place() as at:
        at.provider.answers[f"/2010-04-01/Accounts/{at.settings.account_sid}.json"] = answering(
            facts
        )
        assert any(words in one.what for one in await at.check())
        assert any("is not a number of this" in one.what for one in await at.check())


async def test_the_check_tells_of_requests_that_were_refused() -> None:
    async with place() as at:
        await at.post("inbound", {}, url="https://old.example/inbound")
        (finding,) = [one for one in await at.check() if "wrong signature" in one.what]
        assert "HUB_PUBLIC_URL" in finding.remedy


async def test_wrong_credentials_close_the_inbox_and_a_provider_that_is_away_does_not() -> None:
    async with place() as at:
        account = f"/2010-04-01/Accounts/{at.settings.account_sid}.json"
        at.provider.answers[account] = answering({"code": 20003}, 401)
        with pytest.raises(InboxMisconfigured):
            async with channel_type.open(at.settings, at.host):
                pass
        at.provider.answers[account] = answering({}, 503)
        async with channel_type.open(at.settings, at.host):
            pass


async def test_a_described_gateway_works_like_one_with_code() -> None:
    async with place("generic") as at:
        at.provider.answers["/sys/send.php"] = answering({"id": "77", "cnt": 1})
        receipt = await at.channel.send(outbound())
        assert receipt.external_id == "77"
        ((_, _, form),) = at.provider.seen
        assert (form["login"], form["mes"], form["phones"]) == ("optika", "Заказ в пути", PHONE)
        at.provider.answers["/sys/send.php"] = answering({"error": "no", "error_code": 7})
        with pytest.raises(PermanentError) as refused:
            await at.channel.send(outbound())
        assert (refused.value.reason, refused.value.provider_code) == ("invalid_address", "7")


async def test_the_receipt_of_a_described_gateway_tells_what_became_of_a_lost_answer() -> None:
    async with place("generic") as at:
        at.provider.answers["/sys/send.php"] = hanging_up
        message = outbound()
        with pytest.raises(OutcomeUnknown):
            await at.channel.send(message)
        ((_, _, sent),) = at.provider.seen
        said = {"id": sent["id"], "phone": "79123456789", "status": "1"}
        secret = at.settings.webhook_secret.get_secret_value()
        signed = ":".join([*said.values(), secret]).encode()
        form = said | {"md5": hashlib.md5(signed).hexdigest()}  # noqa: S324 - the gateway's own
        async with at.host.http.post(f"{at.base}/status", data=form) as answer:
            assert answer.status == 200
        (receipt,) = at.host.sink.receipts
        assert (receipt.delivery_id, receipt.status) == (message.delivery_id, "delivered")


async def test_a_described_gateway_may_be_known_by_its_address() -> None:
    lines = {"webhook_secret": "", "signature_field": "", "acknowledgement": "taken"}
    query = urlencode({"id": "1", "phone": "8 912 345-67-89", "mes": "Привет"}, quote_via=quote)
    for network, status in (("127.0.0.0/8", 200), ("203.0.113.0/24", 401)):
        async with place("generic", **lines, allowed_addresses=network) as at:
            async with at.host.http.get(f"{at.base}/inbound?{query}") as answer:
                assert answer.status == status
                assert (await answer.text() == "taken") == (status == 200)
            heard = [(one.address.value, one.text) for one in at.host.sink.messages]
            assert heard == ([(PHONE, "Привет")] if status == 200 else [])


async def test_a_gateway_that_speaks_json_both_ways() -> None:
    described = {
        "gateway": "generic",
        "number": "OPTIKA",
        "auth_token": "a long token",
        "request_format": "json",
        "request_auth": "bearer",
        "request_path": "v1/messages",
        "request": "messages.0.to = {to_digits}\nmessages.0.text = {text}\nfrom = {sender}",
        "answer_id": "messages.0.id",
        "inbound_id": "message.id",
        "inbound_from": "message.from",
        "inbound_text": "message.text",
        "inbound_time": "message.at",
        "webhook_secret": "a secret to sign with",
        "signature_field": "X-Signature",
        "signature_method": "hmac-sha256",
        "status_word": "state",
        "status_reference": "ref",
        "statuses": "done = delivered",
    }
    async with place("generic") as at, AsyncExitStack() as stack:
        asked: list[tuple[str, object]] = []

        async def take(request: web.Request) -> web.StreamResponse:
            asked.append((request.headers["Authorization"], await request.json()))
            return web.json_response({"messages": [{"id": 5}]})

        app = web.Application()
        app.router.add_post("/v1/messages", take)
        server = await stack.enter_async_context(TestServer(app))
        base = str(server.make_url("")).rstrip("/")
        settings = SmsSettings.model_validate({**described, "api_base": base})
        channel = await stack.enter_async_context(channel_type.open(settings, at.host))
        served = await stack.enter_async_context(serving(channel))
        assert (await channel.send(outbound())).external_id == "5"
        body = {"messages": [{"to": "79123456789", "text": "Заказ в пути"}], "from": "OPTIKA"}
        assert asked == [("Bearer a long token", body)]
        await _signed_json(at.host.http, f"{served}/inbound")
        (heard,) = at.host.sink.messages
        assert (heard.external_id, heard.occurred_at) == ("7", NOW - timedelta(minutes=6))


async def _signed_json(http: aiohttp.ClientSession, url: str) -> None:
    raw = (
        b'{"message": {"id": 7, "from": "+79123456789", "text": "Hello", '
        b'"at": "2026-05-03T11:54:00+03:00"}}'
    )
    signature = "8e7d"
    for shown, status in ((signature, 401), (_hmac(raw), 200), (f"sha256={_hmac(raw)}", 200)):
        headers = {"X-Signature": shown, "Content-Type": "application/json"}
        async with http.post(url, data=raw, headers=headers) as answer:
            assert answer.status == status


def _hmac(raw: bytes) -> str:
    return hmac.new(b"a secret to sign with", raw, hashlib.sha256).hexdigest()


async def test_pictures_are_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "PATIENCE", 0.05)
    async with place() as at:
        begun = asyncio.Event()

        async def never(_: web.Request) -> web.StreamResponse:
            begun.set()
            await asyncio.Event().wait()
            raise AssertionError

        at.provider.answers["/slow"] = never
        url = f"{at.settings.api_base}/slow"
        assert await at.hears(NumMedia="1", MediaUrl0=url) == 200
        assert begun.is_set()
        (message,) = at.host.sink.messages
        assert message.text == "Hello"
