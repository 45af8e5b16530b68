"""What the provider does with a message on its way: carries it, tells of it, answers keywords."""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime

import aiohttp

from channels.sms.twin import hooks, wording
from channels.sms.twin.book import Book, Message, new_sid
from channels.sms.twin.faults import RECEIPTS, Fault, Faults

STEP = 0.15
"""Seconds between two receipts."""
_OFF, _LANDLINE = 30003, 30006

_WORDS = {
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
}


_MOST_PICTURES = 10
_LARGEST_PICTURE = 5_000_000


def moment() -> str:
    """Now, as RFC 3339."""
    return datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="milliseconds")


class Exchange:
    """Carries messages both ways; its work ends with `group`."""

    def __init__(
        self, book: Book, faults: Faults, http: aiohttp.ClientSession, group: asyncio.TaskGroup
    ) -> None:
        self.book = book
        self.faults = faults
        self.base = ""
        """Where the API is reached, without a trailing slash."""
        self._http = http
        self._group = group
        self._lines: dict[str, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def from_phone(
        self, number: str, text: str, pictures: Sequence[tuple[str, str, bytes]] = ()
    ) -> Message:
        """A customer's text with its `pictures` (name, type, bytes); known when this returns."""
        message = Message(
            new_sid("MM" if pictures else "SM"),
            number,
            inbound=True,
            text=text,
            at=moment(),
            status="received",
            segments=wording.segments(text),
            media=[await self._store(*one) for one in pictures],
        )
        self.book.phone(number)
        await self.book.add(message)
        await self._heed(message)
        times = 2 if self.faults.next_of("repeat") else 1
        self._start(self._tell_hub(message, times))
        return message

    async def to_phone(self, message: Message, pictures: Sequence[str] = ()) -> None:
        """What the company sent is under way, with the pictures at these addresses."""
        fault = self.faults.next_of(*RECEIPTS)
        message.media = [await self._fetched(url) for url in pictures[:_MOST_PICTURES]]
        await self.book.add(message)
        self._start(self._carry(message, fault))

    async def stop(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _store(self, name: str, kind: str, content: bytes) -> dict[str, str]:
        sid = new_sid("ME")
        await asyncio.to_thread((self.book.pictures / sid).write_bytes, content)
        return {"sid": sid, "type": kind, "name": name}

    async def _fetched(self, url: str) -> dict[str, str]:
        """The picture at the address, kept; what is none is an empty one."""
        try:
            async with self._http.get(url) as answer:
                kind = answer.content_type if answer.status == 200 else "text/plain"
                content = await answer.content.read(_LARGEST_PICTURE)
        except (aiohttp.ClientError, TimeoutError):
            kind, content = "text/plain", b""
        return await self._store("picture", kind, content)

    async def _heed(self, message: Message) -> None:
        """The provider's own handling of STOP, START and HELP."""
        asked = wording.keyword(message.text)
        phone = self.book.phone(message.phone)
        if asked is None:
            return
        if asked != "help":
            phone.stopped = asked == "stop"
        answer = wording.ANSWERS[asked]
        own = Message(
            new_sid("SM"), message.phone, inbound=False, text=answer, at=moment(),
            status="delivered", own=True,
        )  # fmt: skip
        await self.book.add(own)

    async def _tell_hub(self, message: Message, times: int) -> None:
        # One at a time from each phone, so that what is written first arrives first.
        async with self._lines.setdefault(message.phone, asyncio.Lock()):
            for _ in range(times if self.book.webhook else 0):
                form = self._inbound_form(message)
                await hooks.post(self._http, self.book.auth_token, self.book.webhook, form)

    def _inbound_form(self, message: Message) -> hooks.Form:
        sid = message.sid
        url = f"{self.base}/2010-04-01/Accounts/{self.book.account_sid}/Messages/{sid}/Media"
        media = [
            pair
            for at, one in enumerate(message.media)
            for pair in (
                (f"MediaUrl{at}", f"{url}/{one['sid']}"),
                (f"MediaContentType{at}", one["type"]),
            )
        ]
        return [
            ("ToCountry", "GB"), ("ToState", ""), ("SmsMessageSid", sid),
            ("NumMedia", str(len(message.media))), ("ToCity", ""), ("FromZip", ""),
            ("SmsSid", sid), ("FromState", ""), ("SmsStatus", "received"), ("FromCity", ""),
            ("Body", message.text), ("FromCountry", ""), ("To", self.book.number),
            ("ToZip", ""), ("NumSegments", str(message.segments)), ("MessageSid", sid),
            ("AccountSid", self.book.account_sid), ("From", message.phone),
            ("ApiVersion", "2010-04-01"), *media,
        ]  # fmt: skip

    async def _carry(self, message: Message, fault: Fault | None) -> None:
        do = fault.do if fault else ""
        steps = self._steps(message, fault)
        if do == "late" and fault:
            await asyncio.sleep(fault.seconds)
        told = list(reversed(steps)) if do == "reversed" else steps
        for status, code in told:
            await asyncio.sleep(STEP)
            if do != "reversed" or (status, code) == steps[-1]:
                message.status, message.error = status, code
                await self.book.touched()
            for _ in range({"twice": 2, "silent": 0}.get(do, 1)):
                await self._tell_status(message, status, code)

    def _steps(self, message: Message, fault: Fault | None) -> list[tuple[str, int | None]]:
        state = self.book.phone(message.phone).state
        if fault and fault.do in {"undelivered", "failed"}:
            default = _OFF if fault.do == "undelivered" else 30008
            return [("sent", None), (fault.do, fault.code or default)]
        if state != "on":
            return [("sent", None), ("undelivered", _OFF if state == "off" else _LANDLINE)]
        if fault and fault.do == "strange":
            return [("sent", None), ("teleported", None), ("delivered", None)]
        return [("queued", None), ("sent", None), ("delivered", None)]

    async def _tell_status(self, message: Message, status: str, code: int | None) -> None:
        if not message.callback:
            return
        failed = [("ErrorCode", str(code)), ("ErrorMessage", _WORDS.get(code, ""))] if code else []
        form = [
            ("SmsSid", message.sid), ("SmsStatus", status), ("MessageStatus", status),
            ("To", message.phone), ("MessageSid", message.sid),
            ("AccountSid", self.book.account_sid), ("From", self.book.number),
            ("ApiVersion", "2010-04-01"), *failed,
        ]  # fmt: skip
        await hooks.post(self._http, self.book.auth_token, message.callback, form)
