"""SMTP submission as the twin speaks it (RFC 5321, 6409): who may send what, and each answer."""

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from channels.email.twin.faults import Faults
from channels.email.twin.limits import (
    AUTH_IDLE,
    MAX_BAD_COMMANDS,
    MAX_RECIPIENTS,
    MAX_SUBMITTED,
    SMTP_IDLE,
)
from channels.email.twin.mailboxes import Mailbox, is_address
from channels.email.twin.post import Full, Post
from channels.email.twin.sasl import REFUSED_TOKEN, by_plain, by_xoauth2, decoded
from channels.email.twin.tls import Tls
from channels.email.twin.wire import Gone, TooLong, Wire

NAME = "mail.twin.example"
_PATH = re.compile(r"<(?:@[^:>]*:)?([^<>\s]*)>((?: [^\s]+)*)")


@dataclass(slots=True)
class Envelope:
    """What MAIL and RCPT said."""

    sender: str
    utf8: bool = False
    recipients: list[str] = field(default_factory=list)


Submit = Callable[[Mailbox, Envelope, bytes], Awaitable[None]]
"""Takes a mail for good; raises Full."""


class _Quit(Exception):
    pass


class SmtpServer:
    """All sessions share the post, the faults, and what is done with a mail."""

    name = "smtp"
    idle = SMTP_IDLE
    full = b"421 4.7.0 Too many connections\r\n"

    def __init__(self, post: Post, faults: Faults, submit: Submit, tls: Tls) -> None:
        self.post = post
        self.faults = faults
        self.submit = submit
        self.tls = tls

    async def session(self, wire: Wire) -> None:
        await _Session(self, wire).run()


class _Session:
    def __init__(self, server: SmtpServer, wire: Wire) -> None:
        self._server = server
        self._wire = wire
        self._greeted = False
        self._box: Mailbox | None = None
        self._envelope: Envelope | None = None
        self._bad = 0
        self._commands: Mapping[str, Callable[[str], Awaitable[None]]] = {
            "EHLO": self._ehlo,
            "HELO": self._helo,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": self._rset,
            "NOOP": self._noop,
            "VRFY": self._vrfy,
            "QUIT": self._quit,
        }

    async def run(self) -> None:
        self._wire.idle = AUTH_IDLE
        if await self._met("connect"):
            return
        await self._say(f"220 {NAME} ESMTP, a stand-in: no mail leaves this machine")
        try:
            while self._bad < MAX_BAD_COMMANDS:
                await self._command(await self._wire.line())
            await self._say("421 4.7.0 Too many bad commands")
        except TooLong:
            await self._say("500 5.5.2 Line too long")
        except _Quit:
            return

    async def _command(self, line: bytes) -> None:
        try:
            verb, _, rest = line.decode().partition(" ")
        except UnicodeDecodeError:
            await self._wrong("500 5.5.2 Not UTF-8")
            return
        command = self._commands.get(verb.upper())
        if command is None:
            await self._wrong("500 5.5.1 No such command")
            return
        await command(rest.strip(" "))

    async def _ehlo(self, rest: str) -> None:
        if await self._met("ehlo"):
            return
        self._greeted, self._envelope = bool(rest), None
        if not rest:
            await self._wrong("501 5.5.4 Who are you?")
            return
        offers = [NAME, f"SIZE {MAX_SUBMITTED}", "8BITMIME", "SMTPUTF8", "PIPELINING"]
        offers.append("ENHANCEDSTATUSCODES")
        if self._server.tls.offered(secure=self._wire.secure):
            offers.append("STARTTLS")
        else:
            offers.append("AUTH PLAIN LOGIN XOAUTH2")
        lines = [f"250-{one}" for one in offers[:-1]] + [f"250 {offers[-1]}"]
        await self._say("\r\n".join(lines))

    async def _helo(self, rest: str) -> None:
        self._greeted, self._envelope = bool(rest), None
        await self._say(f"250 {NAME}" if rest else "501 5.5.4 Who are you?")

    async def _starttls(self, _rest: str) -> None:
        context = self._server.tls.context
        if context is None or not self._server.tls.offered(secure=self._wire.secure):
            await self._wrong("502 5.5.1 No TLS here")
            return
        await self._say("220 2.0.0 Go ahead")
        await self._wire.start_tls(context)
        # RFC 3207 4.2: whatever was said before is forgotten.
        self._greeted, self._box, self._envelope = False, None, None

    async def _auth(self, rest: str) -> None:
        mechanism, _, initial = rest.partition(" ")
        read = {"PLAIN": by_plain, "XOAUTH2": by_xoauth2}.get(mechanism.upper())
        if self._server.tls.offered(secure=self._wire.secure):
            await self._wrong("530 5.7.0 STARTTLS first")
            return
        if not self._greeted or self._box is not None:
            await self._wrong("503 5.5.1 Not now")
            return
        try:
            if mechanism.upper() == "LOGIN":
                user, password = await self._login(initial)
            elif read is not None:
                user, password = read(await self._response(initial, b""))
            else:
                await self._wrong("504 5.5.4 No such mechanism")
                return
        except ValueError:
            await self._wrong("501 5.5.2 That cannot be read")
            return
        await self._sign_in(user, password, by_token=mechanism.upper() == "XOAUTH2")

    async def _login(self, initial: str) -> tuple[str, str]:
        user = decoded(await self._response(initial, b"Username:"))
        return user, decoded(await self._response("", b"Password:"))

    async def _response(self, initial: str, challenge: bytes) -> bytes:
        if initial:
            return b"" if initial == "=" else initial.encode()
        await self._say("334 " + base64.b64encode(challenge).decode())
        return await self._wire.line()

    async def _sign_in(self, user: str, password: str, *, by_token: bool) -> None:
        if await self._met("auth", user):
            return
        self._box = self._server.post.by_login(user, password)
        if self._box is not None:
            self._wire.idle = SMTP_IDLE
            await self._say("235 2.7.0 Welcome")
            return
        if by_token:
            await self._say("334 " + REFUSED_TOKEN.decode())
            await self._wire.line()
        await self._wrong("535 5.7.8 Wrong user or password")

    async def _mail(self, rest: str) -> None:
        if self._box is None:
            await self._wrong("530 5.7.0 Sign in first")
            return
        if self._envelope is not None:
            await self._wrong("503 5.5.1 One mail at a time")
            return
        found = _PATH.fullmatch(rest[5:].strip()) if rest[:5].upper() == "FROM:" else None
        if found is None or (found[1] and not is_address(found[1])):
            await self._wrong("501 5.1.7 No address there")
            return
        said = {one.upper().partition("=")[0]: one.partition("=")[2] for one in found[2].split()}
        envelope = Envelope(found[1], utf8="SMTPUTF8" in said)
        if refusal := _refusal(said, envelope):
            await self._wrong(refusal)
            return
        if await self._met("mail", self._box.address):
            return
        self._envelope = envelope
        await self._say("250 2.1.0 OK")

    async def _rcpt(self, rest: str) -> None:
        if self._envelope is None:
            await self._wrong("503 5.5.1 MAIL first")
            return
        found = _PATH.fullmatch(rest[3:].strip()) if rest[:3].upper() == "TO:" else None
        if found is None or not is_address(found[1]):
            await self._wrong("501 5.1.3 No address there")
            return
        if not found[1].isascii() and not self._envelope.utf8:
            await self._wrong("553 5.6.7 That address needs SMTPUTF8")
            return
        if len(self._envelope.recipients) >= MAX_RECIPIENTS:
            await self._say("452 4.5.3 Too many recipients")
            return
        if await self._met("rcpt", found[1]):
            return
        self._envelope.recipients.append(found[1])
        await self._say("250 2.1.5 OK")

    async def _data(self, _rest: str) -> None:
        if self._envelope is None or not self._envelope.recipients or self._box is None:
            await self._wrong("503 5.5.1 No recipient")
            return
        await self._say("354 The mail, then a dot")
        try:
            async with asyncio.timeout(SMTP_IDLE):
                raw = await _mail_text(self._wire)
        except TimeoutError as error:
            raise Gone from error
        envelope, self._envelope = self._envelope, None
        if raw is None:
            await self._say("552 5.3.4 Too big")
            return
        if await self._met("data", self._box.address):
            return
        try:
            await self._server.submit(self._box, envelope, raw)
        except Full as error:
            await self._say(f"452 4.2.2 {error}")
            return
        if not await self._met("accepted", self._box.address):
            await self._say("250 2.0.0 Taken")

    async def _rset(self, _rest: str) -> None:
        self._envelope = None
        await self._say("250 2.0.0 OK")

    async def _noop(self, _rest: str) -> None:
        await self._say("250 2.0.0 OK")

    async def _vrfy(self, _rest: str) -> None:
        await self._say("252 2.5.0 Try it")

    async def _quit(self, _rest: str) -> None:
        if not await self._met("quit"):
            await self._say("221 2.0.0 Bye")
        raise _Quit

    async def _met(self, at: str, who: str = "") -> bool:
        """A fault was ordered for here, and its refusal has been said."""
        fault = await self._server.faults.meet(self._wire, "smtp", at, who)
        if fault is None:
            return False
        code = fault.code if fault.code[:1] in {"4", "5"} else "451"
        await self._say(f"{code} {fault.text or 'As was ordered'}")
        if code == "421":
            raise Gone
        return True

    async def _wrong(self, answer: str) -> None:
        self._bad += 1
        await self._say(answer)

    async def _say(self, answer: str) -> None:
        await self._wire.send(answer.encode() + b"\r\n")


def _refusal(said: Mapping[str, str], envelope: Envelope) -> str:
    """What is wrong with the parameters of MAIL; empty when nothing is."""
    if set(said) - {"SIZE", "BODY", "SMTPUTF8", "AUTH", "RET", "ENVID"}:
        return "555 5.5.4 No such parameter"
    size = said.get("SIZE", "0")
    if not re.fullmatch(r"\d{1,20}", size):
        return "501 5.5.4 No size"
    if int(size) > MAX_SUBMITTED:
        return "552 5.3.4 Too big"
    if not envelope.sender.isascii() and not envelope.utf8:
        return "553 5.6.7 That address needs SMTPUTF8"
    return ""


async def _mail_text(wire: Wire) -> bytes | None:
    """What follows DATA, unstuffed; None when it was too big, and then it was read to its end.

    Only CRLF.CRLF ends it: whoever takes less lets a mail smuggle another one in.
    """
    lines: list[bytes] = []
    size = 0
    at_start = True
    while True:
        piece = await wire.piece()
        if at_start and piece == b".\r\n":
            break
        ends = piece.endswith(b"\r\n")
        if at_start and piece.startswith(b"."):
            piece = piece[1:]
        at_start = ends
        size += len(piece)
        if size <= MAX_SUBMITTED:
            lines.append(piece)
        else:
            lines.clear()
    return b"".join(lines) if size <= MAX_SUBMITTED else None
