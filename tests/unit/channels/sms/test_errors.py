"""What errors mean: every code of Twilio's that we know, every exception of the client."""

import json

import aiohttp
import pytest

from channels.sms.errors import Refused, classify, pause_of, refusal
from channels.sms.gateways.twilio import open_gateway
from channels.sms.settings import SmsSettings
from channels.sms.twilio_codes import CODES, STATUSES
from channels.sms.wire import Answer
from hub.ports import (
    ChannelError,
    InboxMisconfigured,
    OutcomeUnknown,
    PermanentError,
    RateLimited,
    Reason,
    TransientError,
)
from tests.unit.channels.sms.test_gateways import OUTGOING, settings_of

_TABLE: dict[int, tuple[type[ChannelError], Reason | None]] = {
    14107: (RateLimited, None),
    20003: (InboxMisconfigured, None),
    20404: (InboxMisconfigured, None),
    20429: (RateLimited, None),
    20500: (OutcomeUnknown, None),
    20503: (TransientError, None),
    21211: (PermanentError, Reason.INVALID_ADDRESS),
    21212: (InboxMisconfigured, None),
    21408: (PermanentError, Reason.OTHER),
    21606: (InboxMisconfigured, None),
    21610: (PermanentError, Reason.OPTED_OUT),
    21611: (RateLimited, None),
    21612: (PermanentError, Reason.UNREACHABLE),
    21614: (PermanentError, Reason.INVALID_ADDRESS),
    21617: (PermanentError, Reason.TOO_LARGE),
    30001: (RateLimited, None),
    30002: (InboxMisconfigured, None),
    30003: (PermanentError, Reason.UNREACHABLE),
    30004: (PermanentError, Reason.BLOCKED),
    30005: (PermanentError, Reason.INVALID_ADDRESS),
    30006: (PermanentError, Reason.UNREACHABLE),
    30007: (PermanentError, Reason.CONTENT_REJECTED),
    30008: (PermanentError, Reason.OTHER),
    30036: (PermanentError, Reason.EXPIRED),
}


def _refused(code: int, status: int = 400) -> ChannelError:
    gateway = open_gateway(SmsSettings.model_validate(settings_of("twilio")))
    body = json.dumps({"code": code, "message": "words", "status": status}).encode()
    with pytest.raises(Refused) as refused:
        gateway.taken(Answer(status, {"retry-after": "7"}, body), OUTGOING)
    return classify(refused.value)


@pytest.mark.parametrize("code", sorted(_TABLE))
def test_codes_of_twilio(code: int) -> None:
    kind, reason = _TABLE[code]
    error = _refused(code)
    assert type(error) is kind
    assert error.provider_code == str(code)
    assert getattr(error, "reason", None) == reason
    assert getattr(error, "retry_after", 7.0) == 7.0


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_words_and_what_to_do(code: int) -> None:
    error = _refused(code)
    assert str(error).endswith(".")
    assert not isinstance(error, InboxMisconfigured) or error.remedy


def test_every_status_of_twilio_is_known() -> None:
    # The enum of MessageStatus in the published OpenAPI document, without the inbound ones.
    published = "accepted scheduled queued sending sent delivered read undelivered failed canceled"
    assert set(STATUSES) == set(published.split())


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionRefusedError(), OutcomeUnknown),
        (aiohttp.ClientConnectorError.__new__(aiohttp.ClientConnectorError), TransientError),
        (aiohttp.ConnectionTimeoutError(), TransientError),
        (aiohttp.SocketTimeoutError(), OutcomeUnknown),
        (TimeoutError(), OutcomeUnknown),
        (aiohttp.ServerDisconnectedError(), OutcomeUnknown),
        (aiohttp.ClientPayloadError(), OutcomeUnknown),
        (aiohttp.InvalidURL("x"), InboxMisconfigured),
        (ValueError("a bug"), OutcomeUnknown),
    ],
)
def test_only_what_never_connected_is_surely_unsent(
    error: Exception, kind: type[ChannelError]
) -> None:
    assert type(classify(error)) is kind


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("30", 30.0), (None, 1.0), ("", 1.0), ("Wed, 21 Oct 2026", 1.0), ("99999999", 1.0)],
)
def test_how_long_to_wait(header: str | None, seconds: float) -> None:
    assert pause_of(header) == seconds


def test_a_pause_is_bounded() -> None:
    for asked, given in ((0.0, 0.1), (999_999.0, 3600.0)):
        error = refusal(Refused("rate_limited", "Wait.", retry_after=asked))
        assert isinstance(error, RateLimited)
        assert error.retry_after == given
