"""Targets 1 and 2, our side: a mail's bytes read, threaded and committed; rules and search are on.

The peers are not here: the floor stands for them. It was measured beside them: 14.8 times the best
one, django-helpdesk with two workers, when it too ran in one process.
"""

import asyncio
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from functools import partial

from channels.email.bringing import Bringer, Fetched, Group, Room
from channels.email.imap import Listed
from channels.email.parsing.reading import read
from channels.email.reader import Reader
from channels.email.receiving import BATCH
from channels.email.tokens import Tokens
from channels.email.translate import Believed
from hub import clock
from hub.conversations.inbound.ingest import Ingest
from hub.db.engine import Database
from hub.db.reader import LEISURE, follow
from hub.db.relay import Relay
from hub.inboxes.host import StoredState
from hub.inboxes.registry import Registry
from hub.ports import Checkpoint
from hub.rules.actions import Tools
from hub.rules.reader import RuleReader
from hub.tasks import background
from hub.timeline import search_index
from hub.timeline.files import FileStore
from tests.bench import bare_letters, floors
from tests.bench.floors import Raw
from tests.bench.ingest import make_inbox
from tests.bench.letters import US, letters
from tests.bench.measure import Row, Size, in_turn, rate, row

_US = Believed(US, (), Tokens(US, lambda purpose, text: f"{purpose}/{text}"))
_seeds = itertools.count(1)


async def measure(database: Database, size: Size) -> AsyncIterator[Row]:
    ingest = Ingest(database, clock.now, FileStore(database), tell=lambda _: None)
    inbox = await make_inbox(database, "email")
    state = StoredState(database, inbox.id, clock.now)
    rules = RuleReader(Tools(Registry({})), clock.now)
    async with floors.raw(database) as connection, background() as tasks, Reader() as reader:
        tasks.start(Relay(database).run(), "relay")
        tasks.start(follow(database, RuleReader.NAME, rules), "rules")
        index = follow(database, search_index.READER, search_index.index, linger=LEISURE)
        tasks.start(index, "search")
        bringer = Bringer(ingest.sink(inbox), state, reader, _US, clock.now)
        async for one in _stored(bringer, connection, size):
            yield one
        yield await _read_alone(size)
    await ingest.close()


async def _stored(bringer: Bringer, connection: Raw, size: Size) -> AsyncIterator[Row]:
    count = size.pick(200, 3_000)
    await bare_letters.make_tables(connection)

    async def ours() -> float:
        raws = await asyncio.to_thread(letters, count, next(_seeds))
        return await rate(count, take(bringer, raws))

    async def floor() -> float:
        raws = await asyncio.to_thread(letters, count, next(_seeds))
        return await rate(count, bare_letters.take(connection, raws))

    taken = await in_turn(size.rounds, {"ours": ours, "floor": floor})
    stored = await connection.fetchval("SELECT count(*) FROM entries WHERE kind = 'message'")
    assert stored == count * (size.rounds + 1), "none lost, none doubled"
    what = "mails read, threaded, committed; against the standard library's parser and bare rows"
    yield row("2", what, "mails/s", taken["ours"], taken["floor"], ">= 0.7")
    # 12 times the best peer, of the floor's 14.8.
    what = "the same; what that is in the best peer's mails"
    yield row("1", what, "mails/s", taken["ours"], taken["floor"], ">= 0.81")


async def take(bringer: Bringer, raws: Sequence[bytes]) -> None:
    """As the channel does with what a server gives it: group by group, as there is room."""
    room = Room()
    await bringer.bring_all(_groups(raws, room), room)


async def _groups(raws: Sequence[bytes], room: Room) -> AsyncGenerator[Group, None]:
    for start in range(0, len(raws), BATCH):
        mails = [
            Fetched(Listed(uid, len(raw), clock.now()), raw, f"I/{id(raws)}/{uid}")
            for uid, raw in enumerate(raws[start : start + BATCH], start)
        ]
        weight = sum(one.listed.size for one in mails)
        await room.enter(weight)
        yield Group(tuple(mails), Checkpoint("folder:I", {"uid": start}), weight, _marked)


async def _marked() -> None:
    """There is no server whose mails were to be marked."""


async def _read_alone(size: Size) -> Row:
    raws = letters(size.pick(100, 1_000), 0)

    async def all_by(parser: Callable[[bytes], object]) -> float:
        async def work() -> None:
            for raw in raws:
                parser(raw)

        return await rate(len(raws), work())

    taken = await in_turn(
        size.rounds,
        {"ours": partial(all_by, read), "floor": partial(all_by, bare_letters.read)},
    )
    what = "mails read; against the standard library's parser"
    return row("", what, "mails/s", taken["ours"], taken["floor"], "")
