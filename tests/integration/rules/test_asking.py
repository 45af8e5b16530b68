"""A rule asks, waits, and goes on: with the answer, without one, once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from hub.customers.roots import lock_roots
from hub.db import kept_settings
from hub.db.engine import Database
from hub.deliveries import policy
from hub.due.returns import TRIES
from hub.ports import Proof
from hub.rules.replies import QuestionReader
from tests.integration.reminders.desk import START, Desk

DAY = timedelta(days=1)
ASK: dict[str, Any] = {
    "actions": [
        {
            "ask": {
                "text": "Shampoo for {{ appointment.number }}?",
                "within": "3h",
                "answers": [
                    {
                        "value": "herbal",
                        "label": "Herbal",
                        "then": [{"send": {"text": "Herbal."}}],
                    },
                    {"value": "none", "label": "No shampoo", "words": ["без"]},
                ],
                "otherwise": [{"label": {"labels": ["silent"], "on": "customer"}}],
            }
        },
        {"label": {"labels": ["asked"], "on": "customer"}},
    ]
}


@pytest.fixture
async def desk(database: Database) -> Desk:
    """Ann has been asked, a day before."""
    desk = Desk(database)
    ann = await desk.customer()
    await desk.customer("bob")
    await desk.rule(**ASK)
    await desk.push(ann, number="A-7", starts_at=START + 2 * DAY)
    await desk.read()
    await desk.work(after=DAY)
    return desk


async def facts(desk: Desk) -> tuple[list[str], str, list[tuple[str, str]]]:
    """Ann's labels, the outcome of the firing, what each of its actions came to."""
    async with desk.database.reading() as session:
        labels = await session.scalar(text("SELECT labels FROM customers ORDER BY id LIMIT 1"))
        (row,) = (await session.execute(text("SELECT outcome, actions FROM rule_firings"))).all()
    done = [(one["action"], one["reason"]) for one in row.actions]
    return list(labels or []), row.outcome, done


async def buttons(desk: Desk) -> list[dict[str, str]]:
    async with desk.database.reading() as session:
        found = await session.scalar(
            text("SELECT data->'buttons' FROM entries WHERE data ? 'question'")
        )
    assert isinstance(found, list)
    return found


async def test_the_first_answer_counts(desk: Desk) -> None:
    assert await desk.said() == ["Shampoo for A-7?"]
    assert await facts(desk) == ([], "waiting", [("ask", "")])
    herbal, none = await buttons(desk)
    assert [herbal["label"], none["label"]] == ["Herbal", "No shampoo"]
    # Whoever else has got hold of the button answers nothing.
    await desk.says("bob", "Herbal", button=herbal["value"])
    # Nor what may be forged.
    await desk.says("ann", "No shampoo", button=none["value"], proof=Proof.NONE)
    await desk.read()
    await desk.work()
    assert (await facts(desk))[1] == "waiting"
    await desk.says("ann", "Herbal", button=herbal["value"])
    await desk.says("ann", "No shampoo", button=none["value"])
    await desk.says("ann", "Herbal", button=herbal["value"])
    await desk.says("ann", "No shampoo", button=none["value"])
    await desk.read()
    await desk.work()
    done = [("ask", "herbal"), ("send", ""), ("label", "")]
    assert await facts(desk) == (["asked"], "fired", done)
    assert sorted(await desk.said()) == [
        "Herbal.",
        "Shampoo for A-7?",
        "We already have your answer: Herbal. To change something, just write to us.",
    ]
    await desk.work(after=DAY)
    assert (await facts(desk))[0] == ["asked"]


async def test_a_word_answers_also_when_the_conditions_hold_no_more(desk: Desk) -> None:
    await desk.says("ann", "Which ones do you have?")
    async with desk.database.transaction() as session:
        await session.execute(text("UPDATE appointments SET status = 'confirmed'"))
    await desk.read()
    assert (await facts(desk))[1] == "waiting"
    await desk.says("ann", "Без!")
    await desk.read()
    await desk.work()
    assert await facts(desk) == (["asked"], "fired", [("ask", "none"), ("label", "")])


async def test_nobody_answers_in_time(desk: Desk) -> None:
    herbal, _ = await buttons(desk)
    await desk.work(after=timedelta(hours=3))
    done = [("ask", "unanswered"), ("label", ""), ("label", "")]
    assert await facts(desk) == (["asked", "silent"], "fired", done)
    for _ in range(2):
        await desk.says("ann", "Herbal", button=herbal["value"])
    await desk.read()
    await desk.work()
    assert await facts(desk) == (["asked", "silent"], "fired", done)
    assert (await desk.said())[1:] == [
        "The time to answer this question is over. To change something, just write to us."
    ]


async def test_an_answer_while_the_wait_ends_is_not_lost(desk: Desk) -> None:
    """Whoever commits first decides; the other one finds it decided."""
    herbal, _ = await buttons(desk)
    await desk.says("ann", "Herbal", button=herbal["value"])
    handlers = desk.handlers()
    desk.now += timedelta(hours=3)
    claims = await desk.claim(handlers)
    await desk.read()
    for one in claims:
        await handlers[one.kind]([one])
    await desk.work()
    assert (await facts(desk))[2][0] == ("ask", "herbal")


async def test_what_was_answered_is_still_so_after_a_wait(database: Database) -> None:
    desk = Desk(database)
    ann = await desk.customer()
    ask, label = ASK["actions"]
    await desk.rule(actions=[ask, {"wait": "1h"}, label])
    await desk.push(ann, number="A-7", starts_at=START + 2 * DAY)
    await desk.read()
    await desk.work(after=DAY)
    await desk.says("ann", "без")
    await desk.read()
    await desk.work()
    assert (await facts(desk))[1:] == ("waiting", [("ask", "none")])
    await desk.work(after=timedelta(hours=1))
    assert await facts(desk) == (["asked"], "fired", [("ask", "none"), ("label", "")])


async def test_an_answer_counts_for_whose_it_is_once_they_are_held(desk: Desk) -> None:
    """Ann is split while the reader waits for her: her chat and her question are Bob's now."""
    herbal, _ = await buttons(desk)
    await desk.says("ann", "Herbal", button=herbal["value"])
    events = await desk.events()
    reader = QuestionReader(desk.tools.registry, desk.clock)

    async def read() -> None:
        async with desk.database.transaction() as session:
            await reader(session, events)

    async with (
        asyncio.timeout(60),
        asyncio.TaskGroup() as group,
        desk.database.transaction() as session,
    ):
        ann, bob = (await session.scalars(text("SELECT id FROM customers ORDER BY id"))).all()
        people = {"ann": ann, "bob": bob}
        await lock_roots(session, [ann])
        for change in (
            "UPDATE streams SET root_id = :bob WHERE root_id = :ann",
            "UPDATE rule_questions SET customer_id = :bob WHERE customer_id = :ann",
        ):
            await session.execute(text(change), people)
        group.create_task(read())
        await desk.until_somebody_waits()
    async with desk.database.reading() as found:
        assert await found.scalar(text("SELECT answer FROM rule_questions")) == "herbal"


async def test_what_cannot_go_on_holds_nobody_up_and_ends_at_last(desk: Desk) -> None:
    bob = await desk.customer("bob")
    await desk.push(bob, "8", number="B-8", starts_at=START + 2 * DAY + timedelta(minutes=1))
    await desk.read()
    await desk.work(after=timedelta(minutes=1))
    async with desk.database.transaction() as session:
        broken = """
            UPDATE due SET data = data || '{"step": "nowhere"}' WHERE kind = 'rule-wait'
            AND due_at = (SELECT min(due_at) FROM due WHERE kind = 'rule-wait') RETURNING key
        """
        assert len((await session.execute(text(broken))).all()) == 1

    async def outcomes() -> list[tuple[str, str]]:
        async with desk.database.reading() as session:
            rows = await session.execute(
                text("SELECT outcome, reason FROM rule_firings ORDER BY customer_id")
            )
            return [(row.outcome, row.reason) for row in rows]

    await desk.work(after=timedelta(hours=3))
    assert await outcomes() == [("waiting", ""), ("fired", "unanswered")]
    for _ in range(TRIES - 1):
        assert (await outcomes())[0] == ("waiting", "")
        await desk.work(after=timedelta(minutes=2))
    assert await outcomes() == [("failed", "ValueError"), ("fired", "unanswered")]
    assert not await desk.claim(desk.handlers())


async def test_a_question_that_quiet_hours_put_off_is_open_for_its_time_once_it_has_left(
    database: Database,
) -> None:
    desk = Desk(database)
    await keep_quiet(desk, "08:30", "12:00")
    ann = await desk.customer()
    await desk.rule(**ASK, late="12h")
    await desk.push(ann, number="A-7", starts_at=START + 2 * DAY)
    await desk.read()
    await desk.work(after=DAY)
    # What has not left is not what they answer, whatever words they write meanwhile.
    await desk.says("ann", "без")
    await desk.read()
    await desk.work(after=timedelta(hours=3))
    assert (await facts(desk))[1] == "waiting"
    async with desk.database.transaction() as session:
        # As the outbox leaves it.
        await session.execute(text("UPDATE entries SET status = 'sent' WHERE data ? 'question'"))
    await desk.work(after=timedelta(hours=2, minutes=59))
    await desk.says("ann", "без")
    await desk.read()
    await desk.work()
    assert (await facts(desk))[2][0] == ("ask", "none")


async def keep_quiet(desk: Desk, begins: str, ends: str) -> None:
    """Nothing leaves by itself between these times of the day, in UTC."""
    async with desk.database.transaction() as session:
        await kept_settings.lock(session, policy.NAME, desk.now)
        quiet = {"from": begins, "until": ends}
        await kept_settings.store(session, policy.NAME, {"quiet": quiet})
