"""Every committed event gets one number, in commit order, whatever dies in between."""

import asyncio
import random
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text

from hub.db.dedicated import connect_options
from hub.db.engine import Database
from hub.db.relay import Relay
from hub.db.signals import Topic
from hub.events import Event
from hub.ids import new_id
from hub.tasks import Background, background
from tests.integration.log.conftest import Log
from tests.nodes import StartNode

NODE = "tests.integration.log.node"


def assert_dense(events: list[Event]) -> None:
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert len({event.id for event in events}) == len(events)


class Rolled(Exception):
    """What makes a writer's transaction roll back."""


async def write_at_random(log: Log, database: Database, seed: int, *, times: int) -> int:
    """Transactions of 0-3 events with delays, a third rolled back; returns what was committed."""
    chance, committed = random.Random(seed), 0
    for _ in range(times):
        count = chance.randint(0, 3)
        try:
            async with database.transaction() as session:
                await log.add(session, count)
                await asyncio.sleep(chance.random() * 0.01)
                if chance.random() < 0.33:
                    raise Rolled  # noqa: TRY301
        except Rolled:
            continue
        committed += count
    return committed


@pytest.mark.usefixtures("relay")
async def test_numbers_are_dense_under_concurrent_writers(log: Log, database: Database) -> None:
    writers = (write_at_random(log, database, seed, times=40) for seed in range(8))
    committed = sum(await asyncio.gather(*writers))
    assert_dense(await log.reaches(committed))
    assert await log.pending() == 0


@pytest.mark.usefixtures("relay")
async def test_a_long_transaction_neither_stalls_nor_gets_lost(
    log: Log, database: Database
) -> None:
    slow = new_id()
    async with database.transaction() as session:
        await log.add(session, customer=slow)
        await log.write(3)
        events = await log.reaches(3)
        assert slow not in {event.customer_id for event in events}
    events = await log.reaches(4)
    assert events[-1].customer_id == slow
    assert_dense(events)


async def write_in_turns(log: Log, database: Database, customer: UUID, *, times: int) -> None:
    for _ in range(times):
        async with database.transaction() as session:
            await session.execute(
                text("SELECT FROM customers WHERE id = :id FOR NO KEY UPDATE"), {"id": customer}
            )
            number = await session.scalar(
                text(
                    "UPDATE customers SET name = name || 'x' WHERE id = :id RETURNING length(name)"
                ),
                {"id": customer},
            )
            await log.add(session, customer=customer)
            await session.execute(
                text("UPDATE pending_events SET depth = :n WHERE customer_id = :id AND depth = 0"),
                {"n": number, "id": customer},
            )


@pytest.mark.usefixtures("relay")
async def test_each_customers_events_keep_the_order_of_their_commits(
    log: Log, database: Database
) -> None:
    customers = [new_id() for _ in range(3)]
    async with database.transaction() as session:
        for customer in customers:
            await session.execute(
                text("INSERT INTO customers (id, root_id) VALUES (:id, :id)"), {"id": customer}
            )
    await asyncio.gather(
        *(write_in_turns(log, database, one, times=15) for one in customers for _ in range(3))
    )
    events = await log.reaches(3 * 3 * 15)
    for customer in customers:
        turns = [event.depth for event in events if event.customer_id == customer]
        assert turns == list(range(1, 46))


async def test_what_waited_is_numbered_in_the_order_it_was_written(
    log: Log, database: Database, tasks: Background
) -> None:
    customers = [new_id() for _ in range(40)]
    for one in reversed(customers):
        async with database.transaction() as session:
            await log.add(session, customer=one)
    tasks.start(Relay(database).run(), "relay")
    events = await log.reaches(40)
    assert [event.customer_id for event in events] == customers[::-1]


async def test_readers_are_rung_after_the_number_is_there(
    log: Log, database: Database, tasks: Background
) -> None:
    rung = database.signals.subscribe(Topic.EVENTS)
    tasks.start(Relay(database).run(), "relay")
    await log.write()
    assert await rung.wait(5)
    assert len(await log.read()) == 1


async def test_an_event_that_nobody_rang_for_is_found(
    log: Log, database_url: str, relay: Relay
) -> None:
    await log.write()
    await log.reaches(1)
    async with Database.open(database_url) as stranger:
        await Log(stranger).write()
    await log.reaches(2)
    assert relay.leading


async def test_numbering_goes_on_behind_a_trimmed_log(
    log: Log, database: Database, tasks: Background
) -> None:
    async with database.transaction() as session:
        await session.execute(text("INSERT INTO event_readers (name, seq) VALUES ('far', 41)"))
    tasks.start(Relay(database).run(), "relay")
    await log.write()
    events = await log.reaches(1)
    assert [event.seq for event in events] == [42]


async def test_a_number_can_be_given_once_only(log: Log, database: Database, relay: Relay) -> None:
    """Whatever went wrong, the key of the log refuses a second event with the same number, and
    the relay looks again where the log ends."""
    await log.write()
    await log.reaches(1)
    async with database.transaction() as session:
        await session.execute(
            text("""INSERT INTO events (seq, id, type, occurred_at)
                    VALUES (2, uuidv7(), 'message.created', now())""")
        )
    await log.write()
    assert_dense(await log.reaches(3))
    assert relay.leading


async def cut(database: Database, name: str) -> int:
    """Terminate the server side of every connection called `name`; how many there were."""
    admin = await asyncpg.connect(**connect_options(database))
    try:
        return await admin.fetchval(  # type: ignore[no-any-return]
            """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
               WHERE application_name = $1 AND datname = current_database()""",
            name,
        )
    finally:
        await admin.close()


@pytest.mark.usefixtures("relay")
async def test_it_recovers_when_its_connection_is_cut(log: Log, database: Database) -> None:
    await log.write()
    await log.reaches(1)
    assert await cut(database, "besedka relay") == 1
    await log.write()
    assert_dense(await log.reaches(2))


async def has_asked_to_lead(database: Database) -> bool:
    """Whether some relay's last words were that it would lead: the leader's own are others."""
    asked = "application_name = 'besedka relay' AND query LIKE '%pg_try_advisory_lock%'"
    async with database.reading() as session:
        found = await session.scalar(
            text(f"SELECT count(*) FROM pg_stat_activity WHERE {asked}")  # noqa: S608 - constant
        )
    return bool(found)


async def test_another_relay_leads_when_the_leaders_connection_is_cut(
    log: Log, database: Database, database_url: str, relay: Relay, tasks: Background
) -> None:
    await log.write()
    await log.reaches(1)
    async with Database.open(database_url) as other_database:
        other = Relay(other_database)
        tasks.start(other.run(), "other relay")
        async with asyncio.timeout(10):
            while not await has_asked_to_lead(database):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert (relay.leading, other.leading) == (True, False)
        await cut(database, "besedka relay")
        await log.write(5)
        assert_dense(await log.reaches(6))


async def test_who_leads_no_longer_keeps_no_beginning_of_the_log(
    log: Log, database: Database
) -> None:
    """Else a reader that is behind would take that for all there is, and wait for the next."""
    async with background() as tasks:
        tasks.start(Relay(database).run(), "relay")
        await log.write(3)
        await log.reaches(3)
        assert [event.seq for event in database.fresh.after(0, 10)] == [1, 2, 3]
    assert database.fresh.after(0, 10) == []


@pytest.mark.crash
@pytest.mark.parametrize("fate", ["killed", "frozen"])
async def test_another_process_takes_over_within_ten_seconds(
    log: Log, database: Database, database_url: str, start_node: StartNode, fate: str
) -> None:
    leader = await start_node(NODE, database_url, "relay")
    await leader.says("leading")
    successor = await start_node(NODE, database_url, "relay")
    writing = asyncio.gather(
        *(write_at_random(log, database, seed, times=150) for seed in range(4))
    )
    await log.reaches(50)
    if fate == "killed":
        await leader.kill()
    else:
        leader.freeze()
    await successor.says("leading", within=10)
    if fate == "frozen":
        leader.thaw()
        await leader.says("following", within=10)
    committed = sum(await writing)
    assert_dense(await log.reaches(committed))
