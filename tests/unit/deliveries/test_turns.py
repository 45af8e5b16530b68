"""Which way a message takes next, and when; and that it gets through if any way does."""

import heapq
import itertools
import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from hub.deliveries.status import Status, merge
from hub.deliveries.turns import (
    ANSWERED,
    ARRIVED,
    NO_RECEIPT,
    WAY_FAILED,
    Begin,
    Rest,
    Turn,
    Wait,
    decide,
)

START = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
TWO = timedelta(minutes=2)


def first(*statuses: str, confirms: bool = True) -> Turn:
    parts = tuple((number, Status(one)) for number, one in enumerate(statuses, start=1))
    return Turn(0, timedelta(), START, confirms, parts)


def waits(number: int, status: str = "waiting", after: timedelta = TWO) -> Turn:
    return Turn(number, after, None, True, ((1, Status(status)),))


def began(number: int, status: str, *, minutes: float) -> Turn:
    at = START + timedelta(minutes=minutes)
    return Turn(number, TWO, at, True, ((1, Status(status)),))


@pytest.mark.parametrize(
    ("turns", "minutes", "expected"),
    [
        # Nothing is heard of the first one.
        ([first("sent"), waits(1)], 1, Wait(START + TWO)),
        ([first("sent"), waits(1)], 2, Begin(1, NO_RECEIPT)),
        ([first("queued"), waits(1)], 2, Begin(1, NO_RECEIPT)),
        ([first("unknown"), waits(1)], 1, Wait(START + TWO)),
        ([first("unknown"), waits(1)], 2, Begin(1, NO_RECEIPT)),
        # It fails: the next one goes at once.
        ([first("failed"), waits(1)], 0, Begin(1, WAY_FAILED)),
        ([first("suppressed"), waits(1)], 0, Begin(1, WAY_FAILED)),
        ([first("delivered", "failed"), waits(1)], 0, Begin(1, WAY_FAILED)),
        # It arrives, also late.
        ([first("delivered"), waits(1)], 1, Rest(ARRIVED, 0)),
        ([first("read"), began(1, "queued", minutes=2)], 3, Rest(ARRIVED, 0)),
        ([first("sent"), began(1, "delivered", minutes=2), waits(2)], 3, Rest(ARRIVED, 1)),
        # Half of it is not it.
        ([first("delivered", "sent"), waits(1)], 1, Wait(START + TWO)),
        # Where nobody ever tells, what was taken has arrived.
        ([first("sent", confirms=False), waits(1)], 1, Rest(ARRIVED, 0)),
        ([first("unknown", confirms=False), waits(1)], 2, Begin(1, NO_RECEIPT)),
        # The second one's time runs from its own beginning.
        ([first("sent"), began(1, "sent", minutes=2), waits(2)], 3, Wait(START + 2 * TWO)),
        ([first("sent"), began(1, "sent", minutes=2), waits(2)], 4, Begin(2, NO_RECEIPT)),
        ([first("sent"), began(1, "failed", minutes=2), waits(2)], 2, Begin(2, WAY_FAILED)),
        # A way that turned out to be closed takes no time.
        ([first("sent"), waits(1, "suppressed"), waits(2)], 2, Begin(2, WAY_FAILED)),
        # All have had their turn.
        ([first("failed"), began(1, "sent", minutes=0)], 1, Rest("")),
        ([first("failed"), waits(1, "suppressed")], 1, Rest("")),
    ],
)
def test_what_follows(turns: list[Turn], minutes: float, expected: Begin | Wait | Rest):
    assert decide(turns, answered=False, now=START + timedelta(minutes=minutes)) == expected


@pytest.mark.parametrize("status", ["queued", "sent", "unknown", "failed"])
def test_who_has_answered_is_left_in_peace(status: str):
    assert decide([first(status), waits(1)], answered=True, now=START + TWO) == Rest(ANSWERED)


def test_a_repeat_covers_the_failure_before_it():
    again = replace(first(), parts=((1, Status.FAILED), (1, Status.SENT)))
    assert decide([again, waits(1)], answered=False, now=START) == Wait(START + TWO)


# --- the simulation ---------------------------------------------------------------------------


@dataclass
class Way:
    """A provider: `works` = what it takes arrives; else it loses, fails or says nothing."""

    works: bool
    confirms: bool
    after: timedelta
    status: Status = Status.WAITING
    began_at: datetime | None = None
    began_after: str = ""
    arrived_at: datetime | None = None
    heard_at: datetime | None = None


@dataclass
class World:
    """One message on its ways through time: news come late, twice, in any order, or never."""

    chance: random.Random
    ways: list[Way]
    news: list[tuple[datetime, int, int, Status]] = field(default_factory=list)
    ticket: "itertools.count[int]" = field(default_factory=itertools.count)

    def run(self) -> None:
        self.begin(0, START)
        now = START
        for _ in range(100):
            deadline = None
            match decide(self.turns(), answered=False, now=now):
                case Begin(number, why):
                    self.ways[number].began_after = why
                    self.begin(number, now)
                    continue
                case Rest(why):
                    if why or not self.news:
                        return
                case Wait(until):
                    deadline = until
            if self.news and (deadline is None or self.news[0][0] < deadline):
                now = self.hear()
            elif deadline is not None:
                now = deadline
        raise AssertionError("It never came to rest.")

    def turns(self) -> list[Turn]:
        return [
            Turn(number, one.after, one.began_at, one.confirms, ((1, one.status),))
            for number, one in enumerate(self.ways)
        ]

    def begin(self, number: int, now: datetime) -> None:
        way = self.ways[number]
        way.began_at, way.status = now, Status.QUEUED
        if way.works:
            way.arrived_at = self.later(now)
            told = [Status.SENT, Status.DELIVERED, Status.DELIVERED]
            if self.chance.random() < 0.1:
                told.append(Status.READ)
            if self.chance.random() < 0.2:
                told = [Status.SENT] if self.chance.random() < 0.5 else []
        else:
            told = self.chance.choice([[], [Status.SENT], [Status.FAILED], [Status.UNKNOWN]])
            # The case nothing helps against: taken for good, by whom nobody will tell more.
            if not way.confirms:
                told = [one for one in told if one is not Status.SENT]
        for status in told:
            heapq.heappush(self.news, (self.later(now), next(self.ticket), number, status))

    def hear(self) -> datetime:
        at, _, number, status = heapq.heappop(self.news)
        way = self.ways[number]
        way.status = merge(way.status, status)
        way.heard_at = way.heard_at or at
        return at

    def later(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self.chance.expovariate(1 / 60))


def test_it_gets_through_if_one_way_works_and_no_copy_leaves_before_its_time():
    chance = random.Random(8)
    messages, reached, copies = 5_000, 0, 0
    for _ in range(messages):
        count = chance.randint(2, 4)
        working = chance.randrange(count)
        world = World(
            chance,
            [
                Way(
                    works=number == working or chance.random() < 0.2,
                    confirms=chance.random() < 0.7,
                    after=timedelta(seconds=chance.choice([10, 120, 3600])),
                )
                for number in range(count)
            ],
        )
        world.run()
        reached += any(one.arrived_at is not None for one in world.ways)
        for before, way in itertools.pairwise(world.ways):
            if way.began_at is None:
                continue
            copies += 1
            assert before.began_at is not None
            if way.began_after == NO_RECEIPT:
                assert way.began_at >= before.began_at + way.after
            else:
                assert (way.began_after, before.status) == (WAY_FAILED, Status.FAILED)
    assert copies > messages / 3
    assert reached / messages >= 0.999
