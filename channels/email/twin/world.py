"""What becomes of a mail: whose mailbox it lands in, with which marks of the way; what bounces."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from email.utils import format_datetime

from channels.email.twin import bounce, reading, structure
from channels.email.twin.faults import Fault, Faults
from channels.email.twin.letters import Attached, Draft, written
from channels.email.twin.limits import MAX_LATER, MAX_MAIL
from channels.email.twin.mailboxes import Mail, Mailbox, is_address, plain
from channels.email.twin.post import Full, Post
from channels.email.twin.reading import Letter
from channels.email.twin.smtp import NAME, Envelope


class World:
    """Carries mails between the mailboxes; `company` is the address that customers write to."""

    def __init__(self, post: Post, faults: Faults, company: str) -> None:
        self.post = post
        self.faults = faults
        self.company = company
        self._later: set[asyncio.Task[None]] = set()
        self._group: asyncio.TaskGroup
        self._number = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Bounces come back only while this lasts."""
        async with asyncio.TaskGroup() as self._group:
            yield
            for task in self._later:
                task.cancel()

    async def submit(self, box: Mailbox, envelope: Envelope, raw: bytes) -> None:
        """What came over SMTP from `box`. Raises Full."""
        for recipient in dict.fromkeys(envelope.recipients):
            fault = self.faults.take("smtp", "later", recipient, exact=True)
            if fault is None:
                await self.deliver(
                    raw, sender=envelope.sender, recipient=recipient, by=box.address
                )
            else:
                self._bounce_later(fault, raw, envelope.sender or box.address, recipient)

    async def deliver(
        self,
        raw: bytes,
        *,
        sender: str,
        recipient: str,
        by: str,
        at: datetime | None = None,
        folder: str = "INBOX",
    ) -> Mail:
        """Into the recipient's mailbox, with what a provider writes above it. Raises Full.

        `by`: who signed in to send it, if anybody did: only his own address is vouched for.
        """
        box = await self.post.mailbox(recipient)
        at = at or self.post.clock()
        head = _way(raw, sender=sender, recipient=recipient, by=by, at=at)
        return await self.post.keep(box, box.folders[folder], head + raw, at=at)

    async def write(self, draft: Draft, *, proven: bool = True, folder: str = "INBOX") -> Mail:
        """A customer sends a mail: it goes out, and a copy to Sent. Raises ValueError, Full."""
        raw = await asyncio.to_thread(written, draft)
        if len(raw) > MAX_MAIL:
            raise Full("The mail is too big.")
        box = await self.post.mailbox(draft.sender, name=draft.name, locale=draft.locale)
        for recipient in dict.fromkeys([*draft.to, *draft.cc]):
            await self.deliver(
                raw,
                sender=draft.sender,
                recipient=recipient,
                by=box.address if proven else "",
                at=draft.at,
                folder=folder,
            )
        return await self.post.keep(box, box.folders["Sent"], raw, at=draft.at, flags=["\\Seen"])

    async def newest_from_company(self, box: Mailbox) -> tuple[Mail, Letter] | None:
        """The last mail in the customer's INBOX that the company wrote."""
        for mail in list(reversed(box.folders["INBOX"].mails.values()))[:50]:
            letter = await asyncio.to_thread(reading.read, await self.post.store.raw(mail.key))
            if plain(letter.sender) == plain(self.company):
                return mail, letter
        return None

    def new_message_id(self, address: str, at: datetime) -> str:
        self._number += 1
        domain = address.rpartition("@")[2]
        domain = domain if domain.isascii() else NAME
        return f"<{at:%Y%m%d%H%M%S}.{self._number}.{self.post.clock().timestamp():.6f}@{domain}>"

    def _bounce_later(self, fault: Fault, raw: bytes, sender: str, recipient: str) -> None:
        if len(self._later) >= MAX_LATER or not is_address(sender):
            return
        task = self._group.create_task(self._bounce(fault, raw, sender, recipient))
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _bounce(self, fault: Fault, raw: bytes, sender: str, recipient: str) -> None:
        await asyncio.sleep(fault.seconds)
        self._number += 1
        at = self.post.clock()
        told = bounce.report(
            raw,
            recipient=recipient,
            sender=sender,
            status=fault.status,
            said=fault.text,
            at=at,
            number=self._number,
        )
        try:
            box = await self.post.mailbox(sender)
            await self.post.keep(box, box.folders["INBOX"], told, at=at)
        except Full:
            return


def attached(files: Sequence[Mapping[str, object]]) -> list[Attached]:
    """Files of an act. Raises ValueError."""
    found = []
    for one in files:
        name, content = one.get("name"), one.get("content")
        if not isinstance(name, str) or not isinstance(content, bytes):
            raise ValueError("a file has a name and bytes")  # noqa: TRY004 - what acts promise
        found.append(Attached(name, content, str(one.get("content_type") or _kind(name))))
    return found


_KINDS = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "ogg": "audio/ogg",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
}


def _kind(name: str) -> str:
    return _KINDS.get(name.rpartition(".")[2].lower(), "application/octet-stream")


def _way(raw: bytes, *, sender: str, recipient: str, by: str, at: datetime) -> bytes:
    """Return-Path, Delivered-To, Authentication-Results (RFC 8601) and Received."""
    author = structure.read(raw[: 64 * 1024]).header(b"from") or b""
    address = (reading.line(b"From: " + author + b"\r\n\r\n")).sender
    domain = address.rpartition("@")[2] or "unknown"
    result = "pass" if by and plain(address) == plain(by) else "fail"
    lines = [
        f"Return-Path: <{sender}>",
        f"Delivered-To: {recipient}",
        f"Authentication-Results: {NAME}; spf={result} smtp.mailfrom={sender or NAME};",
        f"\tdkim={result} header.d={domain}; dmarc={result} header.from={domain}",
        f"Received: by {NAME} with ESMTPSA; {format_datetime(at)}",
    ]
    return "".join(f"{one}\r\n" for one in lines).encode()
