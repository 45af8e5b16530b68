"""What the outbox does with every way a send can end."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from hub.deliveries import lane, news, rests
from hub.deliveries.news import News
from hub.deliveries.seats import LONGEST_WAIT, PER_INBOX
from hub.deliveries.status import Status
from hub.ports import (
    InboxMisconfigured,
    OutboundMessage,
    OutcomeUnknown,
    PermanentError,
    RateLimited,
    Reason,
    SendReceipt,
    TransientError,
)
from tests.integration.deliveries.scene import CAPABILITIES, SAFE, Channel, Scene, Turned


async def stage(scene: Scene, channel: Channel, *texts: str) -> list[UUID]:
    inbox = await scene.inbox(channel)
    anna = await scene.contact("anna")
    return [await scene.deliver(anna, inbox, words) for words in texts]


async def test_a_message_is_sent_and_everything_is_written_down(scene: Scene, clock: Turned):
    channel = Channel()
    (one,) = await stage(scene, channel, "hello")
    clock.turn(seconds=1)
    await scene.pump(scene.outbox())
    row = await scene.row(one)
    assert channel.texts == ["hello"]
    assert (row.status, row.external_id, row.sent_at) == ("sent", f"x-{one}", clock())
    assert await scene.message_status(one) == "sent"
    assert await scene.attempts(one) == ["sent"]
    events = await scene.execute("SELECT type, data FROM pending_events ORDER BY n")
    assert events[-1].type == "message.status_changed"
    assert events[-1].data == {
        "delivery_id": str(one),
        "status": "sent",
        "message_status": "sent",
        "reason": "",
    }
    assert await scene.next_ready() is None


async def test_a_contact_points_messages_arrive_in_order(scene: Scene):
    channel = Channel()
    await stage(scene, channel, *"abcde")
    await scene.pump(scene.outbox())
    assert channel.texts == list("abcde")


async def test_a_transient_fault_holds_up_what_is_behind_it(scene: Scene, clock: Turned):
    channel = Channel()
    first, second = await stage(scene, channel, "first", "second")
    channel.faults["first"] = [TransientError("busy"), TransientError("busy")]
    outbox = scene.outbox()
    await scene.pump(outbox)
    assert channel.texts == []
    assert await scene.status(first) == "queued"
    for _ in range(2):
        clock.turn(seconds=10)
        await scene.pump(outbox)
    assert channel.texts == ["first", "second"]
    assert await scene.attempts(first) == ["transient", "transient", "sent"]
    assert await scene.status(second) == "sent"


async def test_a_new_message_does_not_cut_the_pause_after_a_fault_short(scene: Scene):
    channel = Channel()
    inbox = await scene.inbox(channel)
    anna = await scene.contact("anna")
    first = await scene.deliver(anna, inbox, "first")
    channel.faults["first"] = [TransientError("busy")] * 9
    outbox = scene.outbox()
    await scene.pump(outbox)
    await scene.deliver(anna, inbox, "second")
    await scene.pump(outbox)
    assert len(channel.faults["first"]) == 8
    assert await scene.status(first) == "queued"


async def test_a_transient_fault_blocks_until_the_deadline_and_no_longer(
    scene: Scene, clock: Turned
):
    channel = Channel()
    inbox = await scene.inbox(channel)
    anna = await scene.contact("anna")
    first = await scene.deliver(anna, inbox, "first", deadline=clock() + timedelta(minutes=2))
    second = await scene.deliver(anna, inbox, "second")
    channel.faults["first"] = [TransientError("busy")] * 99
    outbox = scene.outbox()
    for _ in range(13):
        await scene.pump(outbox)
        clock.turn(seconds=10)
    row = await scene.row(first)
    assert (row.status, row.reason) == ("failed", "expired")
    assert await scene.status(second) == "sent"
    assert row.updated_at <= row.deadline + timedelta(seconds=10)


async def test_scheduled_messages_do_not_hold_up_later_ones(scene: Scene, clock: Turned):
    channel = Channel()
    inbox = await scene.inbox(channel)
    anna = await scene.contact("anna")
    later = clock() + timedelta(minutes=30)
    scheduled = await scene.deliver(anna, inbox, "tomorrow", send_at=later)
    await scene.deliver(anna, inbox, "today")
    outbox = scene.outbox()
    await scene.pump(outbox)
    assert channel.texts == ["today"]
    assert await scene.status(scheduled) == "scheduled"
    clock.turn(minutes=30)
    await scene.pump(outbox)
    assert channel.texts == ["today", "tomorrow"]


@pytest.mark.parametrize(
    ("reason", "table", "column", "value"),
    [
        (Reason.INVALID_ADDRESS, "contact_points", "health", "invalid_address"),
        (Reason.UNREACHABLE, "contact_points", "health", "unreachable"),
        (Reason.BLOCKED, "reachability", "blocked_at IS NOT NULL", True),
        (Reason.OPTED_OUT, "contact_points", "opted_out_at IS NOT NULL", True),
        (Reason.TOO_LARGE, "contact_points", "health", "ok"),
    ],
)
async def test_a_permanent_error_fails_and_marks_the_contact_point(
    scene: Scene, reason: Reason, table: str, column: str, value: object
):
    channel = Channel()
    (one,) = await stage(scene, channel, "hello")
    channel.faults["hello"] = [PermanentError("no", reason, provider_code="550")]
    await scene.pump(scene.outbox())
    row = await scene.row(one)
    assert (row.status, row.reason, row.detail, row.provider_code) == (
        "failed",
        str(reason),
        "no",
        "550",
    )
    assert await scene.message_status(one) == "failed"
    (found,) = await scene.execute(f"SELECT {column} AS it FROM {table}")  # noqa: S608
    assert found.it == value


async def test_an_unknown_outcome_is_shown_and_never_repeated(scene: Scene):
    channel = Channel()
    first, second = await stage(scene, channel, "first", "second")
    channel.faults["first"] = [OutcomeUnknown("line went dead")]
    await scene.pump(scene.outbox())
    assert await scene.status(first) == "unknown"
    assert await scene.message_status(first) == "unknown"
    assert channel.texts == ["second"]
    assert await scene.status(second) == "sent"


async def test_an_unknown_outcome_is_repeated_where_that_is_safe(scene: Scene, clock: Turned):
    channel = Channel(SAFE)
    (one,) = await stage(scene, channel, "hello")
    channel.faults["hello"] = [OutcomeUnknown("line went dead")]
    outbox = scene.outbox()
    await scene.pump(outbox)
    assert (await scene.row(one)).reason == "in-doubt"
    clock.turn(seconds=10)
    await scene.pump(outbox)
    assert [(m.delivery_id, m.attempt) for m in channel.sent] == [(one, 2)]
    assert await scene.attempts(one) == ["unknown", "sent"]
    row = await scene.row(one)
    assert (row.status, row.reason) == ("sent", "")


async def test_what_may_have_been_sent_never_ends_as_failed(scene: Scene, clock: Turned):
    channel = Channel(SAFE)
    (one,) = await stage(scene, channel, "hello")
    channel.faults["hello"] = [OutcomeUnknown("?"), *[TransientError("down")] * 99]
    outbox = scene.outbox()
    for _ in range(14):
        await scene.pump(outbox)
        clock.turn(minutes=5)
    row = await scene.row(one)
    assert (row.status, row.reason) == ("unknown", "expired")


async def test_our_bug_is_an_unknown_outcome_and_the_log_does_not_quote(
    scene: Scene, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
):
    channel = Channel()
    (one,) = await stage(scene, channel, "my secret is 42")
    channel.faults["my secret is 42"] = [ValueError("cannot send 'my secret is 42'")]
    await scene.pump(scene.outbox())
    row = await scene.row(one)
    assert row.status == "unknown"
    assert "ValueError" in row.detail
    # Where logs go is settled by whatever ran in this process before.
    said = capsys.readouterr().out + caplog.text + row.detail
    assert "delivery.channel_broke" in said
    assert "secret" not in said


async def test_a_rate_limit_of_the_recipient_stops_only_that_lane(scene: Scene, clock: Turned):
    channel = Channel()
    inbox = await scene.inbox(channel)
    anna, boris = await scene.contact("anna"), await scene.contact("boris")
    one = await scene.deliver(anna, inbox, "to anna")
    await scene.deliver(boris, inbox, "to boris")
    channel.faults["to anna"] = [RateLimited("slow", retry_after=30, scope="recipient")]
    outbox = scene.outbox()
    await scene.pump(outbox)
    assert channel.texts == ["to boris"]
    assert (await scene.row(one)).attempts == 0
    clock.turn(seconds=29)
    await scene.pump(outbox)
    assert channel.texts == ["to boris"]
    clock.turn(seconds=1)
    await scene.pump(outbox)
    assert channel.texts == ["to boris", "to anna"]


async def test_a_rate_limit_of_the_inbox_stops_the_inbox_and_no_other(scene: Scene, clock: Turned):
    channel, other = Channel(), Channel()
    inbox, second = await scene.inbox(channel), await scene.inbox(other)
    people = [await scene.contact(name) for name in ("anna", "boris", "vera")]
    channel.faults["0"] = [RateLimited("slow", retry_after=30)]
    await scene.deliver(people[0], inbox, "0")
    outbox = scene.outbox()
    await scene.pump(outbox)
    await scene.deliver(people[1], inbox, "1")
    await scene.deliver(people[2], second, "2")
    await scene.pump(outbox)
    assert (channel.texts, other.texts) == ([], ["2"])
    clock.turn(seconds=30)
    await scene.pump(outbox)
    assert sorted(channel.texts) == ["0", "1"]


async def test_a_misconfigured_inbox_is_told_and_keeps_its_queue(scene: Scene, clock: Turned):
    channel = Channel()
    (one,) = await stage(scene, channel, "hello")
    channel.faults["hello"] = [InboxMisconfigured("wrong password")]
    outbox = scene.outbox()
    await scene.pump(outbox)
    assert [str(error) for error in channel.misconfigured] == ["wrong password"]
    row = await scene.row(one)
    assert (row.status, row.attempts, row.detail) == ("queued", 0, "wrong password")
    clock.turn(seconds=20)
    await scene.pump(outbox)
    assert channel.texts == ["hello"]


async def test_a_closed_inbox_keeps_its_queue_until_it_opens(scene: Scene):
    inbox = await scene.inbox(None)
    one = await scene.deliver(await scene.contact("anna"), inbox, "hello")
    outbox = scene.outbox()
    await scene.pump(outbox)
    assert await scene.status(one) == "queued"
    channel = Channel()
    scene.open_inbox(inbox, channel)
    await outbox.inbox_opened(inbox)
    await scene.pump(outbox)
    assert channel.texts == ["hello"]


async def closed_everywhere(scene: Scene) -> UUID:
    inbox = await scene.inbox(None)
    await scene.execute("UPDATE inboxes SET state = 'down' WHERE id = :id", id=inbox)
    return inbox


async def test_many_lanes_of_a_closed_inbox_look_now_and_then_and_go_at_once_when_told(
    scene: Scene, clock: Turned, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rests, "_GAP", timedelta(seconds=10))
    inbox = await closed_everywhere(scene)
    for number in range(20):
        await scene.deliver(await scene.contact(f"c{number}"), inbox, str(number))
    outbox = scene.outbox()
    looks = 0
    for _ in range(60):
        looks += await scene.pump(outbox)
        clock.turn(seconds=5)
    # The first look of each, and then one in ten seconds: by each every 15 s it would be 400.
    assert 20 < looks <= 20 + 300 / 10
    channel = Channel()
    scene.open_inbox(inbox, channel)
    await scene.pump(outbox)
    assert len(channel.texts) < 20, "most rest"
    await outbox.inbox_opened(inbox)
    await scene.pump(outbox)
    assert len(channel.texts) == 20


async def test_a_lane_that_nobody_tells_finds_out_by_itself(
    scene: Scene, clock: Turned, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rests, "_GAP", timedelta(hours=1))
    inbox = await closed_everywhere(scene)
    await scene.deliver(await scene.contact("anna"), inbox, "hello")
    outbox = scene.outbox()
    await scene.pump(outbox)
    channel = Channel()
    scene.open_inbox(inbox, channel)
    clock.turn(seconds=rests.LONGEST.total_seconds() - 10)
    await scene.pump(outbox)
    assert channel.texts == []
    clock.turn(seconds=10)
    await scene.pump(outbox)
    assert channel.texts == ["hello"]


async def test_while_another_node_has_the_inbox_open_its_lanes_come_back_soon(
    scene: Scene, clock: Turned, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rests, "_GAP", timedelta(hours=1))
    inbox = await scene.inbox(None)
    await scene.deliver(await scene.contact("anna"), inbox, "hello")
    await scene.pump(scene.outbox())
    other, channel = Scene(scene.database, clock), Channel()
    other.open_inbox(inbox, channel)
    clock.turn(seconds=15)
    await other.pump(other.outbox())
    assert channel.texts == ["hello"]


async def test_what_stands_behind_a_message_for_a_closed_inbox_goes_once_that_is_taken_back(
    scene: Scene, clock: Turned
):
    channel = Channel()
    closed, opened = await closed_everywhere(scene), await scene.inbox(channel, name="other")
    anna = await scene.contact("anna")
    first = await scene.deliver(anna, closed, "first")
    await scene.deliver(anna, opened, "second")
    outbox = scene.outbox()
    await scene.pump(outbox)
    assert channel.texts == []
    async with scene.database.transaction() as session:
        held = await news.lock(session, [first])
        await news.apply(session, held, [News(first, Status.CANCELLED, clock())], clock())
    await scene.pump(outbox)
    assert channel.texts == ["second"]


async def test_who_opts_out_meanwhile_is_not_written_to(scene: Scene):
    channel = Channel()
    first, second = await stage(scene, channel, "one", "two")
    await scene.execute("UPDATE contact_points SET opted_out_at = now()")
    await scene.execute(
        """UPDATE deliveries SET content = content || '{"forced": true}' WHERE id = :id""",
        id=second,
    )
    await scene.pump(scene.outbox())
    assert await scene.status(first) == "suppressed"
    assert channel.texts == ["two"]


async def test_a_message_cancelled_in_its_lane_is_not_sent(scene: Scene):
    channel = Channel()
    first, _ = await stage(scene, channel, "first", "second")
    await scene.execute("UPDATE deliveries SET status = 'cancelled' WHERE id = :id", id=first)
    await scene.pump(scene.outbox())
    assert channel.texts == ["second"]


async def test_a_message_cancelled_since_its_lane_was_looked_at_is_not_sent(scene: Scene):
    first, second = await stage(scene, Channel(), "first", "second")
    async with scene.database.transaction() as session:
        await scene.execute("UPDATE deliveries SET status = 'cancelled' WHERE id = :id", id=first)
        assert await lane.mark_sending(session, [first, second], scene.clock()) == {second: 1}
    assert await scene.status(first) == "cancelled"


async def test_what_is_queued_while_its_lane_is_emptied_is_not_forgotten(scene: Scene):
    """A reply commits between the last look into the lane and its end."""
    channel = Channel()
    inbox = await scene.inbox(channel)
    anna = await scene.contact("anna")
    await scene.deliver(anna, inbox, "first")
    queued = asyncio.Event()

    async def reply() -> None:
        async with scene.database.transaction() as session:
            await scene.queue(session, anna, inbox, "second")
            queued.set()
            # It commits when the end of the lane waits for it.
            async with asyncio.timeout(20):
                while not await scene.execute("SELECT 1 FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as group:

        async def meanwhile(message: OutboundMessage) -> None:
            if message.text == "first":
                group.create_task(reply())
                await queued.wait()

        channel.behave = meanwhile
        await scene.pump(scene.outbox())
    await scene.pump(scene.outbox())
    assert channel.texts == ["first", "second"]


async def test_a_recipient_that_moved_is_written_to_at_the_new_address(scene: Scene):
    channel = Channel()
    await stage(scene, channel, "first", "second")

    async def moved(_message: object) -> SendReceipt:
        return SendReceipt(new_reply_address="chat 2")

    channel.behave = moved
    await scene.pump(scene.outbox())
    assert [one.reply_address for one in channel.sent] == ["", "chat 2"]


async def test_odd_answers_of_a_provider_spoil_nothing(scene: Scene):
    channel = Channel()
    inbox = await scene.inbox(channel)
    ids = [await scene.deliver(await scene.contact(name), inbox, name) for name in ("a", "b", "c")]

    async def odd(_message: object) -> SendReceipt:
        return SendReceipt(external_id="same for all", provider_status="nul \0 and \ud800")

    channel.behave = odd
    await scene.pump(scene.outbox())
    assert [await scene.status(one) for one in ids] == ["sent"] * 3
    named = [row.external_id for row in await scene.execute("SELECT external_id FROM deliveries")]
    assert sorted(named) == ["", "", "same for all"]


async def test_an_inbox_is_given_only_so_many_at_once(scene: Scene, clock: Turned):
    channel = Channel(CAPABILITIES)
    inbox = await scene.inbox(channel)
    for number in range(PER_INBOX * 2):
        await scene.deliver(await scene.contact(f"c{number}"), inbox, "hello")

    async def slow(_message: object) -> None:
        await asyncio.sleep(0.01)

    channel.behave = slow
    outbox = scene.outbox()
    await scene.pump(outbox, limit=PER_INBOX * 2)
    assert len(channel.sent) == PER_INBOX
    # Those who found no seat come back one after the other, soon.
    clock.turn(seconds=LONGEST_WAIT.total_seconds())
    await scene.pump(outbox)
    assert len(channel.sent) == PER_INBOX * 2
    assert channel.most_at_once == PER_INBOX


async def test_a_provider_that_hangs_holds_up_nobody_elses_messages(scene: Scene):
    hanging, quick = Channel(), Channel()
    slow_inbox, inbox = await scene.inbox(hanging), await scene.inbox(quick)
    anna, boris = await scene.contact("anna"), await scene.contact("boris")
    stuck = await scene.deliver(anna, slow_inbox, "to anna")
    one, two = [await scene.deliver(boris, inbox, words) for words in ("one", "two")]
    release = asyncio.Event()

    async def hang(_message: object) -> None:
        await release.wait()

    hanging.behave = hang
    outbox = scene.outbox()
    async with asyncio.TaskGroup() as group:
        group.create_task(scene.pump(outbox))
        # Claimed together; the quick one is recorded, and its lane goes on, while the other hangs.
        await until_status(scene, one, "sent")
        await scene.pump(outbox)
        assert await scene.status(two) == "sent"
        assert await scene.status(stuck) == "sending"
        release.set()
    assert await scene.status(stuck) == "sent"


async def until_status(scene: Scene, delivery: UUID, status: str) -> None:
    async with asyncio.timeout(20):
        while await scene.status(delivery) != status:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
