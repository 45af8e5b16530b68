"""Taking back, changing and repeating messages."""

from datetime import timedelta
from uuid import UUID

import pytest

from hub.conversations.draft import Sender
from hub.conversations.outbound import unsent
from hub.conversations.outbound.posting import Sent
from hub.conversations.outbound.unsent import Change
from hub.customers.identify import Home
from hub.deliveries.repository import of_message
from hub.errors import Conflict, Invalid, NotFound
from hub.operators.access import Viewer
from hub.ports import OutcomeUnknown, PermanentError, TransientError
from tests.integration.conversations.stage import Stage
from tests.integration.deliveries.scene import Channel, Turned


class Desk:
    """Olga, Anna who wrote to her, and one inbox."""

    def __init__(self, stage: Stage, channel: Channel, inbox: UUID, anna: Home, olga: Viewer):
        self.stage, self.channel, self.inbox = stage, channel, inbox
        self.anna, self.olga = anna, olga

    async def sends(self, words: str, *, in_hours: float = 0) -> Sent:
        later = self.stage.clock() + timedelta(hours=in_hours) if in_hours else None
        return await self.stage.sends(self.anna, self.olga, words, send_at=later)

    async def cancels(self, sent: Sent, viewer: Viewer | None = None) -> None:
        async with self.stage.database.transaction() as session:
            await unsent.cancel(
                session, sent.entry_id, by=Sender.of(viewer or self.olga), now=self.stage.clock()
            )

    async def edits(self, sent: Sent, words: str) -> None:
        async with self.stage.database.transaction() as session:
            await unsent.edit(
                session,
                sent.entry_id,
                Change(words),
                by=Sender.of(self.olga),
                registry=self.stage.registry,
                now=self.stage.clock(),
            )

    async def retries(self, delivery_id: UUID, *, force: bool = False) -> UUID:
        async with self.stage.database.transaction() as session:
            return await unsent.retry(
                session,
                delivery_id,
                by=Sender.of(self.olga),
                now=self.stage.clock(),
                force=force,
            )


@pytest.fixture
async def desk(stage: Stage) -> Desk:
    channel = Channel()
    inbox = await stage.inbox(channel)
    await stage.writes(inbox, "anna", "Hello?")
    return Desk(stage, channel, inbox, await stage.contact("anna"), await stage.operator("Olga"))


async def test_a_message_taken_back_is_never_sent_and_the_customer_waits_again(
    desk: Desk, stage: Stage, clock: Turned
):
    (before,) = await stage.conversations()
    sent = await desk.sends("Tomorrow.", in_hours=1)
    assert (await stage.conversations())[0].waiting_since is None
    await desk.cancels(sent)
    clock.turn(hours=2)
    await stage.pump(stage.outbox())
    assert desk.channel.sent == []
    assert await stage.status(sent.deliveries[0].id) == "cancelled"
    assert await stage.message_status(sent.deliveries[0].id) == "cancelled"
    (after,) = await stage.conversations()
    assert after.waiting_since == before.waiting_since
    assert after.first_replied_at is None
    # What a list shows of it is what was said last and stands.
    assert (after.last_stream_id, after.last_position) == (
        before.last_stream_id,
        before.last_position,
    )
    with pytest.raises(Conflict):
        await desk.cancels(sent)


async def test_what_has_left_cannot_be_taken_back(desk: Desk, stage: Stage):
    sent = await desk.sends("Now.")
    await stage.pump(stage.outbox())
    for change in (desk.cancels(sent), desk.edits(sent, "Not now.")):
        with pytest.raises(Conflict) as refused:
            await change
        assert refused.value.kind == "already-sent"


async def test_what_may_have_left_cannot_be_taken_back(desk: Desk, stage: Stage):
    sent = await desk.sends("Now.")
    await stage.execute("UPDATE deliveries SET reason = 'in-doubt'")
    with pytest.raises(Conflict):
        await desk.cancels(sent)


async def test_others_cannot_take_back_what_they_may_not_see(desk: Desk, stage: Stage):
    sent = await desk.sends("Tomorrow.", in_hours=1)
    with pytest.raises(NotFound):
        await desk.cancels(sent, await stage.operator("Ivan", hidden=frozenset({desk.inbox})))


async def test_an_edited_message_leaves_with_its_new_words(
    desk: Desk, stage: Stage, clock: Turned
):
    sent = await desk.sends("At nine.", in_hours=1)
    await desk.edits(sent, "At ten.")
    clock.turn(hours=1)
    await stage.pump(stage.outbox())
    assert desk.channel.texts == ["At ten."]
    (entry,) = await stage.execute("SELECT * FROM entries WHERE direction = 'outbound'")
    assert (entry.text, entry.version, entry.status) == ("At ten.", 2, "sent")
    (version,) = await stage.execute("SELECT * FROM entry_versions")
    assert version.text == "At nine."


async def test_a_message_that_waits_for_a_retry_can_still_be_edited(
    desk: Desk, stage: Stage, clock: Turned
):
    sent = await desk.sends("first")
    desk.channel.faults["first"] = [TransientError("busy")] * 9
    outbox = stage.outbox()
    await stage.pump(outbox)
    await desk.edits(sent, "second")
    clock.turn(minutes=1)
    await stage.pump(outbox)
    assert desk.channel.texts == ["second"]


async def test_a_failed_delivery_is_retried_once_as_a_new_one(desk: Desk, stage: Stage):
    sent = await desk.sends("Hi!")
    failed = sent.deliveries[0].id
    desk.channel.faults["Hi!"] = [PermanentError("no")]
    outbox = stage.outbox()
    await stage.pump(outbox)
    again = await desk.retries(failed)
    assert await stage.message_status(failed) == "queued"
    with pytest.raises(Conflict) as refused:
        await desk.retries(failed)
    assert (refused.value.kind, refused.value.extra) == ("already-retried", {"id": str(again)})
    await stage.pump(outbox)
    assert [one.delivery_id for one in desk.channel.sent] == [again]
    assert await stage.status(failed) == "failed"
    assert await stage.message_status(failed) == "sent"
    with pytest.raises(Conflict) as sent_already:
        await desk.retries(again)
    assert sent_already.value.kind == "not-retriable"
    async with stage.database.reading() as session:
        shown = await of_message(session, sent.entry_id, desk.olga)
    assert [(one["status"], one["retry_of"]) for one in shown] == [
        ("failed", None),
        ("sent", str(failed)),
    ]
    assert [one["outcome"] for one in shown[0]["attempts"]] == ["permanent"]


async def test_an_unknown_delivery_is_repeated_only_by_an_operator(desk: Desk, stage: Stage):
    sent = await desk.sends("Hi!")
    desk.channel.faults["Hi!"] = [OutcomeUnknown("?")]
    outbox = stage.outbox()
    await stage.pump(outbox)
    await stage.pump(outbox)
    assert desk.channel.sent == []
    await desk.retries(sent.deliveries[0].id)
    await stage.pump(outbox)
    assert desk.channel.texts == ["Hi!"]


async def test_who_opted_out_is_not_retried(desk: Desk, stage: Stage):
    sent = await desk.sends("Hi!")
    desk.channel.faults["Hi!"] = [PermanentError("no")]
    outbox = stage.outbox()
    await stage.pump(outbox)
    await stage.execute("UPDATE contact_points SET opted_out_at = now()")
    with pytest.raises(Invalid):
        await desk.retries(sent.deliveries[0].id)
    await desk.retries(sent.deliveries[0].id, force=True)
    await stage.pump(outbox)
    assert desk.channel.texts == ["Hi!"]
