"""The loop brings due work to its handlers, survives what they do, and lets go when stopped."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from hub import clock
from hub.db.engine import Database
from hub.db.signals import Topic
from hub.due.loop import DueHandler, DueLoop, Pace
from hub.due.queue import Claim, Plan, complete, plan
from hub.due.returns import postpone
from hub.tasks import background
from tests.integration.due.conftest import Work
from tests.nodes import until

SOON = timedelta(seconds=0.3)


class Recorder:
    """A handler that notes what it gets, does `work` on it, and completes it."""

    def __init__(
        self, database: Database, work: Callable[[Claim], Awaitable[None]] | None = None
    ) -> None:
        self._database, self._work = database, work
        self.begun: list[str] = []
        self.done: list[str] = []
        self.batches: list[int] = []
        self.at_once = self.most_at_once = 0

    async def __call__(self, claims: Sequence[Claim]) -> None:
        self.batches.append(len(claims))
        self.begun += [one.key for one in claims]
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            for one in claims:
                if self._work:
                    await self._work(one)
            async with self._database.transaction() as session:
                done = await complete(session, claims)
        finally:
            self.at_once -= 1
        self.done += [one.key for one in claims if one.id in done]


@asynccontextmanager
async def running(
    database: Database, handlers: Mapping[str, DueHandler], **paces: Pace
) -> AsyncIterator[None]:
    loop = DueLoop(database, clock.now, handlers, paces=paces)
    async with background() as tasks:
        tasks.start(loop.run(), "due loop")
        yield


async def plan_now(database: Database, *keys: str, kind: str = "call", seconds: float = 0) -> None:
    moment = clock.now() + timedelta(seconds=seconds)
    async with database.transaction() as session:
        await plan(session, [Plan(kind, key, moment) for key in keys])


async def test_what_is_planned_is_done_at_its_time(database: Database) -> None:
    handler = Recorder(database)
    async with running(database, {"call": handler}):
        await plan_now(database, "later", seconds=0.4)
        await plan_now(database, "now")
        await until(lambda: handler.done == ["now", "later"])


async def test_what_waited_before_the_start_is_done(database: Database, work: Work) -> None:
    await work.plan("old")
    handler = Recorder(database)
    async with running(database, {"call": handler}):
        await until(lambda: handler.done == ["old"])


async def test_work_planned_by_somebody_who_does_not_ring_is_found(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.due.loop.POLL", 0.2)
    handler = Recorder(database)
    async with running(database, {"call": handler}), Database.open(database_url) as stranger:
        await asyncio.sleep(0.1)
        await plan_now(stranger, "silent")
        await until(lambda: handler.done == ["silent"])


async def test_kinds_without_a_handler_are_left_alone(database: Database, work: Work) -> None:
    await work.plan("theirs", kind="other")
    await work.plan("ours")
    handler = Recorder(database)
    async with running(database, {"call": handler}):
        await until(lambda: handler.done == ["ours"])
    assert await work.left() == {"theirs"}


async def test_batches_and_hands_are_bounded_and_a_slow_kind_holds_up_no_other(
    database: Database, work: Work
) -> None:
    gate = asyncio.Event()

    async def wait(_: Claim) -> None:
        await gate.wait()

    slow, quick = Recorder(database, wait), Recorder(database)
    await work.plan(*(f"s{n}" for n in range(30)), kind="slow")
    async with running(database, {"slow": slow, "quick": quick}, slow=Pace(batch=5, hands=3)):
        await until(lambda: slow.at_once == 3)
        await plan_now(database, *(f"q{n}" for n in range(10)), kind="quick")
        await until(lambda: len(quick.done) == 10)
        assert slow.batches == [5, 5, 5]
        gate.set()
        await until(lambda: len(slow.done) == 30)
    assert slow.most_at_once == 3
    assert max(slow.batches) == 5


async def test_many_ready_pieces_of_pressing_work_are_a_crowd(
    database: Database, work: Work
) -> None:
    await work.plan(*(f"f{n}" for n in range(6)), kind="few")
    await work.plan(*(f"m{n}" for n in range(30)), kind="other")
    few, other, many = Recorder(database), Recorder(database), Recorder(database)
    paces = {"few": Pace(batch=12, presses=True), "other": Pace(batch=10)}
    async with running(database, {"few": few, "other": other}, **paces):
        await until(lambda: len(few.done) == 6 and len(other.done) == 30)
    assert not database.crowd.presses
    await work.plan(*(f"f{n}" for n in range(7)), kind="few")
    async with running(database, {"few": many}, few=paces["few"]):
        await until(lambda: len(many.done) == 7)
        assert database.crowd.presses


async def test_a_failing_handler_does_not_get_its_work_again_at_once(
    database: Database, work: Work
) -> None:
    attempts: list[int] = []

    async def fail(one: Claim) -> None:
        attempts.append(one.attempt)
        raise ValueError("no")

    await work.plan("a")
    call = Pace(lease=timedelta(minutes=10))
    async with running(database, {"call": Recorder(database, fail)}, call=call):
        await until(lambda: attempts)
        await asyncio.sleep(0.1)
    assert attempts == [1]


async def test_a_failing_handler_gets_its_work_again_when_the_lease_ends(
    database: Database, work: Work
) -> None:
    attempts: list[int] = []

    async def fail_once(one: Claim) -> None:
        attempts.append(one.attempt)
        if one.attempt == 1:
            raise ValueError("no")

    handler = Recorder(database, fail_once)
    await work.plan("a")
    with capture_logs() as lines:
        async with running(database, {"call": handler}, call=Pace(lease=SOON)):
            await until(lambda: handler.done == ["a"])
    assert attempts == [1, 2]
    [line] = [line for line in lines if line["event"] == "due.handler_failed"]
    assert (line["kind"], line["attempt"], line["log_level"]) == ("call", 1, "error")


async def test_a_handler_is_stopped_before_its_lease_ends(database: Database, work: Work) -> None:
    inside = 0

    async def hang_once(one: Claim) -> None:
        nonlocal inside
        inside += 1
        try:
            assert inside == 1, "two have one claim in hand"
            await asyncio.sleep(5 if one.attempt == 1 else 0)
        finally:
            inside -= 1

    handler = Recorder(database, hang_once)
    await work.plan("a")
    with capture_logs() as lines:
        async with running(database, {"call": handler}, call=Pace(lease=SOON)):
            await until(lambda: handler.done == ["a"])
    assert "due.handler_too_slow" in {line["event"] for line in lines}


async def test_two_nodes_never_have_one_claim_at_once(
    database: Database, database_url: str, work: Work
) -> None:
    inside: set[str] = set()

    async def alone(one: Claim) -> None:
        assert one.key not in inside
        inside.add(one.key)
        await asyncio.sleep(0.002)
        inside.remove(one.key)

    await work.plan(*(f"k{n}" for n in range(120)))
    async with Database.open(database_url) as other:
        one, two = Recorder(database, alone), Recorder(other, alone)
        pace = Pace(batch=5, hands=2)
        async with (
            running(database, {"call": one}, call=pace),
            running(other, {"call": two}, call=pace),
        ):
            await until(lambda: len(one.done) + len(two.done) == 120)
    assert sorted(one.begun + two.begun) == sorted(f"k{n}" for n in range(120))
    assert one.done
    assert two.done


async def test_stopping_lets_handlers_finish(database: Database, work: Work) -> None:
    async def brief(_: Claim) -> None:
        await asyncio.sleep(0.2)

    handler = Recorder(database, brief)
    await work.plan("a")
    async with running(database, {"call": handler}):
        await until(lambda: handler.begun)
    assert handler.done == ["a"]


async def test_stopping_gives_back_what_does_not_finish(
    database: Database, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.due.loop.GRACE", 0.1)

    async def hang(_: Claim) -> None:
        await asyncio.sleep(60)

    stuck = Recorder(database, hang)
    await work.plan("a")
    async with asyncio.timeout(20):
        async with running(database, {"call": stuck}):
            await until(lambda: stuck.begun)
    handler = Recorder(database)
    async with running(database, {"call": handler}):
        await until(lambda: handler.done == ["a"])


async def test_postponed_work_comes_back(database: Database, work: Work) -> None:
    seen: list[int] = []

    async def handler(claims: Sequence[Claim]) -> None:
        [one] = claims
        seen.append(one.attempt)
        async with database.transaction() as session:
            if one.attempt == 1:
                await postpone(session, one, clock.now() + timedelta(seconds=0.2))
            else:
                await complete(session, claims)

    await work.plan("a")
    async with running(database, {"call": handler}):
        await until(lambda: seen == [1, 2])
        async with asyncio.timeout(20):
            while await work.left():  # noqa: ASYNC110
                await asyncio.sleep(0.01)


async def cut_all(database: Database) -> None:
    """Every connection of this database is lost, as when PostgreSQL restarts."""
    async with database.reading() as session:
        await session.execute(
            text("""SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()""")
        )


async def test_it_survives_the_loss_of_the_database(
    database: Database, database_url: str, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody's fault: what a handler had in hand then need not wait for the end of its lease."""
    monkeypatch.setattr("hub.due.loop.RETURN_AFTER", timedelta(seconds=0.1))
    reached, lost = asyncio.Event(), asyncio.Event()

    async def wait(_: Claim) -> None:
        reached.set()
        await lost.wait()

    attempts: list[int] = []

    async def wait_and_note(one: Claim) -> None:
        attempts.append(one.attempt)
        await wait(one)

    handler = Recorder(database, wait_and_note)
    await work.plan("a")
    async with running(database, {"call": handler}), Database.open(database_url) as other:
        await reached.wait()
        await cut_all(other)
        lost.set()
        await plan_now(other, "b")
        database.signals.wake(Topic.DUE)
        await until(lambda: sorted(handler.done) == ["a", "b"])
    assert set(attempts) == {1}, "an outage is no attempt"
