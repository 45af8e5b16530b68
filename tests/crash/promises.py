"""What must be true once a hub has been killed, started again and left to finish."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import text

from hub.ports.fake import FakeProvider
from tests.crash.load import Load, Speaker
from tests.crash.world import World

Entry = Mapping[str, Any]
_ENDED = {"sent", "delivered", "read", "failed", "unknown"}


async def assert_kept(world: World, load: Load) -> Counter[str]:
    """Check every promise; returns the statuses in which outbound messages ended."""
    await _assert_log_dense(world)
    answers = {one.address: one.accepted for one in (*load.replies, *load.later)}
    statuses: Counter[str] = Counter()
    for speaker in load.speakers:
        timeline = await _timeline(world, speaker.address)
        _assert_heard(speaker, timeline)
        statuses += _assert_planned(answers.get(speaker.address, []), timeline)
    for order, buyer in load.orders.items():
        statuses += await _assert_noticed(world, order, await _timeline(world, buyer))
        await _assert_noted(world, order)
    statuses += await load.bookings.assert_reminded(world, partial(_timeline, world))
    await _assert_handed_over(world, world.careful, load.put_off, repeats=False)
    await _assert_handed_over(world, world.forgiving, load.put_off, repeats=True)
    await _assert_ended(world)
    await _assert_gone_both_ways(world, load.later[1].accepted)
    await _assert_awake(world)
    await _assert_told(world)
    return statuses


async def _timeline(world: World, address: str) -> list[Entry]:
    """All of the customer's messages, as an operator reads them."""
    found = await world.api("GET", "customers", params={"contact_point": address})
    [customer] = found["items"]
    entries: list[Entry] = []
    asked: dict[str, str] = {"limit": "100"}
    while True:
        page = await world.api("GET", f"customers/{customer['id']}/timeline", params=asked)
        entries = [*page["items"], *entries]
        if not page["before"] or not page["items"]:
            break
        asked["before"] = page["before"]
    return [one for one in entries if one["kind"] == "message"]


def _assert_heard(speaker: Speaker, timeline: Sequence[Entry]) -> None:
    """Exactly what was acknowledged, once each, in the order in which it was said."""
    heard = [one["text"] for one in timeline if one["direction"] == "inbound"]
    assert heard == speaker.said, speaker.address


def _assert_planned(
    accepted: Sequence[tuple[str, str]], timeline: Sequence[Entry]
) -> Counter[str]:
    """Every accepted answer once, in order, and shown with how it ended."""
    told = [one for one in timeline if one["direction"] == "outbound"]
    assert [(one["id"], one["text"]) for one in told] == accepted
    return Counter(one["status"] for one in told)


async def _assert_noticed(world: World, order: str, timeline: Sequence[Entry]) -> Counter[str]:
    """One notice for each status that was announced, and the last one was.

    `confirmed` may be passed over: the order had been shipped before the rule came to it.
    """
    async with world.database.reading() as session:
        rows = await session.execute(text(_FIRINGS), {"order": order})
        fired = {row.entry_id: row.status for row in rows if row.outcome == "fired"}
    notices = [UUID(one["id"]) for one in timeline if one["direction"] == "outbound"]
    assert Counter(notices) == Counter(fired.keys()), order
    announced = Counter(fired.values())
    assert announced["shipped"] == 1, (order, announced)
    assert announced["confirmed"] <= 1, (order, announced)
    return Counter(one["status"] for one in timeline)


async def _assert_noted(world: World, order: str) -> None:
    """What a rule waited with was done once, however often the hub died meanwhile."""
    async with world.database.reading() as session:
        notes = (await session.execute(text(_NOTES), {"order": order})).all()
    assert len(notes) == 1, (order, notes)


async def _assert_handed_over(
    world: World, provider: FakeProvider, put_off: Collection[str], *, repeats: bool
) -> None:
    """At most once each, and in the order in which they were queued for that address.

    put_off: where what is to go later is queued by its time, not as it was written.
    """
    async with world.database.reading() as session:
        rows = await session.execute(text("SELECT id::text, number, attempts FROM deliveries"))
        planned = {row.id: (row.number, row.attempts) for row in rows}
    times = Counter(one.delivery_id for one in provider.taken)
    assert times.keys() <= planned.keys()
    for delivery, count in times.items():
        assert count <= (planned[delivery][1] if repeats else 1), delivery
    order: defaultdict[str, list[int]] = defaultdict(list)
    for one in provider.taken:
        order[one.to].append(planned[one.delivery_id][0])
    for to, numbers in order.items():
        assert to in put_off or numbers == sorted(numbers), to


async def _assert_ended(world: World) -> None:
    """No delivery is left hanging, and none says what its provider knows better."""
    async with world.database.reading() as session:
        rows = list(await session.execute(text(_DELIVERIES)))
    taken = {one.delivery_id for one in (*world.careful.taken, *world.forgiving.taken)}
    for row in rows:
        facts = row._asdict()
        if row.ways > 1:
            # The first may still have waited when the second began; the best one counts.
            assert row.status in _ENDED or row.reason == "overtaken", facts
            continue
        assert row.status in _ENDED, facts
        assert row.entry_status == row.status, facts
        assert row.reason or row.status not in {"failed", "unknown"}, facts
        if row.scheme == "fake" and row.status in {"sent", "delivered", "read"}:
            assert row.id in taken, facts
        if row.id in taken:
            assert row.status in {"delivered", "unknown"}, facts


async def _assert_gone_both_ways(world: World, accepted: Sequence[tuple[str, str]]) -> None:
    """Nobody looked at the page, so each went by the second way, once."""
    async with world.database.reading() as session:
        rows = await session.execute(text(_WAYS), {"ids": [UUID(one) for one, _ in accepted]})
        ways = {str(row.entry_id): list(row.turns) for row in rows}
    assert ways.keys() == {one for one, _ in accepted}
    assert all(turns in ([0, 1], [1]) for turns in ways.values()), ways


async def _assert_awake(world: World) -> None:
    assert not await world.count("SELECT count(*) FROM conversations WHERE status = 'snoozed'")


async def _assert_told(world: World) -> None:
    """The webhook's receiver heard of every message, each customer's in order; some twice."""
    async with world.database.reading() as session:
        rows = await session.execute(text(_MESSAGES))
        happened = {(str(row.customer_id), row.seq) for row in rows}
    first = list(dict.fromkeys(world.receiver.heard))
    assert set(first) == happened
    for customer in {customer for customer, _ in happened}:
        heard = [seq for whose, seq in first if whose == customer]
        assert heard == sorted(heard), customer


async def _assert_log_dense(world: World) -> None:
    async with world.database.reading() as session:
        row = (await session.execute(text(_LOG))).one()
    assert row.first == 1
    assert row.many == row.last == row.different
    assert row.silent == 0, "an inbound message without its event, or with two"
    assert row.skipped == row.quarantined == 0


_WAYS = """
    SELECT entry_id, array_agg(turn ORDER BY turn) AS turns FROM deliveries
    WHERE entry_id = ANY (CAST(:ids AS uuid[])) AND status <> 'cancelled' GROUP BY entry_id
"""

_MESSAGES = "SELECT customer_id, seq FROM events WHERE type = 'message.created'"

_FIRINGS = """
    SELECT f.outcome, d.entry_id, split_part(f.key, '|', 2) AS status
    FROM rule_firings AS f
    JOIN rules AS r ON r.id = f.rule_id AND r.name = 'Order status'
    JOIN orders AS o ON o.customer_id = f.customer_id AND o.external_id = :order
    LEFT JOIN decisions AS d ON d.id = f.decision_id
"""

_NOTES = """
    SELECT e.text FROM entries AS e JOIN streams AS s ON s.id = e.stream_id
    JOIN orders AS o ON o.customer_id = s.root_id AND o.external_id = :order
    WHERE e.kind = 'note'
"""

_DELIVERIES = """
    SELECT d.id::text, d.scheme, d.status, d.reason, d.attempts, e.status AS entry_status,
           count(*) OVER (PARTITION BY d.entry_id) AS ways
    FROM deliveries AS d JOIN entries AS e ON e.id = d.entry_id
"""

_LOG = """
    SELECT min(seq) AS first, max(seq) AS last, count(*) AS many,
           count(DISTINCT id) AS different,
           (SELECT count(*) FROM entries AS e
            WHERE kind = 'message' AND direction = 'inbound'
              AND 1 <> (SELECT count(*) FROM events AS v
                        WHERE v.type = 'message.created'
                          AND v.stream_id = e.stream_id AND v.position = e.position)) AS silent,
           (SELECT count(*) FROM skipped_events) AS skipped,
           (SELECT count(*) FROM quarantine) AS quarantined
    FROM events
"""
