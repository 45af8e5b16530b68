"""Any gateway with a plain JSON or form protocol, described by an administrator in the settings.

docs/sms.md describes one line by line (SMSC.ru).
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal, cast, get_args
from uuid import UUID

import orjson

from channels.sms import mapping
from channels.sms.errors import Meaning, Refused, pause_of
from channels.sms.wire import (
    Acknowledgement,
    Answer,
    Ask,
    Call,
    Inbound,
    Received,
    Text,
    Unreadable,
)
from hub.ports import DeliveryReceipt, Finding, Reason, SendReceipt

if TYPE_CHECKING:
    from channels.sms.settings import SmsSettings

_MEANINGS = frozenset(get_args(Meaning))
_REASONS = frozenset(str(one) for one in Reason)
_NEWS = frozenset({"sent", "delivered", "read", "failed", "ignore"})
_FINE = frozenset({"", "0", "ok", "false", "success"})
"""What gateways write where there is no error."""
_DIGITS = re.compile(r"\d{9,14}(\.\d+)?")


class Generic:
    """One described gateway."""

    def __init__(self, settings: "SmsSettings") -> None:
        self._settings = settings
        told = "{status_url}" in settings.request
        self.pasted = frozenset({"webhook"} if told else {"webhook", "status"})
        self._password = settings.auth_token.get_secret_value()
        self._secret = settings.webhook_secret.get_secret_value()
        self._networks = settings.networks()
        self._request = mapping.lines(settings.request)
        self._errors = dict(mapping.lines(settings.errors))
        self._statuses = dict(mapping.lines(settings.statuses))
        self.sends_per_second = settings.sends_per_second
        self.media_headers: Mapping[str, str] = {}
        self.acknowledgement = Acknowledgement(
            "text/plain", settings.acknowledgement.encode("utf-8")
        )

    def build(self, text: Text, /) -> Call:
        values = self._values(text)
        fields = tuple((name, mapping.fill(value, values)) for name, value in self._request)
        path = self._settings.request_path.lstrip("/")
        url = f"{self._settings.api_base}/{path}" if path else self._settings.api_base
        call = Call(self._settings.request_method, url, self._headers())
        match self._settings.request_format:
            case "json":
                return replace(call, json=mapping.nested(fields))
            case "query":
                return replace(call, query=fields)
            case "form":
                return replace(call, form=fields)

    def taken(self, answer: Answer, text: Text, /) -> SendReceipt:
        body = _json(answer.body)
        self._look_for_errors(answer, body)
        name = mapping.look(body, self._settings.answer_id)
        if self._settings.answer_id and not name:
            raise Refused(
                "unknown", "The gateway's answer names no message; it may be on its way."
            )
        return SendReceipt(external_id=name or str(text.reference))

    def genuine(self, received: Received, /) -> bool:
        if self._networks and not self._from_allowed(received.remote):
            return False
        return not self._secret or self._signed(received)

    def inbound(self, received: Received, /) -> Inbound:
        data, settings = self._vouched(received), self._settings
        sender = _needed(data, settings.inbound_from, "inbound_from")
        text = mapping.look(data, settings.inbound_text) or ""
        to = mapping.look(data, settings.inbound_to) or ""
        when = mapping.look(data, settings.inbound_time) or ""
        name = mapping.look(data, settings.inbound_id)
        return Inbound(
            external_id=name or _named_by(sender, to, text, when),
            sender=sender,
            text=text,
            to=to,
            occurred_at=moment(when),
            answered=settings.answers_stop,
        )

    def status(self, received: Received, now: datetime, /) -> DeliveryReceipt | None:
        data, settings = self._vouched(received), self._settings
        word = _needed(data, settings.status_word, "status_word")
        code = mapping.look(data, settings.status_error) or ""
        # A word nobody described still says that the gateway has the message.
        meaning = self._statuses.get(word, "sent")
        if meaning == "ignore":
            return None
        reason = self._reason(meaning, code)
        status = "failed" if reason else meaning
        name = mapping.look(data, settings.status_id) or ""
        # It may stand in the address, which is our own and holds a name that nobody can guess.
        reference = _uuid(mapping.look(_data(received), settings.status_reference))
        if not name and reference is None:
            raise Unreadable("It names no message: look at status_id and status_reference.")
        return DeliveryReceipt(
            cast("Literal['sent', 'delivered', 'read', 'failed']", status),
            now,
            delivery_id=reference,
            external_id=name,
            provider_status=word,
            provider_code=code,
            reason=reason,
        )

    def _vouched(self, received: Received) -> object:
        """The fields that the signature covers: one over the body says nothing of the address."""
        settings = self._settings
        is_status = received.url.partition("?")[0].endswith("/status")
        template = settings.status_signed if is_status else settings.inbound_signed
        hashed = bool(self._secret) and settings.signature_method != "plain"
        body_alone = hashed and template in {"", "{body}", "{body}{secret}", "{secret}{body}"}
        return _data(replace(received, query=()) if body_alone else received)

    async def admitted(self, ask: Ask, /) -> None:
        """Nothing to ask: such a gateway is only described."""

    async def check(self, ask: Ask, urls: Mapping[str, str], /) -> Sequence[Finding]:  # noqa: ARG002
        """A gateway that is only described offers nothing that could be asked without sending."""
        return [
            Finding(
                "warning",
                "Whether the gateway accepts the account shows with the first message.",
                "Send one to your own phone.",
            )
        ]

    def _values(self, text: Text) -> Mapping[str, str]:
        return {
            "to": text.to,
            "to_digits": text.to.removeprefix("+"),
            "text": text.text,
            "sender": self._settings.number,
            "login": self._settings.account_sid,
            "password": self._password,
            "reference": str(text.reference),
            "minutes": str(max(text.valid_for // 60, 1)),
            "status_url": text.status_url,
        }

    def _headers(self) -> Mapping[str, str]:
        match self._settings.request_auth:
            case "basic":
                login = f"{self._settings.account_sid}:{self._password}".encode()
                return {"Authorization": f"Basic {base64.b64encode(login).decode()}"}
            case "bearer":
                return {"Authorization": f"Bearer {self._password}"}
            case _:
                return {}

    def _look_for_errors(self, answer: Answer, body: object) -> None:
        """Raises Refused for an error's code in the answer, or for its HTTP status."""
        code = mapping.look(body, self._settings.answer_error) or ""
        said = (mapping.look(body, self._settings.answer_words) or "")[:200]
        if code.lower() in _FINE and 200 <= answer.status < 300:
            return
        if code.lower() in _FINE:
            code = str(answer.status)
        meaning = self._errors.get(code)
        words = "The gateway refuses the message" + (f": {said}" if said else f" ({code}).")
        raise Refused(
            cast("Meaning", meaning) if meaning in _MEANINGS else _by_status(answer.status),
            words,
            code=code,
            remedy="Check the settings of this inbox, and the account at the gateway.",
            retry_after=pause_of(answer.headers.get("retry-after")),
        )

    def _reason(self, meaning: str, code: str) -> str:
        """The `Reason` of a failure; empty for good news."""
        if meaning in _REASONS:
            return meaning
        if meaning != "failed":
            return ""
        known = self._errors.get(code, "")
        return known if known in _REASONS else "other"

    def _from_allowed(self, remote: str) -> bool:
        try:
            address = ip_address(remote)
        except ValueError:
            return False
        plain = getattr(address, "ipv4_mapped", None) or address
        return any(plain.version == one.version and plain in one for one in self._networks)

    def _signed(self, received: Received) -> bool:
        field = self._settings.signature_field
        shown = received.headers.get(field.lower()) or mapping.look(_data(received), field) or ""
        expected = self._expected(received)
        return hmac.compare_digest(expected.encode(), _bare(shown).encode("utf-8", "replace"))

    def _expected(self, received: Received) -> str:
        method, secret = self._settings.signature_method, self._secret
        if method == "plain":
            return secret
        is_status = received.url.partition("?")[0].endswith("/status")
        settings = self._settings
        template = settings.status_signed if is_status else settings.inbound_signed
        signed = self._fill(template or "{body}", received)
        if method.startswith("hmac-"):
            return hmac.new(secret.encode(), signed, method.removeprefix("hmac-")).hexdigest()
        return hashlib.new(method, signed, usedforsecurity=False).hexdigest()

    def _fill(self, template: str, received: Received) -> bytes:
        if template == "{body}":
            return received.body
        data = _data(received)
        body = received.body.decode("utf-8", "replace")
        ours = {"secret": self._secret, "body": body}
        values = {name: mapping.look(data, name) or "" for name in mapping.names(template)}
        return mapping.fill(template, values | ours).encode("utf-8", "replace")


def open_gateway(settings: "SmsSettings") -> Generic:
    secret = settings.webhook_secret.get_secret_value()
    faults = {
        "request: say which fields a message is sent with": not settings.request,
        "mms: a described gateway carries no pictures": settings.mms,
        "webhook_secret or allowed_addresses: without either anybody could write here": not (
            secret or settings.allowed_addresses
        ),
        "signature_field: where is the secret shown?": bool(secret)
        and not settings.signature_field,
        "webhook_secret: use at least 8 characters": 0 < len(secret) < 8,
        "inbound_signed and status_signed: name the {secret}, or anybody could sign": bool(secret)
        and not _secret_counts(settings),
        "inbound_from and inbound_text: where are they?": not (
            settings.inbound_from and settings.inbound_text
        ),
    }
    wrong = [words for words, found in faults.items() if found]
    wrong += _wrong_meanings("errors", settings.errors, _MEANINGS)
    wrong += _wrong_meanings("statuses", settings.statuses, _NEWS | _REASONS)
    if wrong:
        raise ValueError("; ".join(wrong))
    return Generic(settings)


def _secret_counts(settings: "SmsSettings") -> bool:
    """Whether the secret has a part in every signature: a bare hash of it is anybody's."""
    if settings.signature_method not in {"md5", "sha1", "sha256"}:
        return True
    templates = (settings.inbound_signed, settings.status_signed)
    return all("secret" in mapping.names(one) for one in templates)


def moment(text: str) -> datetime | None:
    """Seconds (or milliseconds) since 1970, or ISO 8601 with its zone; None for anything else."""
    if _DIGITS.fullmatch(text):
        seconds = float(text)
        start = datetime(1970, 1, 1, tzinfo=UTC)
        return start + timedelta(seconds=seconds / 1000 if seconds > 1e11 else seconds)
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _wrong_meanings(field: str, text: str, allowed: frozenset[str]) -> list[str]:
    strange = {value for _, value in mapping.lines(text)} - allowed
    if not strange:
        return []
    return [f"{field}: {', '.join(sorted(strange))} is none of {', '.join(sorted(allowed))}"]


def _data(received: Received) -> object:
    """The request's fields: JSON where the body is JSON, else what stands in body and address."""
    if "json" in received.headers.get("content-type", ""):
        return _json(received.body)
    return dict(reversed(received.query)) | dict(reversed(received.form))


def _json(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}


def _needed(data: object, path: str, setting: str) -> str:
    found = mapping.look(data, path)
    if not found:
        raise Unreadable(f"There is nothing at {path or 'the empty path'}: look at {setting}.")
    return found


def _named_by(*facts: str) -> str:
    return hashlib.sha256("\0".join(facts).encode("utf-8", "replace")).hexdigest()


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def _bare(shown: str) -> str:
    """The signature without what some put before it (`sha256=…`, `Bearer …`)."""
    return re.sub(r"^(sha1=|sha256=|[Bb]earer )", "", shown.strip())


def _by_status(status: int) -> Meaning:
    match status:
        case 401 | 403:
            return "misconfigured"
        case 429:
            return "rate_limited"
        case 503:
            return "later"
        case _ if status >= 500:
            return "unknown"
        case _ if 300 <= status < 400:
            return "misconfigured"
        case _:
            return "other"
