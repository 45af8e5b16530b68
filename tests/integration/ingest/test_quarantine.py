"""Quarantine keeps, lists and gives back; what kills processes is put there unparsed."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from hub import clock
from hub.conversations.inbound import replay
from hub.conversations.inbound.replay import Replays
from hub.errors import Conflict, Invalid, NotFound
from hub.ports import Accepted, Attachment, Checkpoint, Quarantined
from hub.timeline.files import FileStore
from tests.integration.ingest.conftest import Desk, message

READER = Path(__file__).with_name("reader.py")


@pytest.fixture
def replays(desk: Desk) -> Replays:
    return Replays(desk.database, clock.now, FileStore(desk.database, max_bytes=1_000))


async def refuse(desk: Desk, on: bool) -> None:
    change = "ADD CONSTRAINT picky CHECK (text <> 'poison')" if on else "DROP CONSTRAINT picky"
    async with desk.database.transaction() as session:
        await session.execute(text(f"ALTER TABLE entries {change}"))


async def quarantined(desk: Desk, **changed) -> UUID:
    await refuse(desk, True)
    outcome = await desk.sink.message(message("7", "poison", **changed))
    assert isinstance(outcome, Quarantined)
    return outcome.quarantine_id


async def test_a_parsed_message_is_replayed_whole(desk: Desk, replays: Replays) -> None:
    quarantine_id = await quarantined(
        desk,
        raw=b"raw",
        data={"subject": "x"},
        locale="ru",
        thread=("a", "b"),
        automatic=True,
        attachments=(Attachment("a.txt", b"hello"), Attachment("big", b"x" * 6_000_000)),
    )
    with pytest.raises(Invalid, match="picky"):
        await replays.replay(quarantine_id)
    await refuse(desk, False)
    done = await replays.replay(quarantine_id)
    [entry] = await desk.rows("SELECT * FROM entries")
    assert done.entry_id == entry["id"]
    assert (entry["text"], entry["data"], entry["automatic"]) == ("poison", {"subject": "x"}, True)
    assert entry["file_count"] == 1
    assert await desk.rows("SELECT name FROM files JOIN entry_files ON file_id = id") == [
        {"name": "a.txt"}
    ]
    repeat = await desk.sink.message(message("7", "poison"))
    assert isinstance(repeat, Accepted)
    assert (repeat.entry_id, repeat.duplicate) == (entry["id"], True)
    with pytest.raises(Conflict):
        await replays.replay(quarantine_id)


async def test_raw_input_goes_back_to_its_channel(desk: Desk, replays: Replays) -> None:
    kept = await desk.sink.quarantine(
        b"bytes", "no idea", external_id="7", checkpoint=Checkpoint("uid", {"n": 7})
    )
    assert isinstance(kept, Quarantined)
    assert await desk.sink.quarantine(b"bytes", "no idea", external_id="7") == kept
    assert await desk.rows("SELECT value FROM channel_state") == [{"value": {"n": 7}}]
    with pytest.raises(Conflict):
        await replays.replay(kept.quarantine_id)

    async def reread(inbox_id: UUID, raw: bytes, external_id: str) -> None:
        assert inbox_id == desk.inbox.id
        await desk.sink.message(message(external_id, raw.decode()))

    async def broken(_inbox_id: UUID, _raw: bytes, _external_id: str) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await replays.replay(kept.quarantine_id, reread=broken)
    done = await replays.replay(kept.quarantine_id, reread=reread)
    assert await desk.rows("SELECT id, text FROM entries") == [
        {"id": done.entry_id, "text": "bytes"}
    ]


async def test_the_list_shows_what_waits(desk: Desk, replays: Replays) -> None:
    first = await quarantined(desk)
    second = await desk.sink.quarantine(b"bytes", "no idea", external_id="8")
    assert isinstance(second, Quarantined)
    async with desk.database.reading() as session:
        rows = await replay.listing(session, limit=10)
        assert [row["id"] for row in rows] == [str(second.quarantine_id), str(first)]
        assert [row["replayable"] for row in rows] == [False, True]
        assert rows[0]["error"] == "no idea"
        assert rows[0]["size"] == 5
        assert rows[1]["message"]["text"] == "poison"
        page = await replay.listing(session, limit=1, before=second.quarantine_id)
        assert [row["id"] for row in page] == [str(first)]
        assert await replay.listing(session, limit=10, hidden=[desk.inbox.id]) == []
        assert await replay.raw_of(session, second.quarantine_id) == b"bytes"
        with pytest.raises(NotFound):
            await replay.raw_of(session, uuid4())
        with pytest.raises(NotFound):
            await replay.get(session, first, hidden=[desk.inbox.id])
    await replays.dismiss(first)
    async with desk.database.reading() as session:
        assert len(await replay.listing(session, limit=10)) == 1
        assert len(await replay.listing(session, limit=10, resolved=True)) == 2
        assert (await replay.get(session, first))["resolution"] == "dismissed"
    assert isinstance(await desk.sink.message(message("7")), Quarantined)
    with pytest.raises(NotFound):
        await replays.dismiss(uuid4())


async def run_reader(database_url: str, inbox_id: UUID) -> tuple[int, bytes]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(READER),
        database_url,
        str(inbox_id),
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},  # noqa: TID251
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out


async def test_input_that_kills_two_processes_is_quarantined_unparsed(
    desk: Desk, database_url: str, replays: Replays
) -> None:
    runs = [await run_reader(database_url, desk.inbox.id) for _ in range(4)]
    assert runs == [(-signal.SIGKILL, b"")] * 2 + [(0, b"refused\n")] * 2
    [kept] = await desk.rows("SELECT id, raw, external_id, message FROM quarantine")
    assert (kept["raw"], kept["external_id"], kept["message"]) == (b"deadly bytes", "mail-1", {})

    async def reread(_inbox_id: UUID, raw: bytes, external_id: str) -> None:
        async with desk.sink.risky(raw, external_id) as may:
            assert may
            await desk.sink.message(message(external_id))

    assert (await replays.replay(kept["id"], reread=reread)).entry_id is not None
    assert await desk.rows("SELECT 1 FROM risky_inputs") == []


async def fail_to_read(desk: Desk) -> None:
    async with desk.sink.risky(b"x", "1") as may:
        assert may
        # The same input once more in this process, which is alive.
        async with desk.sink.risky(b"x", "1") as again:
            assert again
        raise ValueError("unreadable")


async def test_input_that_is_read_leaves_no_mark_even_if_reading_fails(desk: Desk) -> None:
    for _ in range(3):
        with pytest.raises(ValueError, match="unreadable"):
            await fail_to_read(desk)
    assert await desk.rows("SELECT 1 FROM risky_inputs") == []
