"""Whatever is posted is read, refused as unreadable, or taken for a stranger's."""

import random
import time
from datetime import UTC, datetime

import pytest

from channels.sms import gateways, keywords, numbers
from channels.sms.segments import count
from channels.sms.settings import SmsSettings
from channels.sms.wire import Pairs, Received, Unreadable
from tests.unit.channels.sms.test_gateways import settings_of

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(900)]

NOW = datetime(2026, 5, 3, tzinfo=UTC)
_SLOWEST = 1.0
"""Seconds of the processor's time; usual are thousandths."""
_NAMES = [
    "MessageSid", "SmsSid", "AccountSid", "From", "To", "Body", "NumMedia", "MediaUrl0",
    "MediaContentType0", "MessageStatus", "ErrorCode", "OptOutType", "id", "phone", "mes", "to",
    "status", "err", "sent", "md5", "", "a.b", "\0",
]  # fmt: skip
_VALUES = [
    "", "+79123456789", "8 (912) 345-67-89", "AC0123456789abcdef0123456789abcdef", "SM1", "STOP",
    "delivered", "undelivered", "30003", "-1", "1777798440", "9" * 400, "1e999", "nan", "\ud7ff",
    "🙂" * 300, "\0", "a" * 20_000, "2026-05-03T00:00:00Z", "9999-12-31T23:59:59-14:00",
    "Infinity",
]  # fmt: skip
_BODIES = [
    b"", b"{", b"[" * 50_000, b'{"phone": {"a": 1}}', b"null", b"\xff", b'{"id": 1e400}', b'"x"',
]  # fmt: skip


def _request(chance: random.Random) -> Received:
    def pairs() -> Pairs:
        return tuple(
            (chance.choice(_NAMES), chance.choice(_VALUES)) for _ in range(chance.randint(0, 12))
        )

    path = chance.choice(["inbound", "status", "status?delivery=" + chance.choice(_VALUES)])
    kinds = ["application/json", "application/x-www-form-urlencoded", "", "text/xml"]
    return Received(
        chance.choice(["GET", "POST"]),
        f"https://hub.example:{chance.randint(1, 65_535)}/channels/x/{path}",
        pairs(),
        pairs(),
        {"content-type": chance.choice(kinds), "x-twilio-signature": chance.choice(_VALUES)},
        chance.choice(_BODIES),
        chance.choice(["", "127.0.0.1", "::ffff:10.0.0.1", "x"]),
    )


def test_gateways_hold_whatever_is_posted(fuzz_seconds: float) -> None:
    chance, ends, slowest = random.Random(7), time.monotonic() + fuzz_seconds, 0.0
    open_ones = [
        gateways.open_gateway(SmsSettings.model_validate(settings_of(name)))
        for name in gateways.NAMES
    ]
    tried = 0
    while time.monotonic() < ends:
        begun = time.process_time()
        request, gateway = _request(chance), chance.choice(open_ones)
        assert not gateway.genuine(request)
        try:
            heard = gateway.inbound(request)
            numbers.party(heard.sender, "RU")
            keywords.keyword(heard.text)
            count(heard.text)
        except (Unreadable, numbers.NotANumber) as refused:
            assert str(refused)  # noqa: PT017 - the words are the point
        try:
            gateway.status(request, NOW)
        except Unreadable as refused:
            assert str(refused)  # noqa: PT017
        slowest, tried = max(slowest, time.process_time() - begun), tried + 1
    assert tried > fuzz_seconds
    assert slowest < _SLOWEST
