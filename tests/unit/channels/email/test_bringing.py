"""Mails on their way into the hub: groups overlap, and are still committed whole and in order."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from typing_extensions import override

from channels.email.bringing import GROUPS, Bringer, Fetched, Group, Room
from channels.email.imap import Listed
from channels.email.parsing import reading
from channels.email.parsing.reading import Reading
from channels.email.reader import Reader, Unreadable
from channels.email.tokens import Tokens
from channels.email.translate import Believed
from hub.clock import now
from hub.ports import Checkpoint, SinkUnavailable
from hub.ports.fake import RecordingHost

_US = Believed("help@shop.example", (), Tokens("help@shop.example", lambda _, text: text))
_SIZE = 100
PATIENCE = 20.0


class Here(Reader):
    """Reads in this process. `begun`: how many mails it was given so far."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = 0

    @override
    async def read(self, raw: bytes) -> Reading:
        self.begun += 1
        await asyncio.sleep(0)
        if b"unreadable" in raw:
            raise Unreadable("It is too odd.")
        return reading.read(raw)


@pytest.fixture
async def host() -> AsyncIterator[RecordingHost]:
    async with RecordingHost.open(now) as one:
        yield one


@pytest.fixture
def reader() -> Here:
    return Here()


@pytest.fixture
def bringer(host: RecordingHost, reader: Here) -> Bringer:
    return Bringer(host.sink, host.state, reader, _US, host.now)


def fetched(uid: int, text: str = "") -> Fetched:
    raw = f"From: anna@home.example\r\n\r\n{text or f'mail {uid}'}\r\n".encode()
    return Fetched(Listed(uid, len(raw), now()), raw, f"I/1/{uid}")


class Box:
    """A mailbox of two mails a group; `wanted` counts the groups that asked for room."""

    def __init__(self, host: RecordingHost, groups: int, *, text: str = "") -> None:
        self.room = Room()
        self.wanted = self.let_in = 0
        self.marked: list[tuple[int, object]] = []
        self._host = host
        self._groups = groups
        self._text = text

    async def groups(self) -> AsyncGenerator[Group, None]:
        for number in range(self._groups):
            self.wanted += 1
            await self.room.enter(_SIZE)
            self.let_in += 1
            mails = fetched(2 * number, self._text), fetched(2 * number + 1)
            yield Group(mails, Checkpoint("place", {"at": number}), _SIZE, self._marking(number))

    def _marking(self, number: int) -> Callable[[], Awaitable[None]]:
        async def mark() -> None:
            self.marked.append((number, self._host.sink.checkpoints.get("place")))

        return mark


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - all of it happens on this loop
            await asyncio.sleep(0)


async def test_the_next_groups_are_read_while_one_is_committed_and_no_more_are_fetched(
    host: RecordingHost, bringer: Bringer, reader: Here
) -> None:
    box = Box(host, 5)
    host.sink.gate.clear()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(bringer.bring_all(box.groups(), box.room))
        await until(lambda: box.wanted > GROUPS and reader.begun == 2 * GROUPS)
        assert box.let_in == GROUPS
        assert not host.sink.messages
        host.sink.gate.set()
    assert [one.text for one in host.sink.messages] == [f"mail {uid}" for uid in range(10)]
    # Each is marked when its own checkpoint stands and that of no later one does.
    assert box.marked == [(number, {"at": number}) for number in range(5)]


async def test_a_group_is_not_committed_before_the_one_ahead_is_marked(
    host: RecordingHost, bringer: Bringer, reader: Here
) -> None:
    box, marked, begun = Box(host, 1), asyncio.Event(), asyncio.Event()

    async def slowly() -> None:
        begun.set()
        await marked.wait()

    async def two() -> AsyncGenerator[Group, None]:
        for uid in (1, 2):
            await box.room.enter(_SIZE)
            yield Group((fetched(uid),), Checkpoint("place", {"at": uid}), _SIZE, slowly)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(bringer.bring_all(two(), box.room))
        await asyncio.wait_for(begun.wait(), PATIENCE)
        await until(lambda: reader.begun == 2)
        for _ in range(100):
            await asyncio.sleep(0)
        assert [one.text for one in host.sink.messages] == ["mail 1"]
        marked.set()
    assert host.sink.checkpoints["place"] == {"at": 2}


async def test_what_the_hub_does_not_take_moves_nothing(
    host: RecordingHost, bringer: Bringer
) -> None:
    box = Box(host, 4)
    host.sink.available = False
    with pytest.raises(BaseExceptionGroup) as raised:
        await bringer.bring_all(box.groups(), box.room)
    assert raised.group_contains(SinkUnavailable)
    assert not box.marked
    assert not host.sink.checkpoints


async def test_an_unreadable_mail_goes_to_quarantine_and_the_others_come(
    host: RecordingHost, bringer: Bringer
) -> None:
    box = Box(host, 2, text="unreadable")
    await bringer.bring_all(box.groups(), box.room)
    assert [one.text for one in host.sink.messages] == ["mail 1", "mail 3"]
    assert {one.error for one in host.sink.quarantined.values()} == {"It is too odd."}
    assert host.sink.checkpoints["place"] == {"at": 1}


async def test_a_group_without_mails_still_moves_the_place(
    host: RecordingHost, bringer: Bringer
) -> None:
    box = Box(host, 1)

    async def empty() -> AsyncGenerator[Group, None]:
        await box.room.enter(0)
        yield Group((), Checkpoint("place", {"at": 7}), 0, box._marking(0))

    await bringer.bring_all(empty(), box.room)
    assert await host.state.get("place") == {"at": 7}
    assert len(box.marked) == 1


async def test_of_risky_mails_only_one_is_read_at_a_time(
    host: RecordingHost,
    bringer: Bringer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("channels.email.bringing.RISKY", 0)
    tried: list[str] = []
    risky = host.sink.risky

    @asynccontextmanager
    async def noted(raw: bytes, name: str) -> AsyncIterator[bool]:
        async with risky(raw, name) as may:
            tried.append("begun")
            yield may
            tried.append("done")

    monkeypatch.setattr(host.sink, "risky", noted)
    box = Box(host, 2)
    await bringer.bring_all(box.groups(), box.room)
    assert tried.count("begun") == 4
    assert all(one != other for one, other in pairwise(tried))


@pytest.mark.parametrize(
    ("inside", "weight", "fits"),
    [
        ([], 10, True),
        ([], 5_000, True),
        ([400], 600, True),
        ([400], 601, False),
        ([5_000], 1, False),
        ([1, 1], 998, True),
        ([1, 1, 1], 1, False),
    ],
)
async def test_room_is_for_so_many_bytes_and_groups_or_for_one_alone(
    inside: list[int], weight: int, *, fits: bool
) -> None:
    room = Room(1_000, 3)
    for one in inside:
        await room.enter(one)
    assert room.fits(weight) is fits
    for one in inside:
        room.leave(one)
    assert room.fits(weight)
