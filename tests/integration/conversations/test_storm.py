"""What is counted before a rule answers a mail."""

from uuid import UUID

from hub.conversations.outbound.storm import Calm, storming
from hub.customers.identify import Home
from hub.ids import new_id
from hub.timeline.record import NewEntry, record
from tests.integration.conversations.stage import Stage
from tests.integration.deliveries.scene import Turned


async def _said(stage: Stage, home: Home, inbox: UUID, subject: str, *, ours: bool) -> int:
    """A mail of the customer's, or one that a machine of ours sent; its position."""
    entry = NewEntry(
        home.stream_id,
        "message",
        "rule" if ours else "customer",
        stage.clock(),
        new_id(),
        direction="outbound" if ours else "inbound",
        channel="email",
        inbox_id=inbox,
        contact_point_id=home.contact_point_id,
        text="words",
        data={"subject": subject},
        automatic=ours,
    )
    async with stage.database.transaction() as session:
        (recorded,) = await record(session, [entry], now=stage.clock())
    return recorded.position


async def _why(stage: Stage, home: Home, position: int) -> Calm | None:
    async with stage.database.reading() as session:
        return await storming(session, home.stream_id, position, new_id(), stage.clock())


async def test_two_answers_under_one_subject_are_enough_for_three_hours(
    stage: Stage, clock: Turned
) -> None:
    inbox, anna, boris = (
        await stage.inbox(None),
        await stage.contact("a"),
        await stage.contact("b"),
    )
    for _ in range(2):
        await _said(stage, anna, inbox, "Re: Hours", ours=True)
    await _said(stage, boris, inbox, "Re: Hours", ours=True)
    again = await _said(stage, anna, inbox, "AW: Re: hours", ours=False)
    other = await _said(stage, anna, inbox, "Something else", ours=False)
    hers = await _said(stage, boris, inbox, "Re: Hours", ours=False)
    assert [await _why(stage, anna, again), await _why(stage, anna, other)] == [Calm.SAME, None]
    assert await _why(stage, boris, hers) is None
    clock.turn(hours=3, seconds=1)
    assert await _why(stage, anna, again) is None


async def test_a_mailbox_of_ours_is_never_answered(stage: Stage) -> None:
    inbox = await stage.inbox(None)
    await stage.execute(
        "UPDATE inboxes SET channel = 'email', settings = CAST(:settings AS jsonb)",
        settings='{"address": "Help@shop.example"}',
    )
    us, anna = await stage.contact("help@shop.example"), await stage.contact("anna@home.example")
    ours = await _said(stage, us, inbox, "Hello", ours=False)
    hers = await _said(stage, anna, inbox, "Hello", ours=False)
    assert [await _why(stage, us, ours), await _why(stage, anna, hers)] == [Calm.OURS, None]
