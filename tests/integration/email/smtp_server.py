"""A mail server in this process that refuses, stalls and cuts when told to (aiosmtpd)."""

import asyncio
import base64
import ssl
import warnings
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from typing_extensions import override

CUT = "cut"
"""Break the connection instead of answering."""
HELD = "held"
"""Do not answer until `Server.release`."""
TAKEN_AND_CUT = "taken-and-cut"
"""Take the mail, and break the connection before saying so."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail the server has."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes
    options: tuple[str, ...]


@dataclass(slots=True)
class Server:
    """What a server has and does; the deques hold what it answers next, each once."""

    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    connections: int = 0
    at_sender: deque[str] = field(default_factory=deque)
    at_body: deque[str] = field(default_factory=deque)
    recipients: dict[str, str] = field(default_factory=dict)
    """What is answered to these addresses, each time."""
    users: Mapping[str, str] = field(default_factory=dict)
    signed_in: list[str] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    open: list[SMTP] = field(default_factory=list)

    def release(self) -> None:
        self.released.set()

    def cut_all(self) -> None:
        """Break every connection, as a restart of the server does."""
        for one in self.open:
            _abort(one)


class _Handler:
    def __init__(self, server: Server) -> None:
        self._server = server

    async def handle_MAIL(  # noqa: N802 - the library's name
        self, smtp: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._server.at_sender:
            return await self._answer(smtp, self._server.at_sender.popleft())
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, smtp: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self._server.recipients:
            return await self._answer(smtp, self._server.recipients[address])
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, smtp: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        fault = self._server.at_body.popleft() if self._server.at_body else ""
        if fault and fault not in {TAKEN_AND_CUT, HELD}:
            return await self._answer(smtp, fault)
        content = envelope.original_content or b""
        self._server.taken.append(
            Taken(
                envelope.mail_from or "",
                tuple(envelope.rcpt_tos),
                content,
                tuple(envelope.mail_options),
            )
        )
        return await self._answer(smtp, fault) if fault else "250 2.0.0 OK queued as 1"

    async def _answer(self, smtp: SMTP, answer: str) -> str:
        if answer == HELD:
            await self._server.released.wait()
            return "250 OK"
        if answer in {CUT, TAKEN_AND_CUT}:
            _abort(smtp)
        return answer


def _abort(smtp: SMTP) -> None:
    if smtp.transport is not None:
        cast("asyncio.Transport", smtp.transport).abort()


class _Counted(SMTP):
    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.event_handler._server.connections += 1
        self.event_handler._server.open.append(self)

    async def auth_XOAUTH2(self, _: Any, args: list[str]) -> AuthResult:  # noqa: N802
        """RFC-less, Google's: base64 of `user=U^Aauth=Bearer T^A^A`."""
        words = base64.b64decode(args[1]).decode().split("\x01")
        user, token = words[0].removeprefix("user="), words[1].removeprefix("auth=Bearer ")
        good = self.event_handler._server.users.get(user) == token
        if good:
            self.event_handler._server.signed_in.append(user)
        return AuthResult(success=good, handled=False, auth_data=user)


@asynccontextmanager
async def serving(
    *,
    tls: ssl.SSLContext | None = None,
    starttls: bool = False,
    users: Mapping[str, str] | None = None,
    **options: Any,
) -> AsyncIterator[Server]:
    """Serve on a free port; with `users` (password by name) after signing in only."""
    server = Server(users=users or {})

    def check(_: SMTP, __: Session, ___: Envelope, ____: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        good = server.users.get(data.login.decode()) == data.password.decode()
        if good:
            server.signed_in.append(data.login.decode())
        return AuthResult(success=good, handled=False, auth_data=data)

    made = {
        "enable_SMTPUTF8": True,
        "hostname": "mail.test",
        "loop": asyncio.get_running_loop(),
        **({"tls_context": tls, "require_starttls": True} if tls and starttls else {}),
        **(
            {"authenticator": check, "auth_required": True, "auth_require_tls": starttls}
            if users
            else {}
        ),
        **options,
    }

    def one() -> SMTP:
        with warnings.catch_warnings(action="ignore"):
            # It warns of passwords without STARTTLS, also where all of it is encrypted.
            return _Counted(_Handler(server), **made)

    listening = await asyncio.get_running_loop().create_server(
        one,
        "127.0.0.1",
        0,
        ssl=tls if tls and not starttls else None,
    )
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        server.release()
        server.cut_all()
        listening.close()
        await listening.wait_closed()
        talks = [one._handler_coroutine for one in server.open if one._handler_coroutine]
        if talks:
            await asyncio.wait(talks, timeout=10)
