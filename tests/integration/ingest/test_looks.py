"""What a customer's message wakes: the readers for whom there is something to do, and no other."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from hub.db.passing import Passing
from hub.db.relay import Relay
from hub.node.loops import LOOKS
from hub.tasks import background
from tests.integration.ingest.conftest import Desk, message

_FIRING = """
    WITH rule AS (
        INSERT INTO rules (name, enabled, spec) VALUES ('Ask', false, '{}') RETURNING id
    ), firing AS (
        INSERT INTO rule_firings (id, rule_id, rule_version, key, event_seq, outcome, at)
        SELECT gen_random_uuid(), id, 1, '', 1, 'fired', now() FROM rule RETURNING id
    )
    INSERT INTO rule_questions (id, firing_id, customer_id, choices, asked_at, closes_at)
    SELECT gen_random_uuid(), firing.id, customers.id, '[]', now(), now() FROM firing, customers
"""
_APPOINTMENT = """
    INSERT INTO appointments (system, external_id, customer_id, occurred_at, items, fingerprint)
    SELECT 'salon', '1', id, now(), '[]', '' FROM customers
"""
_SAID_TO_THEM = """
    UPDATE entries SET direction = 'outbound', status = 'sent', data = CAST('{}' AS jsonb)
"""
_WAITING = """
    INSERT INTO deliveries (entry_id, stream_id, position, customer_id, contact_point_id, inbox_id,
                            scheme, address, content, status, deadline)
    SELECT id, stream_id, position, author_id, contact_point_id, inbox_id,
           'telegram', '17', '{}', 'waiting', now() FROM entries
"""
_ASSIGNED = """
    WITH olga AS (
        INSERT INTO operators (email, name, role) VALUES ('olga@example.com', 'Olga', 'operator')
        RETURNING id
    )
    UPDATE conversations SET assignee_id = olga.id FROM olga
"""


def rule(trigger: str, *, enabled: bool = True) -> str:
    return f"""
        INSERT INTO rules (name, enabled, spec)
        VALUES ('R', {enabled}, '{{"trigger": {{{trigger}}}}}')
    """  # noqa: S608 - constants


def webhook(types: str, *, enabled: bool = True) -> str:
    return f"""
        INSERT INTO webhooks (name, url, events, enabled, secret)
        VALUES ('W', 'http://example.com', '{{{types}}}', {enabled}, '')
    """  # noqa: S608 - constants


def said(data: str) -> str:
    return _SAID_TO_THEM.replace("{}", data)


@pytest.mark.parametrize(
    ("before", "written", "woken"),
    [
        ([], {}, set()),
        ([rule('"on": "message.received"')], {}, {"rules"}),
        ([rule('"on": "message.received"', enabled=False)], {}, set()),
        ([rule('"on": "order.created"')], {}, set()),
        ([rule('"after": "conversation.waiting_since", "by": "1h"')], {}, {"rules"}),
        ([rule('"before": "appointment.starts_at", "by": "1h"')], {}, set()),
        ([webhook("message.created")], {}, {"webhooks"}),
        ([webhook("*")], {}, {"webhooks"}),
        ([webhook("order.created")], {}, set()),
        ([webhook("*", enabled=False)], {}, set()),
        (["INSERT INTO timer_policies (name, position) VALUES ('P', 1)"], {}, {"reply-timers"}),
        ([_ASSIGNED], {}, {"notifications"}),
        ([_WAITING], {}, {"fallbacks"}),
        ([], {"data": {"button": "rate:5"}}, {"ratings"}),
        ([_APPOINTMENT, said('{"asks": "appointment"}')], {}, {"answers"}),
        ([_APPOINTMENT, said('{"asks": "appointment"}')], {"text": "x" * 201}, set()),
        ([said('{"asks": "appointment"}')], {}, set()),
        ([_APPOINTMENT], {}, set()),
        ([_APPOINTMENT], {"data": {"button": "appointment.confirm"}}, {"answers"}),
        ([_FIRING, said('{"question": "1"}')], {}, {"questions"}),
        ([_FIRING], {"data": {"button": "answer.1"}}, {"questions"}),
        ([said('{"question": "1"}')], {}, set()),
        ([_FIRING], {}, set()),
    ],
)
async def test_a_message_wakes_those_it_concerns(
    desk: Desk, before: list[str], written: dict[str, Any], woken: set[str]
) -> None:
    await desk.sink.message(message("1"))
    async with desk.database.transaction() as session:
        for statement in before:
            await session.execute(text(statement))
        for name in (*LOOKS, "last"):
            await session.execute(text(f"INSERT INTO event_readers VALUES ('{name}', 0)"))  # noqa: S608
    passing = Passing(desk.database, {**LOOKS, "last": lambda _: False})
    async with background() as tasks:
        tasks.start(Relay(desk.database).run(), "relay")
        await _numbered(desk)
        await _all_at(desk, await _end(desk))
        tasks.start(passing.run(), "passing")
        # It rings everybody once when it begins.
        assert await passing.wake("last").wait(10)
        await desk.sink.message(message("2", **written))
        await _numbered(desk)
        end = await _end(desk)
        async with asyncio.timeout(10):
            while (places := await _places(desk))["last"] < end:  # noqa: ASYNC110 - by the server
                await asyncio.sleep(0.01)
    assert {name for name, seq in places.items() if seq < end} == woken


async def _numbered(desk: Desk) -> None:
    async with asyncio.timeout(10):
        while await desk.rows("SELECT 1 FROM pending_events"):  # noqa: ASYNC110 - by the relay
            await asyncio.sleep(0.01)


async def _end(desk: Desk) -> int:
    [row] = await desk.rows("SELECT max(seq) AS seq FROM events")
    return int(row["seq"])


async def _all_at(desk: Desk, seq: int) -> None:
    async with desk.database.transaction() as session:
        await session.execute(text("UPDATE event_readers SET seq = :seq"), {"seq": seq})


async def _places(desk: Desk) -> dict[str, int]:
    return {row["name"]: row["seq"] for row in await desk.rows("SELECT * FROM event_readers")}
