"""How fast one inbox composes mails and hands them to its server; against ready bytes alone."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import replace
from uuid import UUID, uuid4

import aiohttp
import aiosmtplib

from channels.email.composing.compose import File, Letter, compose
from channels.email.sending import Sender
from channels.email.settings import EmailSettings
from channels.email.smtp_pool import MOST
from hub import clock
from hub.db.engine import Database
from hub.ports import Address, OutboundMessage, Quoted, StoredFile
from hub.ports.fake import RecordingHost
from tests.bench import processes
from tests.bench.measure import Row, Size, in_turn, rate, row

IN_FLIGHT = 16
MESSAGE = OutboundMessage(
    delivery_id=UUID(int=1),
    entry_id=UUID(int=2),
    conversation_id=UUID(int=3),
    address=Address("email", "anna@customer.example"),
    reply_address="",
    text="Здравствуйте, Анна!\n\nЗаказ уже в пути: https://shop.example/orders/1043.\n" * 4,
    html="<p>Здравствуйте, <b>Анна</b>!</p><p>Заказ уже в пути.</p>" * 4,
    subject="Re: Где мой заказ № 1043?",
    author_name="Ольга Петрова",
    locale="ru",
    answered={"message_id": "a1@mail.example", "references": ["a0@mail.example"]},
    quoted=Quoted("Где мой заказ?\n" * 10, "Анна", clock.now()),
)


async def measure(_: Database, size: Size) -> AsyncIterator[Row]:
    async with (
        processes.mail() as sink,
        aiohttp.ClientSession() as http,
    ):
        host, _colon, port = sink.url.removeprefix("smtp://").partition(":")
        settings = EmailSettings.model_validate(
            {
                "address": "support@shop.example",
                "smtp_host": host,
                "smtp_port": int(port),
                "smtp_tls": "none",
                "signature": "Ваш магазин",
            }
        )
        async with Sender(settings, RecordingHost(http, clock.now)) as sender:
            yield await _sent(sender, (host, int(port)), size)
            yield await _composed(sender, size)


async def _sent(sender: Sender, where: tuple[str, int], size: Size) -> Row:
    count = size.pick(250, 5_000)
    ready = _letter(sender)

    async def ours() -> float:
        waiting = iter(range(count))

        async def caller() -> None:
            for _ in waiting:
                await sender.send(replace(MESSAGE, delivery_id=uuid4()))

        return await rate(count, _together(caller, IN_FLIGHT))

    async def bare() -> float:
        waiting = iter(range(count))

        async def caller() -> None:
            client = aiosmtplib.SMTP(hostname=where[0], port=where[1], start_tls=False)
            async with client:
                for _ in waiting:
                    await client.sendmail(ready.sender, [ready.to], ready.data)

        return await rate(count, _together(caller, MOST))

    taken = await in_turn(size.rounds, {"ours": ours, "floor": bare})
    what = f"mails composed and handed over, {MOST} connections; against the same bytes, ready"
    return row("mail-out", what, "mails/s", taken["ours"], taken["floor"], ">= 0.3")


async def _together(caller: Callable[[], Coroutine[object, object, None]], hands: int) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(hands):
            group.create_task(caller())


def _letter(sender: Sender) -> Letter:
    return compose(MESSAGE, sender.account, (), clock.now())


async def _composed(sender: Sender, size: Size) -> Row:
    """With a file of 1 MB, against encoding the same bytes and nothing else."""
    count = size.pick(20, 100)
    content = bytes(range(256)) * 4_096
    file = File(StoredFile(UUID(int=9), "map.png", "image/png", len(content)), content)
    message = replace(MESSAGE, files=(file.stored,))

    def timed(work: Callable[[], object]) -> float:
        begun = time.perf_counter()
        for _ in range(count):
            work()
        return count / (time.perf_counter() - begun)

    async def ours() -> float:
        return timed(lambda: compose(message, sender.account, (file,), clock.now()))

    async def bare() -> float:
        return timed(lambda: base64.encodebytes(content))

    taken = await in_turn(size.rounds, {"ours": ours, "floor": bare})
    what = "mails composed with a file of 1 MB; against its base64 alone"
    return row("mail-out", what, "mails/s", taken["ours"], taken["floor"], ">= 0.5")
