"""How fast an inbox, and one recipient, may be sent to: slots in the database, for all nodes.

A slot is a moment; reserving moves `next_free_at` on, so no two nodes are given the same one. A
send may leave up to `GRID` before its slot: those of one step of the grid are claimed together.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from hub.db.engine import AnySession, WriteSession
from hub.ports import Capabilities

GRID = timedelta(milliseconds=100)

_WHOLE_INBOX = ""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# One row per gate and statement: `slots` sends take as many slots, in one go.
_RESERVE = text("""
    INSERT INTO send_gates AS gate (inbox_id, scope, next_free_at)
    SELECT inbox_id, scope, CAST(:now AS timestamptz) + slots * gap
    FROM unnest(CAST(:inboxes AS uuid[]), CAST(:scopes AS text[]), CAST(:slots AS int[]),
                CAST(:gaps AS interval[])) AS wish(inbox_id, scope, slots, gap)
    ORDER BY inbox_id, scope
    ON CONFLICT (inbox_id, scope) DO UPDATE
       SET next_free_at = greatest(gate.next_free_at, CAST(:now AS timestamptz))
                          + (excluded.next_free_at - CAST(:now AS timestamptz))
    RETURNING inbox_id, scope, next_free_at
""")

_PAUSE_INBOX = text("""
    INSERT INTO send_gates AS gate (inbox_id, scope, next_free_at)
    VALUES (:inbox_id, 'pause', :until), (:inbox_id, '', :until)
    ON CONFLICT (inbox_id, scope) DO UPDATE
       SET next_free_at = greatest(gate.next_free_at, excluded.next_free_at)
""")

_PAUSED = text("""
    SELECT inbox_id, next_free_at FROM send_gates
    WHERE inbox_id = ANY (CAST(:inboxes AS uuid[])) AND scope = 'pause' AND next_free_at > :now
""")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A send that needs a slot of its inbox and one of its recipient."""

    inbox_id: UUID
    contact_point_id: UUID
    capabilities: Capabilities


async def reserve(
    session: WriteSession, wanted: Sequence[Wanted], now: datetime
) -> list[datetime]:
    """When each may leave, in the order given; `now` where nothing limits it."""
    gaps = _gaps(wanted)
    if not gaps:
        return [now] * len(wanted)
    ends = await _draw(session, gaps, now)
    starts = {gate: ends[gate] - gap * slots for gate, (gap, slots) in gaps.items()}
    moments = []
    for one in wanted:
        moment = now
        for gate in _gates(one):
            moment = max(moment, starts[gate])
            starts[gate] += gaps[gate][0]
        moments.append(moment)
    return moments


def on_grid(slot: datetime) -> datetime:
    """The step of the grid at or before `slot`: when its send may leave."""
    return slot - (slot - _EPOCH) % GRID


_Gate = tuple[UUID, str]


def _gates(one: Wanted) -> dict[_Gate, timedelta]:
    """The gates this send passes, each with the time between two sends."""
    rates = {
        _WHOLE_INBOX: one.capabilities.sends_per_second,
        str(one.contact_point_id): one.capabilities.recipient_sends_per_second,
    }
    return {
        (one.inbox_id, scope): timedelta(seconds=1 / rate)
        for scope, rate in rates.items()
        if rate > 0
    }


def _gaps(wanted: Sequence[Wanted]) -> dict[_Gate, tuple[timedelta, int]]:
    total: dict[_Gate, tuple[timedelta, int]] = {}
    for one in wanted:
        for gate, gap in _gates(one).items():
            total[gate] = (gap, total.get(gate, (gap, 0))[1] + 1)
    return total


async def _draw(
    session: WriteSession, gaps: Mapping[_Gate, tuple[timedelta, int]], now: datetime
) -> dict[_Gate, datetime]:
    rows = await (await session.connection()).execute(
        _RESERVE,
        {
            "inboxes": [inbox_id for inbox_id, _ in gaps],
            "scopes": [scope for _, scope in gaps],
            "slots": [slots for _, slots in gaps.values()],
            "gaps": [gap for gap, _ in gaps.values()],
            "now": now,
        },
    )
    return {(row.inbox_id, row.scope): row.next_free_at for row in rows}


async def pause(session: WriteSession, inbox_id: UUID, until: datetime) -> None:
    """Nothing leaves this inbox before `until`: its provider said so."""
    await (await session.connection()).execute(
        _PAUSE_INBOX, {"inbox_id": inbox_id, "until": until}
    )


async def paused(
    session: AnySession, inbox_ids: Collection[UUID], now: datetime
) -> dict[UUID, datetime]:
    """Until when each inbox that is paused stays so."""
    rows = await (await session.connection()).execute(
        _PAUSED, {"inboxes": list(inbox_ids), "now": now}
    )
    return {row.inbox_id: row.next_free_at for row in rows}
