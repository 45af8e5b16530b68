"""How a customer wants to be written to: by which channels first, and when not.

Kept per record, so that a merge rewrites nothing and an undo takes nothing along; of all records
of a person, what was said last counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from asyncpg import Record
from sqlalchemy import text

from hub.customers.naming import shown_locale, shown_zone
from hub.customers.quiet import Quiet
from hub.db.engine import AnySession, WriteSession
from hub.db.rows import Query

Hours = Literal["default", "none"] | Quiet
"""`default`: as the installation has it; `none`: at any time."""

_OF = Query(f"""
    SELECT record.id AS record_id, {shown_zone("root")} AS time_zone,
           {shown_locale("root")} AS locale, said.*
    FROM customers AS record JOIN customers AS root ON root.id = record.root_id
    LEFT JOIN LATERAL (
        SELECT p.channels, p.quiet, p.quiet_from, p.quiet_until
        FROM customers AS below JOIN preferences AS p ON p.customer_id = below.id
        WHERE below.root_id = root.id ORDER BY p.updated_at DESC, p.customer_id LIMIT 1
    ) AS said ON true
    WHERE record.id = ANY (CAST(:customers AS uuid[]))
""")  # noqa: S608 - no value is pasted in

_PUT = text("""
    INSERT INTO preferences (customer_id, channels, quiet, quiet_from, quiet_until, source,
                             updated_at)
    VALUES (:customer, :channels, :quiet, :quiet_from, :quiet_until, :source, :now)
    ON CONFLICT (customer_id) DO UPDATE
       SET channels = excluded.channels, quiet = excluded.quiet,
           quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until,
           source = excluded.source, updated_at = excluded.updated_at
""")


@dataclass(frozen=True, slots=True)
class Preferences:
    """channels: names, the most wanted first. time_zone, locale: empty when unknown."""

    channels: tuple[str, ...] = ()
    quiet: Hours = "default"
    time_zone: str = ""
    locale: str = ""


async def of(session: AnySession, customer_id: UUID) -> Preferences:
    """What the customer wants; nothing in particular for an unknown one."""
    return (await of_all(session, [customer_id])).get(customer_id, Preferences())


async def of_all(session: AnySession, customer_ids: Sequence[UUID]) -> dict[UUID, Preferences]:
    """`of` for many, by the id asked for; without those that are unknown."""
    return {
        row["record_id"]: Preferences(
            tuple(row["channels"] or ()), _hours(row), row["time_zone"], row["locale"]
        )
        for row in await _OF.rows(session, {"customers": list(customer_ids)})
    }


async def put(
    session: WriteSession,
    customer_id: UUID,
    channels: Sequence[str],
    quiet: Hours,
    *,
    source: str,
    now: datetime,
) -> None:
    """Keep what was said on this record, instead of what was said there before.

    The caller holds the customer's lock.
    """
    own = quiet if isinstance(quiet, Quiet) else None
    word = "own" if own else quiet if quiet != "default" else ""
    await (await session.connection()).execute(
        _PUT,
        {
            "customer": customer_id,
            "channels": list(dict.fromkeys(channels)),
            "quiet": word,
            "quiet_from": own.start if own else None,
            "quiet_until": own.end if own else None,
            "source": source,
            "now": now,
        },
    )


def _hours(row: Record) -> Hours:
    if row["quiet"] == "own":
        return Quiet(row["quiet_from"], row["quiet_until"])
    return "none" if row["quiet"] == "none" else "default"
