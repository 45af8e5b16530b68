"""Customers answer a reminder: by a word, by a button, for a time that has changed, twice."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from hub.conversations.draft import Author
from hub.conversations.merging import reshape
from hub.conversations.merging.by import By
from hub.customers.evidence import Evidence
from hub.db.engine import Database
from hub.ports import Proof
from hub.tasks import background
from hub.templates import store
from tests.integration.reminders.desk import START, Desk

DAY = timedelta(days=1)
ASK: dict[str, Any] = {"actions": [{"send": {"template": "appointment-reminder-day"}}]}


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


async def asked(desk: Desk, *keys: str) -> None:
    """Ann has appointments in two days, and has been asked about each."""
    ann = await desk.customer()
    await desk.rule(**ASK)
    for key in keys:
        await desk.push(ann, key, starts_at=START + 2 * DAY)
    await desk.read()
    await desk.work(after=DAY)


async def statuses(desk: Desk) -> dict[str, str]:
    async with desk.database.reading() as session:
        rows = await session.execute(text("SELECT external_id, status FROM appointments"))
        return {row.external_id: row.status for row in rows}


async def events(desk: Desk) -> list[str]:
    async with desk.database.reading() as session:
        rows = await session.scalars(
            text("SELECT data->>'answer' FROM events WHERE type = 'appointment.answered'")
        )
        return list(rows)


async def activities(desk: Desk) -> list[str]:
    async with desk.database.reading() as session:
        rows = await session.scalars(
            text("SELECT data->>'activity' FROM entries WHERE kind = 'activity' ORDER BY position")
        )
        return [one for one in rows if one.startswith("appointment.")]


async def test_a_word_confirms_and_stops_what_else_would_be_asked(desk: Desk) -> None:
    await asked(desk, "7")
    await desk.rule(
        name="Two hours before",
        trigger={"before": "appointment.starts_at", "by": "2h"},
        **ASK,
    )
    await desk.says("ann", "Да")
    await desk.read()
    await desk.read()
    assert await statuses(desk) == {"7": "confirmed"}
    assert await events(desk) == ["confirm"]
    assert await activities(desk) == ["appointment.created", "appointment.confirmed"]
    assert (await desk.said())[-1].startswith("Thank you. See you on")
    await desk.work(after=timedelta(hours=22))
    assert (await desk.reminders())[-1][:2] == ("dropped", "skipped")


async def test_a_button_answers_the_message_it_is_under(desk: Desk) -> None:
    await asked(desk, "first", "second")
    async with desk.database.transaction() as session:
        await session.execute(
            text("UPDATE deliveries SET external_id = 'm-' || number"),
        )
        under = await session.scalar(
            text("""
                SELECT d.external_id FROM deliveries AS d
                JOIN decisions AS why ON why.entry_id = d.entry_id
                JOIN appointments AS a ON a.id = why.object_id
                WHERE a.external_id = 'first'
            """)
        )
    assert under
    await desk.says("ann", "Cancel", button="appointment.cancel", under=under)
    await desk.read()
    assert await statuses(desk) == {"first": "cancel-requested", "second": "booked"}
    # Who books it has not said yes: it was asked for, and is not done.
    assert (await desk.said())[-1].startswith("We have your request to cancel the appointment on")
    # A change of mind, in words.
    await desk.says("ann", "yes")
    await desk.read()
    assert (await statuses(desk))["first"] == "confirmed"


async def test_an_answer_for_another_time_changes_nothing_and_says_the_new_one(desk: Desk) -> None:
    await asked(desk, "7")
    ann = await desk.customer()
    desk.now += timedelta(minutes=1)
    await desk.push(ann, starts_at=START + 5 * DAY)
    await desk.says("ann", "1")
    await desk.read()
    assert await statuses(desk) == {"7": "booked"}
    assert "has been moved since" in (await desk.said())[-1]
    await desk.says("ann", "1")
    await desk.read()
    assert await statuses(desk) == {"7": "confirmed"}


async def test_what_nobody_asked_is_no_answer(desk: Desk) -> None:
    await asked(desk, "7")
    await desk.says("ann", "yes, but where do I park?")
    await desk.says("bob", "yes")
    await desk.read()
    assert await statuses(desk) == {"7": "booked"}
    assert not await events(desk)


async def test_answered_twice_or_after_it_was_cancelled_does_no_harm(desk: Desk) -> None:
    await asked(desk, "7")
    for _ in range(2):
        await desk.says("ann", "I will come", button="appointment.confirm")
        await desk.read()
    assert await events(desk) == ["confirm"]
    ann = await desk.customer()
    await desk.push(ann, status="cancelled")
    await desk.says("ann", "ok")
    await desk.read()
    assert await statuses(desk) == {"7": "cancelled"}
    assert "has been cancelled" in (await desk.said())[-1]


async def test_a_cancel_stands_though_nothing_can_be_said_about_it(desk: Desk) -> None:
    await asked(desk, "7")
    words = {"locales": {"en": {"text": "It is off."}}}
    async with desk.database.transaction() as session:
        name = "appointment-answer-cancel-requested"
        await store.change(session, name, words, by=None, now=desk.now)
        # A field that a later version no longer has: what is stored is not checked again.
        await session.execute(
            text("""
                UPDATE templates SET spec = CAST(
                    replace(spec::text, 'It is off.', '{{ appointment.nowhere }}') AS jsonb)
            """)
        )
    before = await desk.said()
    await desk.says("ann", "no")
    await desk.read()
    assert await statuses(desk) == {"7": "cancel-requested"}
    assert await desk.said() == before


async def test_whoever_is_merged_while_the_answer_is_taken_is_heard(desk: Desk) -> None:
    await asked(desk, "7")
    await desk.says("bob", "Hello")
    await desk.read()
    await desk.says("ann", "yes")
    by = By(Author("system", None, ""), desk.now)
    async with background() as tasks:
        async with desk.database.transaction() as session:
            rows = await session.execute(text("SELECT name, id FROM customers"))
            people = {row.name: row.id for row in rows}
            grounds = by.grounds(Evidence.OPERATOR)
            await reshape.merge(session, people["bob"], people["ann"], grounds, by)
            reading = tasks.spawn(desk.read(), "reading")
            async with asyncio.timeout(20):
                while not await _somebody_waits(desk):  # noqa: ASYNC110 - nothing to wait on
                    await asyncio.sleep(0.01)
        await reading
    assert await statuses(desk) == {"7": "confirmed"}
    assert (await desk.said())[-1].startswith("Thank you. See you on")


async def _somebody_waits(desk: Desk) -> bool:
    async with desk.database.reading() as session:
        return bool(await session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


async def test_a_calendar_answers_the_invitation(desk: Desk) -> None:
    """For the time it was sent for, of the customer's own appointment, and for no other."""
    ann, appointment = await desk.customer(), ""
    await desk.customer("bob")
    appointment = str(await desk.push(ann, starts_at=START + 2 * DAY))
    await desk.push(ann, starts_at=START + 3 * DAY)
    reply = {"id": appointment, "answer": "accepted", "sequence": 1}
    await desk.says("bob", "Accepted", calendar=reply)
    await desk.says("ann", "Accepted", calendar={**reply, "sequence": 0})
    await desk.says("ann", "Perhaps", calendar={**reply, "answer": "tentative"})
    await desk.read()
    assert await statuses(desk) == {"7": "booked"}
    assert [one.split(":")[0] for one in await desk.said()] == [
        "Your appointment has been moved since"
    ]
    await desk.says("ann", "Accepted", calendar=reply)
    await desk.read()
    assert await statuses(desk) == {"7": "confirmed"}
    await desk.says("ann", "Declined", calendar={**reply, "answer": "declined"})
    await desk.read()
    assert await statuses(desk) == {"7": "cancel-requested"}


UNCHECKED = {"authentication": {"proven": False, "reason": "no-trusted-server"}}
"""What a mail says of itself where `authserv_ids` is empty."""


@pytest.mark.parametrize(
    "facts",
    [
        {"proof": Proof.NONE},
        {"data": {"authentication": {"reason": "failed"}}},
        {"data": {"forwarded_by": {"name": "Olga"}}},
        {"imported": True},
        {"data": UNCHECKED},
    ],
    ids=["proves less", "failed a check", "forwarded", "imported", "a bare From"],
)
async def test_nothing_that_may_be_forged_changes_an_appointment(
    desk: Desk, facts: dict[str, Any]
) -> None:
    await asked(desk, "7")
    appointment = str(await desk.push(await desk.customer(), starts_at=START + 2 * DAY))
    await desk.says("ann", "yes", **facts)
    reply = {"id": appointment, "answer": "declined", "sequence": 0}
    await desk.says("ann", "Declined", calendar=reply, **facts)
    await desk.says("ann", "No", button="appointment.cancel", **facts)
    await desk.read()
    assert await statuses(desk) == {"7": "booked"}


async def test_an_unchecked_mail_counts_when_it_answers_ours_to_that_address(desk: Desk) -> None:
    bob = await desk.customer("bob")
    await desk.push(bob, "8", starts_at=START + 2 * DAY)
    await asked(desk, "7")
    async with desk.database.reading() as session:
        sent = await session.execute(
            text(
                "SELECT p.value, d.id FROM deliveries d "
                "JOIN contact_points p ON p.id = d.contact_point_id ORDER BY d.number"
            )
        )
        deliveries = {row.value.rpartition("/")[2]: row.id for row in sent}
    refuted = {"authentication": {"proven": False, "reason": "failed"}}
    # What was sent to Bob proves nothing of Ann; what a check refuted stays refuted.
    await desk.says("ann", "yes", data=UNCHECKED, answers_delivery=deliveries["bob"])
    await desk.says("ann", "yes", data=refuted, answers_delivery=deliveries["ann"])
    await desk.read()
    assert set((await statuses(desk)).values()) == {"booked"}
    await desk.says("ann", "yes", data=UNCHECKED, answers_delivery=deliveries["ann"])
    await desk.read()
    assert await statuses(desk) == {"7": "confirmed", "8": "booked"}


async def test_an_unchecked_mail_counts_when_it_goes_to_our_reply_address_for_them(
    desk: Desk,
) -> None:
    await asked(desk, "7")
    await desk.says("bob", "Hello")
    await desk.says("ann", "Hello")
    async with desk.database.reading() as session:
        opened = await session.execute(
            text(
                "SELECT p.value, e.conversation_id FROM entries e "
                "JOIN contact_points p ON p.id = e.contact_point_id WHERE e.text = 'Hello'"
            )
        )
        talks = {row.value.rpartition("/")[2]: row.conversation_id for row in opened}
    refuted = {"authentication": {"proven": False, "reason": "failed"}}
    # Bob's reply address proves nothing of Ann; what a check refuted stays refuted.
    await desk.says("ann", "yes", data=UNCHECKED, conversation_id=talks["bob"])
    await desk.says("ann", "yes", data=refuted, conversation_id=talks["ann"])
    await desk.read()
    assert await statuses(desk) == {"7": "booked"}
    await desk.says("ann", "yes", data=UNCHECKED, conversation_id=talks["ann"])
    await desk.read()
    assert await statuses(desk) == {"7": "confirmed"}


async def test_a_calendar_that_says_it_is_a_machine_is_heard_and_not_answered(desk: Desk) -> None:
    """Where its address is proven; a machine's words are no answer of anybody's."""
    await asked(desk, "7")
    appointment = str(await desk.push(await desk.customer(), starts_at=START + 2 * DAY))
    before = await desk.said()
    await desk.says("ann", "yes", automatic=True)
    await desk.says("ann", "yes", automatic=True, calendar={"id": "x", "answer": "accepted"})
    reply = {"id": appointment, "answer": "accepted", "sequence": 0}
    async with desk.database.transaction() as session:
        await session.execute(text("UPDATE contact_points SET proof = 'none'"))
    await desk.says("ann", "Accepted", automatic=True, calendar=reply, proof=Proof.NONE)
    await desk.read()
    assert await statuses(desk) == {"7": "booked"}
    await desk.says("ann", "Accepted", automatic=True, calendar=reply)
    await desk.read()
    assert await statuses(desk) == {"7": "confirmed"}
    assert await desk.said() == before
