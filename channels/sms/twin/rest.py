"""The provider's REST API, version 2010-04-01, as far as text messages need it.

    POST /2010-04-01/Accounts/{sid}/Messages.json         a form; 201 with the message
    GET  /2010-04-01/Accounts/{sid}/Messages/{sid}.json
    GET  /2010-04-01/Accounts/{sid}/Messages/{sid}/Media/{sid}   307 to the bytes
    GET  /2010-04-01/Accounts/{sid}.json
    GET  /2010-04-01/Accounts/{sid}/IncomingPhoneNumbers.json

Basic auth with account and token; errors are {"code", "message", "more_info", "status"}.
"""

import asyncio
import base64
import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from email.utils import format_datetime

from aiohttp import web

from channels.sms.twin import wording
from channels.sms.twin.book import Message, new_sid
from channels.sms.twin.exchange import Exchange, moment
from channels.sms.twin.faults import SENDING, Fault

PREFIX = "/2010-04-01/Accounts/{account:AC[0-9a-f]{32}}"
NEVER = 120.0
"""Seconds for which the fault `hang` keeps a caller waiting."""

_E164 = re.compile(r"\+[1-9]\d{7,14}")
_PARAMETERS = frozenset(
    (
        "To",
        "StatusCallback",
        "ApplicationSid",
        "MaxPrice",
        "ProvideFeedback",
        "Attempt",
        "ValidityPeriod",
        "ForceDelivery",
        "ContentRetention",
        "AddressRetention",
        "SmartEncoded",
        "PersistentAction",
        "TrafficType",
        "ShortenUrls",
        "ScheduleType",
        "SendAt",
        "SendAsMms",
        "ContentVariables",
        "RiskCheck",
        "From",
        "MessagingServiceSid",
        "Body",
        "MediaUrl",
        "ContentSid",
    )
)
"""Of CreateMessage in the published OpenAPI document; what is none of them is refused here."""

Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Problem(Exception):
    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    def response(self, retry_after: int = 0) -> web.Response:
        body = {
            "code": self.code,
            "message": str(self),
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }
        headers = {"Retry-After": str(retry_after)} if retry_after else {}
        return web.json_response(body, status=self.status, headers=headers)


class Rest:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._book = exchange.book
        self._faults = exchange.faults

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(f"{PREFIX}/Messages.json", self._guarded(self._create)),
            web.get(f"{PREFIX}/Messages/{{sid}}.json", self._guarded(self._message)),
            web.get(f"{PREFIX}/Messages/{{sid}}/Media/{{media}}", self._guarded(self._media)),
            web.get(f"{PREFIX}.json", self._guarded(self._account)),
            web.get(f"{PREFIX}/IncomingPhoneNumbers.json", self._guarded(self._numbers)),
        ]

    def _guarded(self, serve: Serve) -> Serve:
        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                self._authenticate(request)
                return await serve(request)
            except Problem as problem:
                return problem.response()

        return guarded

    def _authenticate(self, request: web.Request) -> None:
        login = f"{self._book.account_sid}:{self._book.auth_token}".encode()
        expected = b"Basic " + base64.b64encode(login)
        shown = request.headers.get("Authorization", "").encode("utf-8", "replace")
        known = request.match_info["account"] == self._book.account_sid
        if not known or not hmac.compare_digest(expected, shown):
            raise Problem(401, 20003, "Authenticate")

    async def _create(self, request: web.Request) -> web.StreamResponse:
        sent = await request.post()
        form = {str(name): str(value) for name, value in sent.items()}
        pictures = [str(one) for one in sent.getall("MediaUrl", [])]
        fault = self._faults.next_of(*SENDING)
        if fault is not None and fault.do == "answer":
            return _answered(fault)
        self._check(form)
        message = Message(
            new_sid("SM"),
            form["To"],
            inbound=False,
            text=form.get("Body", ""),
            at=moment(),
            status="queued",
            segments=wording.segments(form.get("Body", "")),
            callback=form.get("StatusCallback", ""),
            service=form.get("MessagingServiceSid", ""),
        )
        # As it was taken: by the time the answer is written it may have been delivered.
        taken = self._shown(message)
        await self._exchange.to_phone(message, pictures)
        if fault is not None:
            await _lose(request, fault)
        return web.json_response(taken, status=201)

    def _check(self, form: Mapping[str, str]) -> None:
        """Raises Problem for what the provider would refuse, with its code."""
        if strange := form.keys() - _PARAMETERS:
            raise Problem(400, 20001, f"Unknown parameter: {min(strange)}")
        to, body = form.get("To", ""), form.get("Body", "")
        sender = form.get("From") or form.get("MessagingServiceSid")
        validity = form.get("ValidityPeriod", "1")
        phone = self._book.phones.get(to)
        checks = (
            (not to, 21604, "A 'To' phone number is required."),
            (not sender, 21603, "A 'From' phone number is required."),
            (not body and "MediaUrl" not in form, 21602, "Message body is required."),
            (len(body) > 1600, 21617, "The concatenated message body exceeds the limit."),
            (not _E164.fullmatch(to), 21211, f"The 'To' number {to} is not a valid phone number."),
            (
                form.get("From", self._book.number) != self._book.number,
                21606,
                "The 'From' phone number provided is not a valid message-capable number.",
            ),
            (
                not validity.isdecimal() or not 1 <= int(validity) <= 36_000,
                20001,
                "ValidityPeriod must be between 1 and 36000.",
            ),
            (
                phone is not None and phone.stopped,
                21610,
                "Attempt to send to unsubscribed recipient",
            ),
            (
                phone is not None and phone.state == "landline",
                21614,
                f"'To' number {to} is not a valid mobile number.",
            ),
        )
        for wrong, code, words in checks:
            if wrong:
                raise Problem(400, code, words)

    async def _message(self, request: web.Request) -> web.StreamResponse:
        found = self._book.messages.get(request.match_info["sid"])
        if found is None:
            raise Problem(404, 20404, "The requested resource was not found")
        return web.json_response(self._shown(found))

    async def _media(self, request: web.Request) -> web.StreamResponse:
        found = self._book.messages.get(request.match_info["sid"])
        sids = {one["sid"] for one in found.media} if found else set()
        if request.match_info["media"] not in sids:
            raise Problem(404, 20404, "The requested resource was not found")
        location = f"{self._exchange.base}/pictures/{request.match_info['media']}"
        return web.Response(status=307, headers={"Location": location})

    async def _account(self, _: web.Request) -> web.StreamResponse:
        sid = self._book.account_sid
        facts = {
            "sid": sid,
            "friendly_name": "Besedka demo",
            "status": "active",
            "type": "Full",
            "owner_account_sid": sid,
            "auth_token": "",
            "uri": f"/2010-04-01/Accounts/{sid}.json",
        }
        return web.json_response(facts)

    async def _numbers(self, request: web.Request) -> web.StreamResponse:
        number = {
            "sid": "PN" + self._book.account_sid[2:],
            "account_sid": self._book.account_sid,
            "phone_number": self._book.number,
            "sms_url": self._book.webhook,
            "sms_method": "POST",
            "sms_application_sid": "",
            "capabilities": {"sms": True, "mms": True, "voice": False, "fax": False},
        }
        wanted = request.query.get("PhoneNumber", self._book.number)
        rows = [number] if wanted == self._book.number else []
        return web.json_response({"incoming_phone_numbers": rows, "page": 0, "page_size": 50})

    def _shown(self, message: Message) -> dict[str, object]:
        base = f"/2010-04-01/Accounts/{self._book.account_sid}/Messages/{message.sid}"
        at = format_datetime(datetime.fromisoformat(message.at))
        ends = (message.phone, self._book.number)
        return {
            "sid": message.sid,
            "account_sid": self._book.account_sid,
            "messaging_service_sid": message.service or None,
            "from": ends[0] if message.inbound else ends[1],
            "to": ends[1] if message.inbound else ends[0],
            "body": message.text,
            "status": message.status,
            "direction": "inbound" if message.inbound else "outbound-api",
            "num_segments": str(message.segments),
            "num_media": str(len(message.media)),
            "error_code": message.error,
            "error_message": None,
            "date_created": at,
            "date_updated": at,
            "date_sent": None if message.status == "queued" else at,
            "price": None,
            "price_unit": "USD",
            "api_version": "2010-04-01",
            "uri": f"{base}.json",
            "subresource_uris": {"media": f"{base}/Media.json"},
        }


def _answered(fault: Fault) -> web.Response:
    codes = {401: 20003, 429: 20429, 500: 20500, 503: 20503}
    code = fault.code or codes.get(fault.status, 20001)
    problem = Problem(fault.status, code, "As you wished")
    return problem.response(fault.retry_after if fault.status in {429, 503} else 0)


async def _lose(request: web.Request, fault: Fault) -> None:
    """The message is taken, and its sender never learns of it."""
    if fault.do == "hang":
        await asyncio.sleep(NEVER)
    elif request.transport is not None:
        request.transport.abort()
