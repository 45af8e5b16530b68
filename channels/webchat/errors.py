"""How web chat says no: to a visitor over HTTP or a socket, and to the hub in the port's words."""

import math
from collections.abc import Mapping

import orjson
from aiohttp import web

from hub.ports import (
    ChannelError,
    OutcomeUnknown,
    PermanentError,
    Reason,
    SinkUnavailable,
    TransientError,
)


class Refused(Exception):
    """A request that is not served. `retry_after`: seconds, when waiting helps.

    `fields`: why, by the member at fault. Never carries what the visitor sent.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        retry_after: float | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.retry_after = retry_after
        self.fields = dict(fields or {})

    def facts(self) -> dict[str, object]:
        """The members that both a problem response and a `refused` frame carry."""
        facts: dict[str, object] = {"code": self.code, "detail": self.detail}
        if self.retry_after is not None:
            facts["retry_after"] = math.ceil(self.retry_after)
        if self.fields:
            facts["errors"] = [
                {"field": field, "message": message} for field, message in self.fields.items()
            ]
        return facts

    def response(self) -> web.Response:
        """An RFC 9457 problem."""
        body = {"type": "about:blank", "status": self.status, "title": self.detail, **self.facts()}
        headers = {}
        if self.retry_after is not None:
            headers["Retry-After"] = str(math.ceil(self.retry_after))
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        if self.status == 426:
            headers["Upgrade"] = "websocket"
        return web.Response(
            body=orjson.dumps(body),
            status=self.status,
            headers=headers,
            content_type="application/problem+json",
        )


def misfit(fields: Mapping[str, str]) -> Refused:
    """The request cannot be used: why, by the member at fault."""
    named = "; ".join(f"{field}: {message}" for field, message in fields.items())
    return Refused(422, "invalid", named, fields=fields)


def client_id_taken() -> Refused:
    """Not the first message's answer: whoever got it would take this one for stored."""
    return Refused(
        422,
        "client-id-taken",
        "Another message was sent under this client_id: take a new one for each message.",
        fields={"client_id": "taken"},
    )


def not_signed_in() -> Refused:
    return Refused(401, "unauthenticated", "This visit is unknown or over: start a new one.")


def unavailable() -> Refused:
    return Refused(503, "unavailable", "Nothing was stored. Try again shortly.", retry_after=1)


def refusal(error: ChannelError | SinkUnavailable) -> Refused:
    """What a visitor is told when the hub would not take something."""
    if isinstance(error, PermanentError):
        if error.reason is Reason.TOO_LARGE:
            return Refused(413, "too-large", "This is larger than the chat accepts.")
        return Refused(422, "refused", "The chat does not accept this.")
    return unavailable()


def classify(error: BaseException) -> ChannelError:
    """Web chat talks to no provider: what is not the port's own error is a fault of ours."""
    if isinstance(error, ChannelError):
        return error
    if isinstance(error, SinkUnavailable):
        return TransientError("The hub's database is away.")
    return OutcomeUnknown(f"Web chat failed: {type(error).__name__}")
