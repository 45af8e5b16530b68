"""Webhooks are told everything they asked for, in order, until they have it or are given up."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from aiohttp import web
from sqlalchemy import text

from hub.errors import Conflict, NotFound
from hub.events import EventType
from hub.ids import new_id
from hub.inboxes.outgoing_http import outgoing_http
from hub.webhooks import history, repository
from hub.webhooks.enqueue import NewCall, call_named
from hub.webhooks.signing import sign
from hub.webhooks.verdict import DISABLE_AFTER, LADDER
from tests.integration.webhooks.conftest import LEASE, Receiver, Stand

FAULT = 500


def failing(times: int, status: int = FAULT, **headers: str) -> list[web.Response]:
    return [
        web.Response(status=status, headers=headers, text="no\nthank you") for _ in range(times)
    ]


async def test_an_event_is_told_signed_and_kept_in_the_history(stand: Stand, receiver: Receiver):
    webhook_id, secret = await stand.webhook("customer.updated")
    anna = new_id()
    [event] = await stand.happens(anna)
    await stand.happens(anna, kind=EventType.CUSTOMER_CREATED)
    await stand.works()
    [call] = receiver.calls
    assert call.id == str(event.id)
    assert call.signature == sign(secret, call.id, int(call.timestamp), call.raw)
    assert {name: call.body[name] for name in ("seq", "type", "id", "customer_id", "data")} == {
        "seq": event.seq,
        "type": "customer.updated",
        "id": str(event.id),
        "customer_id": str(anna),
        "data": {},
    }
    async with stand.database.reading() as session:
        [told] = await history.page(session, webhook_id, before=None, limit=10)
        [attempt] = await history.attempts(session, webhook_id, UUID(told["id"]))
    assert (told["status"], told["code"], told["attempts"]) == ("delivered", 204, 1)
    assert attempt["milliseconds"] >= 0
    assert await stand.rows("SELECT 1 FROM due WHERE kind = 'webhook'") == []


async def test_customers_are_told_of_in_order_and_do_not_wait_for_each_other(
    stand: Stand, receiver: Receiver
):
    await stand.webhook()
    anna, boris = new_id(), new_id()
    events = await stand.happens(anna, boris, anna, anna, boris, None)
    receiver.answers = failing(1)
    await stand.works()
    # The very first call failed: whoever it was about waits, the others were told.
    first = receiver.calls[0].body["customer_id"]
    mine = [one.seq for one in events if str(one.customer_id or None) == str(first)]
    told = receiver.seqs[1:]
    assert not set(mine) & set(told)
    assert sorted(told) == [one.seq for one in events if one.seq not in mine]
    await stand.works()
    assert len(receiver.calls) == 1 + len(told)
    stand.move(LADDER[0])
    await stand.works()
    assert receiver.seqs[1 + len(told) :] == mine
    assert receiver.calls[0].id == receiver.calls[1 + len(told)].id


async def test_what_fails_climbs_the_ladder_and_is_given_up(stand: Stand, receiver: Receiver):
    webhook_id, _ = await stand.webhook()
    first, second = await stand.happens(*[new_id()] * 2)
    receiver.answers = failing(1 + len(LADDER))
    await stand.works()
    for pause in LADDER[:-1]:
        stand.move(pause)
        await stand.works()
    assert set(receiver.seqs) == {first.seq}
    assert await stand.statuses() == ["pending", "pending"]
    stand.move(LADDER[-1])
    await stand.works()
    assert receiver.seqs == [first.seq] * (1 + len(LADDER)) + [second.seq]
    assert await stand.statuses() == ["failed", "delivered"]
    async with stand.database.reading() as session:
        told = await history.page(session, webhook_id, status="failed", before=None, limit=10)
        tries = await history.attempts(session, webhook_id, UUID(told[0]["id"]))
    assert {one["said"] for one in tries} == {"no thank you"}
    assert {one["code"] for one in tries} == {FAULT}


async def test_five_days_of_failure_switch_it_off_and_a_replay_tells_what_was_missed(
    stand: Stand, receiver: Receiver
):
    webhook_id, _ = await stand.webhook()
    began = stand.now
    [missed] = await stand.happens(new_id())
    receiver.answers = failing(3)
    await stand.works()
    stand.move(DISABLE_AFTER)
    await stand.happens(new_id())
    await stand.works()
    [row] = await stand.rows("SELECT enabled, disabled_reason FROM webhooks")
    assert (row.enabled, row.disabled_reason) == (False, "failing")
    assert await stand.statuses() == ["failed", "failed"]
    [audited] = await stand.rows("SELECT action FROM audit")
    assert audited.action == "webhook.disabled"
    receiver.answers = []
    unheard = await stand.happens(new_id())
    assert len(await stand.statuses()) == 2

    async with stand.database.transaction() as session:
        webhook = await repository.patch(
            session, webhook_id, {"enabled": True}, exempt=(), now=stand.now
        )
        queued = await history.replay(
            session,
            webhook,
            began,
            stand.now + timedelta(seconds=1),
            delivered_too=False,
            now=stand.now,
        )
    assert queued == 3
    before = len(receiver.calls)
    await stand.works()
    assert {missed.seq, unheard[0].seq} <= set(receiver.seqs[before:])
    assert await stand.statuses() == ["delivered"] * 3


async def test_whoever_answers_gone_is_switched_off_at_once(stand: Stand, receiver: Receiver):
    await stand.webhook()
    await stand.happens(new_id(), new_id())
    receiver.answers = failing(2, 410)
    await stand.works()
    [row] = await stand.rows("SELECT enabled, disabled_reason FROM webhooks")
    assert (row.enabled, row.disabled_reason) == (False, "gone")
    assert await stand.statuses() == ["failed", "failed"]
    await stand.works()
    assert await stand.rows("SELECT 1 FROM due WHERE kind = 'webhook'") == []


async def test_a_receiver_that_is_busy_is_left_alone(stand: Stand, receiver: Receiver):
    await stand.webhook()
    await stand.happens(new_id())
    receiver.answers = failing(1, 503, **{"Retry-After": "120"})
    await stand.works()
    await stand.happens(new_id())
    stand.move(timedelta(seconds=119))
    await stand.works()
    assert len(receiver.calls) == 1
    stand.move(timedelta(seconds=2))
    await stand.works()
    assert len(receiver.calls) == 3


async def test_a_node_that_dies_in_a_call_leaves_it_to_another(stand: Stand, receiver: Receiver):
    """Killed between the call and keeping its outcome: told once more, under the same id."""
    await stand.webhook()
    events = await stand.happens(*[new_id()] * 2)
    receiver.holding = asyncio.Event()
    async with asyncio.timeout(30):
        dying = asyncio.ensure_future(stand.works())  # noqa: TID251 - cancelled below
        await receiver.called.wait()
        dying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dying
    receiver.holding.set()
    await stand.works()
    assert len(receiver.calls) == 1
    stand.move(LEASE + timedelta(seconds=1))
    await stand.works()
    assert receiver.seqs == [events[0].seq, events[0].seq, events[1].seq]
    assert await stand.statuses() == ["delivered", "delivered"]


async def test_whoever_has_lost_the_claim_keeps_nothing(stand: Stand, receiver: Receiver):
    await stand.webhook()
    await stand.happens(new_id())
    stale = await stand.claims()
    stand.move(LEASE + timedelta(seconds=1))
    await stand.works()
    await stand.sender.deliver(stale)
    assert await stand.statuses() == ["delivered"]
    [row] = await stand.rows("SELECT count(*) AS many FROM webhook_attempts")
    assert row.many == len(receiver.calls) == 1


async def test_a_private_address_is_not_called(stand: Stand, receiver: Receiver):
    """The name resolves to this machine only when the connection is made."""
    url = receiver.url.replace("127.0.0.1", "localhost")
    await stand.webhook(url=url)
    await stand.happens(new_id())
    async with outgoing_http(()) as guarded:
        stand.sender._http = guarded
        await stand.works()
    assert receiver.calls == []
    [row] = await stand.rows("SELECT code, fault FROM webhook_attempts")
    assert (row.code, row.fault) == (None, "address-refused")


async def test_nobody_there_is_kept_as_a_fault(stand: Stand):
    await stand.webhook(url="http://127.0.0.1:1/hook")
    await stand.happens(new_id())
    await stand.works()
    [row] = await stand.rows("SELECT code, fault FROM webhook_attempts")
    assert (row.code, row.fault) == (None, "not-reachable")


async def test_a_redirect_is_refused(stand: Stand, receiver: Receiver):
    await stand.webhook()
    await stand.happens(new_id())
    receiver.answers = failing(1, 307, Location=receiver.url)
    await stand.works()
    assert len(receiver.calls) == 1
    assert await stand.statuses() == ["pending"]


async def test_what_a_rule_says_follows_what_it_speaks_of(stand: Stand, receiver: Receiver):
    await stand.webhook("customer.updated", name="erp")
    anna = new_id()
    [event] = await stand.happens(anna)
    said = NewCall({"order": "A-17", "when": stand.now}, anna)
    async with stand.database.transaction() as session:
        call_id = await call_named(session, "erp", said, stand.now)
    await stand.works()
    assert receiver.seqs == [event.seq, None]
    body = receiver.calls[1].body
    assert (body["type"], body["id"], body["customer_id"]) == (
        "rule.called",
        str(call_id),
        str(anna),
    )
    assert body["data"]["order"] == "A-17"
    [row] = await stand.rows("SELECT body FROM webhook_deliveries WHERE id = :id", id=call_id)
    assert row.body == {}


async def test_a_rule_hears_why_nothing_can_be_said(stand: Stand):
    webhook_id, _ = await stand.webhook(name="erp")
    with pytest.raises(NotFound):
        async with stand.database.transaction() as session:
            await call_named(session, "no such", NewCall(), stand.now)
    with pytest.raises(Conflict):
        async with stand.database.transaction() as session:
            await call_named(session, "erp", NewCall({"x": "y" * 70_000}), stand.now)
    async with stand.database.transaction() as session:
        await repository.patch(session, webhook_id, {"enabled": False}, exempt=(), now=stand.now)
    with pytest.raises(Conflict):
        async with stand.database.transaction() as session:
            await call_named(session, "erp", NewCall(), stand.now)


async def test_both_secrets_sign_until_the_old_one_is_over(stand: Stand, receiver: Receiver):
    webhook_id, old = await stand.webhook()
    async with stand.database.transaction() as session:
        _, new = await repository.rotate(
            session, webhook_id, timedelta(hours=1), keyring=stand.keyring, now=stand.now
        )
    await stand.happens(new_id())
    await stand.works()
    stand.move(timedelta(hours=1, seconds=1))
    await stand.happens(new_id())
    await stand.works()
    first, second = receiver.calls
    assert first.signature.split(" ") == [
        sign(one, first.id, int(first.timestamp), first.raw) for one in (new, old)
    ]
    assert second.signature == sign(new, second.id, int(second.timestamp), second.raw)


async def test_secrets_are_not_stored_as_they_are(stand: Stand):
    _, secret = await stand.webhook()
    [row] = await stand.rows("SELECT secret FROM webhooks")
    assert secret.removeprefix("whsec_") not in row.secret
    assert stand.keyring.decrypt(row.secret) == secret


async def test_what_was_planned_while_it_was_switched_off_is_ended(
    stand: Stand, receiver: Receiver
):
    webhook_id, _ = await stand.webhook()
    await stand.happens(new_id(), new_id())
    # As whoever stops it leaves it, when the events are committed a moment later.
    async with stand.database.transaction() as session:
        await session.execute(text("UPDATE webhooks SET enabled = false"))
    await stand.works()
    assert await stand.statuses() == ["failed", "failed"]
    assert receiver.calls == []
    assert not await stand.rows("SELECT id FROM due")
    async with stand.database.transaction() as session:
        webhook = await repository.get(session, webhook_id)
        [one, _] = await history.page(session, webhook_id, before=None, limit=10)
        with pytest.raises(Conflict):
            await history.retry(session, webhook, UUID(one["id"]), stand.now)
