"""The twin of Twilio: a gateway of one's own with a page of phones.

`play` knows the keys of every twin (hub/ports/twin.py) but `locale` and `at`, for which text
messages have no room, and of its own: `state` (`on`, `off`, `landline`) of the phone; without a
text or files only that is set. Faults: channels/sms/twin/faults.py.
"""

import asyncio
import mimetypes
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import aiohttp
from aiohttp import web

from channels.sms.twin.book import Book
from channels.sms.twin.exchange import Exchange
from channels.sms.twin.faults import Faults
from channels.sms.twin.pages import LARGEST, Pages
from channels.sms.twin.rest import Rest


@dataclass(frozen=True, slots=True)
class RunningSmsTwin:
    """`hub.ports.RunningTwin` of a provider of text messages."""

    exchange: Exchange

    @property
    def page(self) -> str:
        return f"{self.exchange.base}/"

    @property
    def settings(self) -> Mapping[str, object]:
        book = self.exchange.book
        return {
            "gateway": "twilio",
            "number": book.number,
            "api_base": self.exchange.base,
            "account_sid": book.account_sid,
            "auth_token": book.auth_token,
        }

    async def connect(self, urls: Mapping[str, str]) -> None:
        self.exchange.book.webhook = urls["webhook"]
        await self.exchange.book.touched()

    async def play(self, act: Mapping[str, object]) -> None:
        number, book = str(act.get("who") or ""), self.exchange.book
        if not number.startswith("+") or not number[1:].isdecimal():
            raise ValueError("who: a phone number like +359885550103")
        phone = book.phone(number, str(act.get("name") or ""))
        if act.get("state") in {"on", "off", "landline"}:
            phone.state = cast("Any", act["state"])
            await book.touched()
        text, pictures = str(act.get("text") or ""), _pictures(act.get("files"))
        if text or pictures:
            await self.exchange.from_phone(number, text, pictures)
        elif "state" not in act:
            raise ValueError("text or files: there is nothing to send")


class SmsTwin:
    name = "sms"

    @asynccontextmanager
    async def serve(self, host: str, port: int, data_dir: Path) -> AsyncIterator[RunningSmsTwin]:
        """The page and the API on one port, as one finds them at a provider on one name."""
        book = Book(data_dir)
        await asyncio.to_thread(book.load)
        async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as group:
            exchange = Exchange(book, Faults(), http, group)
            runner = web.AppRunner(_app(exchange), shutdown_timeout=0.5, access_log=None)
            await runner.setup()
            keeping = group.create_task(book.keep())
            try:
                await web.TCPSite(runner, host, port).start()
                exchange.base = f"http://{host}:{runner.addresses[0][1]}"
                yield RunningSmsTwin(exchange)
            finally:
                await runner.cleanup()
                await exchange.stop()
                keeping.cancel()


twin = SmsTwin()


def _app(exchange: Exchange) -> web.Application:
    app = web.Application(client_max_size=LARGEST)
    app.add_routes([*Pages(exchange).routes(), *Rest(exchange).routes()])
    return app


def _pictures(files: object) -> Sequence[tuple[str, str, bytes]]:
    """What an act brings: `[{"name", "content", "kind"}]`."""
    pictures = []
    for one in cast("Sequence[Mapping[str, Any]]", files or ()):
        name = str(one["name"])
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        pictures.append((name, kind, bytes(one["content"])))
    return pictures
