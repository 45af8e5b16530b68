"""Receipts: in any order, repeated, early, of others."""

import asyncio
import itertools
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from hub.deliveries import receipts
from hub.ports import DeliveryReceipt, OutcomeUnknown, Reason, SendReceipt
from tests.integration.deliveries.scene import Channel, Scene, Turned


@pytest.fixture
async def sent(scene: Scene) -> UUID:
    """A delivery that was sent, named `x-<id>` by the provider."""
    inbox = await scene.inbox(Channel())
    delivery = await scene.deliver(await scene.contact("anna"), inbox, "hello")
    await scene.pump(scene.outbox())
    return delivery


async def hears(scene: Scene, inbox_id: UUID, *several: DeliveryReceipt) -> None:
    await receipts.take(scene.database, inbox_id, several, scene.clock())


def receipt(scene: Scene, status: str, **facts: Any) -> DeliveryReceipt:
    return DeliveryReceipt(status, scene.clock(), **facts)  # type: ignore[arg-type]


async def inbox_of(scene: Scene, delivery: UUID) -> UUID:
    return UUID(str((await scene.row(delivery)).inbox_id))


async def changes(scene: Scene) -> list[str]:
    rows = await scene.execute(
        "SELECT data->>'status' AS status FROM pending_events "
        "WHERE type = 'message.status_changed' ORDER BY n"
    )
    return [row.status for row in rows]


async def test_a_receipt_moves_the_delivery_the_message_and_the_log(
    scene: Scene, sent: UUID, clock: Turned
):
    inbox = await inbox_of(scene, sent)
    clock.turn(seconds=5)
    read_at = clock() + timedelta(seconds=5)
    await hears(
        scene,
        inbox,
        receipt(scene, "delivered", external_id=f"x-{sent}", provider_status="DELIVRD"),
        DeliveryReceipt("read", read_at, delivery_id=sent),
    )
    row = await scene.row(sent)
    assert (row.status, row.delivered_at, row.read_at) == ("read", clock(), read_at)
    assert row.provider_status == "DELIVRD"
    assert await scene.message_status(sent) == "read"
    assert await changes(scene) == ["sent", "read"]


async def test_any_order_and_repetition_ends_alike(scene: Scene):
    inbox = await scene.inbox(Channel())
    ends = set()
    for order in itertools.permutations(["sent", "delivered", "failed"]):
        delivery = await scene.deliver(await scene.contact(" ".join(order)), inbox, "hello")
        await scene.pump(scene.outbox())
        for status in (*order, *order):
            await hears(scene, inbox, receipt(scene, status, delivery_id=delivery))
        row = await scene.row(delivery)
        ends.add((row.status, row.delivered_at is not None, await scene.message_status(delivery)))
    assert ends == {("failed", True, "failed")}


async def test_a_repeated_receipt_is_news_once(scene: Scene, sent: UUID):
    inbox = await inbox_of(scene, sent)
    for _ in range(3):
        await hears(scene, inbox, receipt(scene, "delivered", delivery_id=sent))
    assert await changes(scene) == ["sent", "delivered"]


async def test_a_late_bounce_fails_and_marks_the_address(scene: Scene, sent: UUID):
    inbox = await inbox_of(scene, sent)
    await hears(
        scene,
        inbox,
        receipt(
            scene,
            "failed",
            external_id=f"x-{sent}",
            reason=str(Reason.INVALID_ADDRESS),
            detail="no such user",
            provider_code="5.1.1",
        ),
    )
    row = await scene.row(sent)
    assert (row.status, row.reason, row.detail) == ("failed", "invalid_address", "no such user")
    (point,) = await scene.execute(
        "SELECT health, health_detail, health_until FROM contact_points"
    )
    assert (point.health, point.health_detail) == ("invalid_address", "no such user")
    assert point.health_until == scene.clock() + timedelta(days=90)


async def test_a_copy_that_bounces_is_no_failure_of_the_message(scene: Scene, sent: UUID):
    inbox = await inbox_of(scene, sent)
    await scene.execute(
        "UPDATE deliveries SET content = content || CAST(:copies AS jsonb)",
        copies='{"cc": ["Boss <Boss@example.com>"], "bcc": ["quiet@example.com"]}',
    )
    for copy in ("boss@EXAMPLE.com", "quiet@example.com"):
        facts = {"external_id": f"x-{sent}", "reason": Reason.UNREACHABLE, "recipient": copy}
        await hears(scene, inbox, receipt(scene, "failed", **facts))
    assert (await scene.row(sent)).status == "sent"
    forwarded = {"external_id": f"x-{sent}", "recipient": "elsewhere@example.com"}
    await hears(scene, inbox, receipt(scene, "failed", **forwarded))
    assert (await scene.row(sent)).status == "failed"


async def test_a_receipt_resolves_what_nobody_knew(scene: Scene):
    channel = Channel()
    inbox = await scene.inbox(channel)
    delivery = await scene.deliver(await scene.contact("anna"), inbox, "hello")
    channel.faults["hello"] = [OutcomeUnknown("?")]
    await scene.pump(scene.outbox())
    assert await scene.status(delivery) == "unknown"
    await hears(scene, inbox, receipt(scene, "delivered", delivery_id=delivery))
    assert await scene.status(delivery) == "delivered"


async def test_an_inbox_speaks_only_of_its_own(scene: Scene, sent: UUID):
    stranger = await scene.inbox(Channel())
    await hears(
        scene,
        stranger,
        receipt(scene, "failed", delivery_id=sent),
        receipt(scene, "failed", external_id=f"x-{sent}"),
        receipt(scene, "failed", delivery_id=uuid4()),
    )
    assert await scene.status(sent) == "sent"


async def test_a_receipt_that_comes_before_the_answer_is_kept(scene: Scene):
    channel = Channel()
    inbox = await scene.inbox(channel)
    delivery = await scene.deliver(await scene.contact("anna"), inbox, "hello")

    async def quick_webhook(_message: object) -> SendReceipt:
        await hears(scene, inbox, receipt(scene, "delivered", external_id="m7"))
        return SendReceipt("m7")

    channel.behave = quick_webhook
    await scene.pump(scene.outbox())
    row = await scene.row(delivery)
    assert (row.status, row.external_id) == ("delivered", "m7")
    assert row.delivered_at is not None
    assert await scene.execute("SELECT 1 FROM early_receipts") == []
    assert await changes(scene) == ["delivered"]


async def test_a_receipt_while_the_send_is_being_recorded_is_not_lost(scene: Scene):
    """The two transactions meet at all moments: whoever is second sees the first."""
    channel = Channel()
    inbox = await scene.inbox(channel)
    outbox = scene.outbox()
    for number in range(25):
        delivery = await scene.deliver(await scene.contact(f"c{number}"), inbox, "hello")
        name = f"x-{delivery}"

        async def webhook(name: str = name, number: int = number) -> None:
            await asyncio.sleep(0.002 * (number % 13))
            await hears(scene, inbox, receipt(scene, "delivered", external_id=name))

        await asyncio.gather(scene.pump(outbox), webhook())
        assert await scene.status(delivery) == "delivered", number


async def test_many_receipts_at_once_for_the_same_customers(scene: Scene):
    """Batches in opposite orders do not wait for each other for ever."""
    inbox = await scene.inbox(Channel())
    ids = [
        await scene.deliver(await scene.contact(f"c{number}"), inbox, "hello")
        for number in range(8)
    ]
    await scene.pump(scene.outbox())
    batches = [
        [receipt(scene, status, delivery_id=one) for one in order]
        for status in ("sent", "delivered", "read")
        for order in (ids, ids[::-1])
    ]
    await asyncio.gather(*(hears(scene, inbox, *batch) for batch in batches))
    assert {await scene.status(one) for one in ids} == {"read"}


async def test_reading_up_to_a_position(scene: Scene):
    channel = Channel()
    inbox, other = await scene.inbox(channel), await scene.inbox(Channel())
    anna = await scene.contact("anna")
    ids = [await scene.deliver(anna, inbox, words) for words in "abc"]
    elsewhere = await scene.deliver(anna, other, "elsewhere")
    await scene.pump(scene.outbox())
    unsent = await scene.deliver(anna, inbox, "not sent yet")

    async def reads(position: int) -> list[str]:
        async with scene.database.transaction() as session:
            await receipts.read_up_to(
                session,
                inbox,
                anna.contact_point_id,
                position=position,
                at=scene.clock(),
                now=scene.clock(),
            )
        return [await scene.status(one) for one in [*ids, elsewhere, unsent]]

    second = (await scene.row(ids[1])).position
    assert await reads(second) == ["read", "read", "sent", "sent", "queued"]
    told = await changes(scene)
    # Repeated, or older: nothing.
    assert await reads(second) == await reads(second - 1)
    assert await changes(scene) == told
    assert await reads(10**9) == ["read", "read", "read", "sent", "queued"]
