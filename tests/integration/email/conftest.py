"""Senders against a server in this process, and one message to send."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from channels.email.sending import Sender
from channels.email.settings import EmailSettings
from hub.clock import now
from hub.ports import Address, OutboundMessage
from hub.ports.fake import RecordingHost
from tests.mail_server import mail_host

__all__ = ["mail_host"]

MESSAGE = OutboundMessage(
    delivery_id=UUID(int=1),
    entry_id=UUID(int=2),
    conversation_id=UUID(int=3),
    address=Address("email", "ivan@customer.example"),
    reply_address="",
    text="Your order has left.",
    subject="Re: Order 1043",
    author_name="Olga",
)

Senders = Callable[..., AbstractAsyncContextManager[Sender]]


@pytest.fixture
async def host() -> AsyncIterator[RecordingHost]:
    async with RecordingHost.open(now) as one:
        yield one


@pytest.fixture
def sender(host: RecordingHost) -> Senders:
    """`sender(port, **settings)`: an open Sender of support@shop.example."""

    @asynccontextmanager
    async def opened(port: int, *, idle_for: float = 30.0, **more: Any) -> AsyncIterator[Sender]:
        settings = EmailSettings.model_validate(
            {
                "address": "support@shop.example",
                "smtp_host": "localhost",
                "smtp_port": port,
                "smtp_tls": "none",
                **more,
            }
        )
        async with Sender(settings, host, idle_for=idle_for) as one:
            yield one

    return opened


def message(**changes: Any) -> OutboundMessage:
    return replace(MESSAGE, **changes)
