"""Twilio's Programmable Messaging: REST 2010-04-01, webhooks signed with the auth token.

POST {api_base}/2010-04-01/Accounts/{sid}/Messages.json, basic auth, a form; what each parameter
means: https://www.twilio.com/docs/messaging/api/message-resource. Signatures:
https://www.twilio.com/docs/usage/security (HMAC-SHA1 over the address and the sorted parameters).
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit
from uuid import UUID

import orjson

from channels.sms import keywords
from channels.sms.errors import Meaning, Refused, pause_of
from channels.sms.keywords import Keyword
from channels.sms.twilio_codes import CODES, STATUSES
from channels.sms.wire import (
    Acknowledgement,
    Answer,
    Ask,
    Call,
    Inbound,
    Media,
    Pairs,
    Received,
    Text,
    Unreadable,
)
from hub.ports import DeliveryReceipt, Finding, Reason, SendReceipt

if TYPE_CHECKING:
    from channels.sms.settings import SmsSettings

LONGEST_VALIDITY = 36_000
"""Seconds: the most that ValidityPeriod takes."""
MOST_MEDIA = 10
"""Pictures that one message carries."""

_SHORT_CODE_RATE = 100.0
_NAME_RATE = 10.0
_NUMBER_RATE = 10.0
_NORTH_AMERICAN_RATE = 1.0
"""Messages a second from one number (Twilio's "message throughput" by kind of sender); a messaging
service spreads its queue over its numbers by itself."""

_OPT_OUTS: Mapping[str, Keyword] = {"STOP": "stop", "START": "start", "HELP": "help"}
_REASONS = frozenset(str(one) for one in Reason)


class Twilio:
    """One account's view of the API."""

    acknowledgement = Acknowledgement(
        "text/xml", b'<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
    )

    # Where receipts go is said with each message.
    pasted = frozenset({"webhook"})

    def __init__(self, settings: "SmsSettings") -> None:
        self._account = settings.account_sid
        self._token = settings.auth_token.get_secret_value().encode()
        self._service = settings.messaging_service_sid
        self._number = settings.number
        self._base = f"{settings.api_base}/2010-04-01/Accounts/{self._account}"
        login = base64.b64encode(self._account.encode() + b":" + self._token).decode()
        self.media_headers: Mapping[str, str] = {"Authorization": f"Basic {login}"}
        self.sends_per_second = settings.sends_per_second or _rate(self._service, self._number)

    def build(self, text: Text, /) -> Call:
        sender = (
            ("MessagingServiceSid", self._service) if self._service else ("From", self._number)
        )
        form = (
            ("To", text.to),
            sender,
            # A picture may travel without words, words not without a Body.
            *((("Body", text.text),) if text.text or not text.media else ()),
            *(("MediaUrl", url) for url in text.media),
            ("StatusCallback", text.status_url),
            ("ValidityPeriod", str(min(max(text.valid_for, 1), LONGEST_VALIDITY))),
        )
        return Call("POST", f"{self._base}/Messages.json", self.media_headers, form=form)

    def taken(self, answer: Answer, text: Text, /) -> SendReceipt:  # noqa: ARG002 - the protocol's
        body = _read(answer)
        sid = body.get("sid")
        if not isinstance(sid, str) or not sid:
            raise Refused("unknown", "Twilio's answer names no message; it may have been sent.")
        return SendReceipt(external_id=sid, provider_status=str(body.get("status") or ""))

    def genuine(self, received: Received, /) -> bool:
        """Also with and without the port: Twilio is not consistent about it."""
        signature = received.headers.get("x-twilio-signature", "").encode("utf-8", "replace")
        return any(
            hmac.compare_digest(sign(self._token, url, received.form), signature)
            for url in _spellings(received.url)
        )

    def inbound(self, received: Received, /) -> Inbound:
        fields = _fields(received)
        self._is_ours(fields)
        text = fields.get("Body", "")
        told = _OPT_OUTS.get(fields.get("OptOutType", "").upper())
        return Inbound(
            external_id=_needed(fields, "MessageSid", "SmsMessageSid", "SmsSid"),
            sender=_needed(fields, "From"),
            text=text,
            to=fields.get("To", ""),
            media=_media(fields),
            asked=told,
            # Twilio answers the words it knows itself, and every one it told us of.
            answered=told is not None or keywords.is_english(text),
        )

    def status(self, received: Received, now: datetime, /) -> DeliveryReceipt | None:
        fields = _fields(received)
        self._is_ours(fields)
        word = _needed(fields, "MessageStatus", "SmsStatus")
        if word in {"receiving", "received"}:
            return None
        code = fields.get("ErrorCode", "")
        failed = STATUSES.get(word) == "failed"
        meaning, words = _meaning(code) if failed else ("", "")
        return DeliveryReceipt(
            # A word that is new to us still says that Twilio has the message.
            cast("Literal['sent', 'delivered', 'read', 'failed']", STATUSES.get(word, "sent")),
            now,
            delivery_id=_reference(received),
            external_id=_needed(fields, "MessageSid", "SmsSid"),
            provider_status=word,
            provider_code=code,
            detail=fields.get("ErrorMessage", "") or words,
            reason=meaning,
        )

    async def admitted(self, ask: Ask, /) -> None:
        _read(await ask(self._account_call()))

    def _account_call(self) -> Call:
        return Call("GET", f"{self._base}.json", self.media_headers)

    async def check(self, ask: Ask, urls: Mapping[str, str], /) -> Sequence[Finding]:
        account = _read(await ask(self._account_call()))
        found = [_about_account(account)]
        if self._number.startswith("+"):
            query = (("PhoneNumber", self._number), ("PageSize", "1"))
            url = f"{self._base}/IncomingPhoneNumbers.json"
            numbers = _read(await ask(Call("GET", url, self.media_headers, query=query)))
            found += _about_number(self._number, numbers, urls, service=bool(self._service))
        if self._service:
            found.append(_about_service(urls))
        return found

    def _is_ours(self, fields: Mapping[str, str]) -> None:
        # Signed with our token, so only a subaccount's message can be meant here by mistake.
        if fields.get("AccountSid", self._account) != self._account:
            raise Unreadable("The message is of another Twilio account.")


def open_gateway(settings: "SmsSettings") -> Twilio:
    missing = [
        name
        for name, value in (
            ("account_sid", settings.account_sid),
            ("auth_token", settings.auth_token.get_secret_value()),
            (
                "number, or messaging_service_sid",
                settings.number or settings.messaging_service_sid,
            ),
        )
        if not value
    ]
    if missing:
        raise ValueError(f"Twilio needs {'; '.join(missing)}")
    return Twilio(settings)


def sign(token: bytes, url: str, form: Pairs) -> bytes:
    """The X-Twilio-Signature: each name's values sorted, a repeated one said once."""
    values: dict[str, set[str]] = {}
    for name, value in form:
        values.setdefault(name, set()).add(value)
    said = "".join(name + value for name in sorted(values) for value in sorted(values[name]))
    signed = (url + said).encode("utf-8", "surrogatepass")
    return base64.b64encode(hmac.digest(token, signed, hashlib.sha1))


def _spellings(url: str) -> tuple[str, str]:
    """The address as it is written, with a port and without one."""
    parts = urlsplit(url)
    host = parts.netloc
    bare = host.rsplit(":", 1)[0] if parts.port is not None else host
    default = "443" if parts.scheme == "https" else "80"
    with_port = host if parts.port is not None else f"{host}:{default}"
    head = f"{parts.scheme}://"
    rest = url[len(head) + len(host) :]
    return head + bare + rest, head + with_port + rest


def _fields(received: Received) -> Mapping[str, str]:
    """The parameters, of the body where there is one; the first of a repeated name."""
    return dict(reversed(received.form or received.query))


def _needed(fields: Mapping[str, str], *names: str) -> str:
    for name in names:
        if fields.get(name):
            return fields[name]
    raise Unreadable(f"{names[0]} is missing.")


def _media(fields: Mapping[str, str]) -> tuple[Media, ...]:
    said = fields.get("NumMedia", "0")
    number = min(int(said), MOST_MEDIA) if said.isdecimal() and len(said) < 4 else 0
    return tuple(
        Media(fields[f"MediaUrl{one}"], fields.get(f"MediaContentType{one}", ""))
        for one in range(number)
        if f"MediaUrl{one}" in fields
    )


def _reference(received: Received) -> UUID | None:
    """Our own name for the message, which we put into the address of its callbacks."""
    try:
        return UUID(dict(received.query).get("delivery", ""))
    except ValueError:
        return None


def _read(answer: Answer) -> Mapping[str, Any]:
    try:
        body = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        body = None
    fields: Mapping[str, Any] = body if isinstance(body, dict) else {}
    if 200 <= answer.status < 300:
        return fields
    raise _refused(answer, fields)


def _refused(answer: Answer, body: Mapping[str, Any]) -> Refused:
    code = body.get("code")
    known = CODES.get(code) if isinstance(code, int) else None
    meaning, words, remedy = known or _by_status(answer.status)
    said = body.get("message")
    if known is None and isinstance(said, str):
        words = f"{words} {said[:200]}"
    return Refused(
        meaning,
        words,
        code=str(code) if isinstance(code, int) else str(answer.status),
        remedy=remedy,
        retry_after=pause_of(answer.headers.get("retry-after")),
    )


def _by_status(status: int) -> tuple[Meaning, str, str]:
    """What an answer means that carries no code we know."""
    same_as = {401: 20003, 403: 20003, 404: 20404, 429: 20429, 503: 20503}
    if status in same_as:
        return CODES[same_as[status]]
    if 300 <= status < 400:
        return "misconfigured", "Twilio points to another address.", "Correct api_base."
    if 400 <= status < 500:
        return "other", "Twilio refuses the message.", ""
    return CODES[20500]


def _meaning(code: str) -> tuple[str, str]:
    """(`hub.ports.Reason`, words) of a failure that a callback tells of."""
    known = CODES.get(int(code)) if code.isdecimal() and len(code) < 7 else None
    if known is None:
        return "other", ""
    return (known[0] if known[0] in _REASONS else "other"), known[1]


def _rate(service: str, number: str) -> float:
    if service:
        return 0.0
    if number.startswith("+1"):
        return _NORTH_AMERICAN_RATE
    if number.startswith("+"):
        return _NUMBER_RATE
    return _SHORT_CODE_RATE if number.isdecimal() else _NAME_RATE


def _about_account(account: Mapping[str, Any]) -> Finding:
    name, status = str(account.get("friendly_name") or ""), str(account.get("status") or "")
    if status not in {"active", ""}:
        return Finding("error", f"The Twilio account {name} is {status}.", "Reactivate it.")
    if str(account.get("type")) == "Trial":
        return Finding(
            "warning",
            f"The Twilio account {name} is a trial: it only sends to verified numbers.",
            "Upgrade it in Twilio's console.",
        )
    return Finding("ok", f"Twilio accepts the account {name}.".replace(" .", "."))


def _about_number(
    number: str, listed: Mapping[str, Any], urls: Mapping[str, str], *, service: bool
) -> list[Finding]:
    rows = listed.get("incoming_phone_numbers")
    rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    ours = [row for row in rows if row.get("phone_number") == number]
    if not ours:
        return [
            Finding(
                "error",
                f"{number} is not a number of this Twilio account.",
                "Choose one that is listed under Phone Numbers in Twilio's console.",
            )
        ]
    found = [Finding("ok", f"{number} belongs to the account.")]
    if not service:
        found.append(_about_webhook(ours[0], urls["webhook"]))
    return found


def _about_webhook(row: Mapping[str, Any], webhook: str) -> Finding:
    # A fragment says how often Twilio tries (its "connection overrides"); it is sent to nobody.
    there = str(row.get("sms_url") or "").partition("#")[0]
    method = str(row.get("sms_method") or "POST")
    if row.get("sms_application_sid"):
        return Finding(
            "warning",
            "The number is answered by a TwiML app, so its own address does not count.",
            f'Set "A message comes in" of that app to {webhook} (HTTP POST).',
        )
    if there == webhook and method.upper() == "POST":
        return Finding("ok", "Messages to the number are sent here.")
    sent_to = "nowhere" if not there else "to another address"
    return Finding(
        "error",
        f"Messages to the number are sent {sent_to}."
        if there != webhook
        else "Messages to the number are sent here with the wrong method.",
        f'Under "A message comes in" choose Webhook, {webhook}, HTTP POST.',
    )


def _about_service(urls: Mapping[str, str]) -> Finding:
    return Finding(
        "ok",
        "Messages are sent by the messaging service, which chooses the number.",
        f'Its Integration has to say "Send a webhook": {urls["webhook"]}',
    )
