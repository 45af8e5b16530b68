"""Who is there, and which customer their screen shows: kept for whoever comes and looks around.

A screen says so again and again while it is open. What has not been said for `LASTS` seconds is of
a screen that is gone, or of a node that died with it; only the database's clock is asked, so that
nodes need not agree on the time.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from hub.db.base import Json
from hub.db.engine import AnySession, WriteSession

OFFLINE = "offline"
LASTS = 50
"""Seconds: three times as long as a screen waits before it says again that it is there."""

HERE = """EXISTS (
    SELECT 1 FROM presence AS here
    WHERE here.operator_id = {operator} AND here.state IN ('online', 'viewing')
      AND here.seen_at > now() - make_interval(secs => :lasts))"""
"""Whether an operator is at a screen of ours; `:lasts` is LASTS."""

# A program's screen is nobody's: without an operator there is no row.
_KEEP = text("""
    INSERT INTO presence AS p (screen_id, operator_id, state, customer_id, seen_at)
    SELECT :screen, id, :state, :customer, now() FROM operators WHERE id = :operator
    ON CONFLICT (screen_id) DO UPDATE
    SET state = excluded.state, customer_id = excluded.customer_id, seen_at = excluded.seen_at
""")

_FORGET = text("""
    DELETE FROM presence
    WHERE screen_id = :screen OR seen_at < now() - interval '10 minutes'
""")

_LIST = text("""
    SELECT DISTINCT p.operator_id, coalesce(nullif(o.name, ''), o.email) AS name, p.state,
           root.root_id AS customer_id
    FROM presence AS p
    JOIN operators AS o ON o.id = p.operator_id
    LEFT JOIN customers AS root ON root.id = p.customer_id
    WHERE p.seen_at > now() - make_interval(secs => :lasts)
    ORDER BY name, p.operator_id
""")


@dataclass(frozen=True, slots=True)
class Showing:
    """What a screen shows. state: `online`, `away`, `viewing`, `offline`."""

    state: str
    customer_id: UUID | None = None


async def keep(
    session: WriteSession, screen_id: UUID, operator_id: UUID, showing: Showing
) -> None:
    """The screen shows this now; offline, it is forgotten."""
    connection = await session.connection()
    if showing.state == OFFLINE:
        await connection.execute(_FORGET, {"screen": screen_id})
        return
    await connection.execute(
        _KEEP,
        {
            "screen": screen_id,
            "operator": operator_id,
            "state": showing.state,
            "customer": showing.customer_id,
        },
    )


async def listing(session: AnySession) -> list[Json]:
    """One line for each operator, state and customer: `{"operator", "state", "customer_id"}`."""
    rows = await (await session.connection()).execute(_LIST, {"lasts": LASTS})
    return [
        {
            "operator": {"id": row.operator_id, "name": row.name},
            "state": row.state,
            "customer_id": row.customer_id,
        }
        for row in rows
    ]
