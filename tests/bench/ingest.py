"""Target 5: `sink.message` against raw asyncpg writing the very same rows by 500."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from uuid import UUID

from sqlalchemy import text

from hub import clock
from hub.conversations.inbound.ingest import InboxSink, Ingest
from hub.db.engine import Database
from hub.db.relay import Relay
from hub.inboxes.open_inbox import InboxRef
from hub.ports import Address, InboundMessage, Proof
from hub.tasks import background
from hub.timeline.files import FileStore
from tests.bench import floors
from tests.bench.floors import Copy, Raw, Records
from tests.bench.measure import Row, Size, in_turn, rate, row

IN_FLIGHT = 500
CUSTOMERS = 500
WORDS = [
    "заказ",
    "доставка",
    "когда",
    "приедет",
    "courier",
    "order",
    "спасибо",
    "адрес",
    "завтра",
    "please",
    "invoice",
]

_MARKS = """
    SELECT coalesce((SELECT max(position) FROM entries), 0) AS position,
           coalesce((SELECT max(seq) FROM events), 0) AS seq
"""
_ENTRIES = "SELECT * FROM entries WHERE position > $1 ORDER BY position"
_INGRESS = """
    SELECT ingress.* FROM ingress JOIN entries ON entries.id = ingress.entry_id
    WHERE entries.position > $1 ORDER BY entries.position
"""
_EVENTS = "SELECT * FROM events WHERE seq > $1 ORDER BY seq"

_numbers = itertools.count()


async def make_inbox(database: Database, channel: str = "telegram") -> InboxRef:
    async with database.transaction() as session:
        inbox_id: UUID = (
            await session.execute(
                text("INSERT INTO inboxes (channel, name) VALUES (:channel, 'B') RETURNING id"),
                {"channel": channel},
            )
        ).scalar_one()
    return InboxRef(inbox_id, channel, "B", "main")


def message(chance: random.Random) -> InboundMessage:
    """About 300 characters of a known customer."""
    number = next(_numbers)
    return InboundMessage(
        external_id=f"m{number}",
        address=Address("telegram", str(chance.randrange(CUSTOMERS))),
        text=" ".join(chance.choices(WORDS, k=40)),
        occurred_at=clock.now(),
        proof=Proof.PROVIDER,
        sender_name="Anna",
    )


async def measure(database: Database, size: Size) -> AsyncIterator[Row]:
    ingest = Ingest(database, clock.now, FileStore(database), tell=lambda _: None)
    sink = ingest.sink(await make_inbox(database))
    async with floors.raw(database) as connection, background() as tasks:
        tasks.start(Relay(database).run(), "relay")
        async for one in _measure(sink, connection, size):
            yield one
    await ingest.close()


async def _measure(sink: InboxSink, connection: Raw, size: Size) -> AsyncIterator[Row]:
    count = size.pick(2_500, 20_000)
    chance = random.Random(5)
    entries = await Copy.of(
        connection,
        "entries",
        references=["(stream_id) REFERENCES streams", "(inbox_id) REFERENCES inboxes"],
    )
    ingress = await Copy.of(connection, "ingress")
    events = await Copy.of(connection, "events")
    written: list[tuple[Records, Records, Records]] = []

    async def ours() -> float:
        messages = [message(chance) for _ in range(count)]
        [(position, seq)] = await connection.fetch(_MARKS)
        speed = await rate(count, _put(sink, messages))
        written.append(await _written(connection, position, seq))
        return speed

    async def floor() -> float:
        parts = list(zip((entries, ingress, events), written.pop(0), strict=True))
        return await rate(count, floors.write_in_batches(connection, parts, IN_FLIGHT))

    # One round ahead, so that the floor has rows to write also when its turn comes first.
    await ours()
    taken = await in_turn(size.rounds, {"ours": ours, "floor": floor})
    what = (
        "sink.message, 500 in flight; against unnest by 500 of the same entries, ingress, events"
    )
    yield row("5", what, "messages/s", taken["ours"], taken["floor"], ">= 0.5")


async def _written(connection: Raw, position: int, seq: int) -> tuple[Records, Records, Records]:
    """The rows that came after these marks, once the relay has numbered its last."""
    pending = "SELECT EXISTS (SELECT FROM pending_events)"
    while await connection.fetchval(pending):  # noqa: ASYNC110 - the relay works elsewhere
        await asyncio.sleep(0.01)
    return (
        await connection.fetch(_ENTRIES, position),
        await connection.fetch(_INGRESS, position),
        await connection.fetch(_EVENTS, seq),
    )


async def _put(sink: InboxSink, messages: list[InboundMessage]) -> None:
    """All of them, IN_FLIGHT at a time, each followed at once by the next."""
    left = iter(messages)

    async def sender() -> None:
        for one in left:
            await sink.message(one)

    await asyncio.gather(*(sender() for _ in range(IN_FLIGHT)))
