"""IMAP as the twin speaks it (RFC 3501, 2177, 4315, 6851): who may give which command."""

import re
import ssl
from collections.abc import Awaitable, Callable, Mapping

from channels.email.twin.faults import Fault, Faults
from channels.email.twin.imap_folder import OpenFolder
from channels.email.twin.imap_folders import Folders
from channels.email.twin.imap_syntax import Unreadable, Words
from channels.email.twin.limits import (
    AUTH_IDLE,
    IMAP_IDLE,
    MAX_BAD_COMMANDS,
    MAX_COMMAND,
    MAX_LITERAL,
    MAX_MAIL,
)
from channels.email.twin.mailboxes import Folder, Mailbox
from channels.email.twin.post import Full, Post
from channels.email.twin.refusal import Refused
from channels.email.twin.sasl import REFUSED_TOKEN, by_plain, by_xoauth2
from channels.email.twin.tls import Tls
from channels.email.twin.wire import Gone, TooLong, Wire

_LITERAL_AHEAD = re.compile(rb"\{(\d{1,10})(\+?)\}$")


class ImapServer:
    """All sessions share the post and the faults."""

    name = "imap"
    idle = IMAP_IDLE
    full = b"* BYE Too many connections\r\n"

    def __init__(self, post: Post, faults: Faults, tls: Tls) -> None:
        self.post = post
        self.faults = faults
        self.tls = tls

    async def session(self, wire: Wire) -> None:
        await Session(self, wire).run()


Command = Callable[[Words], Awaitable[str]]
"""Carries a command out and returns what its OK says."""


class Session:
    """One connection: before and after signing in. What needs an open folder is in OpenFolder."""

    def __init__(self, server: ImapServer, wire: Wire) -> None:
        self.post = server.post
        self.wire = wire
        self.box: Mailbox
        self.open: OpenFolder | None = None
        self.cut = False
        """The next answer is to break off in the middle."""
        self._faults = server.faults
        self._tls = server.tls
        self._signed_in = False
        self._over = False
        self._next_context: ssl.SSLContext | None = None
        """TLS begins after the OK."""
        self._always: Mapping[str, Command] = {
            "CAPABILITY": self._capability,
            "NOOP": self._noop,
            "LOGOUT": self._logout,
            "ID": self._id,
        }
        self._before: Mapping[str, Command] = {
            "STARTTLS": self._starttls,
            "LOGIN": self._login,
            "AUTHENTICATE": self._authenticate,
        }
        self._after: Mapping[str, Command] = {
            "SELECT": self._select,
            "EXAMINE": self._examine,
            **Folders(self).commands,
            "APPEND": self._append,
            "IDLE": self._idle,
        }

    async def run(self) -> None:
        self.wire.idle = AUTH_IDLE
        try:
            if await self._faults.meet(self.wire, "imap", "connect"):
                await self.say("BYE As was ordered")
                return
            await self.say(f"OK [CAPABILITY {self._offers()}] A stand-in is ready")
            bad = 0
            while not self._over and bad < MAX_BAD_COMMANDS:
                bad = 0 if await self._command() else bad + 1
        except TooLong:
            await self.say("BYE Line too long")
        finally:
            self._leave()

    async def say(self, line: str) -> None:
        await self.wire.send(b"* " + line.encode() + b"\r\n")

    async def send(self, data: bytes) -> None:
        """An untagged response; only the beginning of it when a fault says so."""
        if self.cut:
            await self.wire.send(data[: len(data) // 2])
            self.wire.drop()
            raise Gone
        await self.wire.send(data)

    async def tell_changes(self, *, expunged: bool = True) -> None:
        if self.open is None:
            return
        if self.open.lost:
            await self.say("BYE The folder is not what it was")
            raise Gone
        await self.wire.send(self.open.changes(expunged=expunged))

    async def _command(self) -> bool:
        """Read one and answer it; False for what was none."""
        tag = "*"
        try:
            words = Words(await self._whole_command())
            tag = words.tag()
            words.space()
            name = words.atom()
            command = self._known(name)
            if not words.over:
                words.space()
            text = await self._carried_out(name, command, words)
            await self.wire.send(f"{tag} OK {text}\r\n".encode())
            if self._next_context is not None:
                context, self._next_context = self._next_context, None
                await self.wire.start_tls(context)
        except Unreadable as error:
            await self.wire.send(f"{tag} BAD {error}\r\n".encode())
            return False
        except Refused as error:
            await self.wire.send(f"{tag} {error}\r\n".encode())
        return True

    async def _carried_out(self, name: str, command: Command, words: Words) -> str:
        await self.meet(name.lower())
        text = await command(words)
        # RFC 3501 7.4.1: numbers stay what they are while they are being used.
        await self.tell_changes(expunged=name not in {"FETCH", "STORE", "SEARCH"})
        fault = await self._faults.meet(self.wire, "imap", "done", self._who(), exact=True)
        if fault is not None:
            raise Refused(_words_of(fault))
        return text

    async def meet(self, at: str) -> None:
        """Do what was ordered for this command, if anything was."""
        fault = await self._faults.meet(self.wire, "imap", at, self._who())
        if fault is None:
            return
        if fault.do == "cut":
            self.cut = True
            return
        if fault.code == "BAD":
            raise Unreadable(fault.text or "As was ordered")
        raise Refused(_words_of(fault))

    def _who(self) -> str:
        return self.box.address if self._signed_in else ""

    def _known(self, name: str) -> Command:
        if name in self._always:
            return self._always[name]
        if not self._signed_in:
            if name in self._before:
                return self._before[name]
            raise Unreadable("Sign in first" if name in self._after else "No such command")
        if name in self._after:
            return self._after[name]
        if self.open is not None and name in self.open.commands:
            return self.open.commands[name]
        raise Unreadable("No such command, or not now")

    async def _whole_command(self) -> bytes:
        command = bytearray()
        while True:
            line = await self.wire.line()
            command += line
            ahead = _LITERAL_AHEAD.search(line)
            if ahead is None:
                return bytes(command)
            size = int(ahead[1])
            appends = self._signed_in and re.match(rb"\S+ append ", command, re.IGNORECASE)
            if size > (MAX_MAIL if appends else MAX_LITERAL) or len(command) > MAX_COMMAND:
                await self.say("BYE [TOOBIG] That is too much")
                raise Gone
            if not ahead[2]:
                await self.wire.send(b"+ Go ahead\r\n")
            command += b"\r\n" + await self.wire.exactly(size)

    # --- at any time

    def _offers(self) -> str:
        if self._tls.offered(secure=self.wire.secure):
            return "IMAP4rev1 ID LITERAL+ STARTTLS LOGINDISABLED"
        before = "AUTH=PLAIN AUTH=XOAUTH2 SASL-IR"
        after = "IDLE UIDPLUS MOVE SPECIAL-USE NAMESPACE UNSELECT"
        return f"IMAP4rev1 ID LITERAL+ {after if self._signed_in else before + ' ' + after}"

    async def _capability(self, words: Words) -> str:
        words.end()
        await self.say(f"CAPABILITY {self._offers()}")
        return "Those"

    async def _noop(self, words: Words) -> str:
        words.end()
        return "Nothing done"

    async def _id(self, _words: Words) -> str:
        await self.say('ID ("name" "besedka-mail-twin")')
        return "Pleased"

    async def _logout(self, words: Words) -> str:
        words.end()
        self._over = True
        await self.say("BYE Until then")
        self._leave()
        return "Bye"

    # --- before signing in

    async def _starttls(self, words: Words) -> str:
        words.end()
        context = self._tls.context
        if context is None or not self._tls.offered(secure=self.wire.secure):
            raise Unreadable("No TLS here")
        self._next_context = context
        return "Go ahead"

    async def _login(self, words: Words) -> str:
        user = words.text()
        words.space()
        password = words.text()
        words.end()
        return self._sign_in(user, password)

    async def _authenticate(self, words: Words) -> str:
        mechanism = words.atom()
        read = {"PLAIN": by_plain, "XOAUTH2": by_xoauth2}.get(mechanism)
        if read is None:
            raise Refused("NO No such mechanism")
        if words.over:
            await self.wire.send(b"+ \r\n")
            response = await self.wire.line()
        else:
            words.space()
            response = words.rest()
        if response == b"*":
            raise Unreadable("As you like")
        try:
            user, password = read(b"" if response == b"=" else response)
        except ValueError as error:
            raise Unreadable("That cannot be read") from error
        try:
            return self._sign_in(user, password)
        except Refused:
            if mechanism == "XOAUTH2":
                await self.wire.send(b"+ " + REFUSED_TOKEN + b"\r\n")
                await self.wire.line()
            raise

    def _sign_in(self, user: str, password: str) -> str:
        if self._tls.offered(secure=self.wire.secure):
            raise Refused("NO [PRIVACYREQUIRED] STARTTLS first")
        box = self.post.by_login(user, password)
        if box is None:
            raise Refused("NO [AUTHENTICATIONFAILED] Wrong user or password")
        self.box, self._signed_in = box, True
        self.wire.idle = IMAP_IDLE
        return f"[CAPABILITY {self._offers()}] Welcome"

    # --- folders

    async def _select(self, words: Words) -> str:
        return await self._opened(words, read_only=False)

    async def _examine(self, words: Words) -> str:
        return await self._opened(words, read_only=True)

    async def _opened(self, words: Words, *, read_only: bool) -> str:
        name = words.text()
        words.end()
        self._leave()
        self.open = OpenFolder(self, self.folder(name), read_only=read_only)
        await self.wire.send(self.open.introduction())
        return "[READ-ONLY] Open" if read_only else "[READ-WRITE] Open"

    def close_folder(self) -> None:
        self._leave()

    def _leave(self) -> None:
        if self.open is not None:
            self.open.leave()
            self.open = None

    def folder(self, name: str, code: str = "NONEXISTENT") -> Folder:
        folder = self.box.folder(name)
        if folder is None:
            raise Refused(f"NO [{code}] No such folder")
        return folder

    def target(self, words: Words) -> Folder:
        """The folder that COPY, MOVE and APPEND name."""
        return self.folder(words.text(), "TRYCREATE")

    async def _append(self, words: Words) -> str:
        folder = self.target(words)
        words.space()
        flags = words.flags() if words.next_is(b"(") else []
        if flags or words.next_is(b" "):
            words.skip(b" ")
        at = words.internal_date() if words.next_is(b'"') else None
        if at is not None:
            words.space()
        raw = words.literal()
        words.end()
        try:
            mail = await self.post.keep(self.box, folder, raw, at=at, flags=flags)
        except Full as error:
            raise Refused(f"NO [OVERQUOTA] {error}") from error
        return f"[APPENDUID {folder.uidvalidity} {mail.uid}] Kept"

    async def _idle(self, words: Words) -> str:
        words.end()
        await self.wire.send(b"+ idling\r\n")
        if self.open is None:
            line = await self.wire.line()
        else:
            line = await self.open.until_told(self.tell_changes)
        if line.strip().upper() != b"DONE":
            raise Unreadable("DONE is missing")
        return "Awake"


def _words_of(fault: Fault) -> str:
    return f"{'BAD' if fault.code == 'BAD' else 'NO'} {fault.text or 'As was ordered'}"
