"""The ingress ledger: what an inbox has given us already, so that a repeat does nothing."""

from collections.abc import Collection, Sequence
from uuid import UUID

import asyncpg

from hub.db.columns import column
from hub.db.engine import AnySession, WriteSession
from hub.db.rows import Query
from hub.ports import Accepted, Quarantined

Entrance = tuple[UUID, str]
"""(inbox, the inbox's name for the input)"""

# Sorted: two transactions that bring the same input never wait for each other in a circle. Whoever
# comes second waits here for the first one's commit and then finds it a repeat.
CLAIM = """
    INSERT INTO ingress (inbox_id, external_id, entry_id, quarantine_id)
    SELECT coalesce(inbox, CAST(:inbox_all AS uuid)), name, entry,
           CAST(:quarantine AS uuid)
    FROM unnest(CAST(:inbox AS uuid[]), CAST(:names AS text[]), CAST(:entries AS uuid[]))
         AS i(inbox, name, entry)
    ORDER BY 1, 2
    ON CONFLICT DO NOTHING RETURNING inbox_id, external_id
"""
_CLAIM = Query(CLAIM)

_OUTCOME = Query("""
    SELECT i.inbox_id, i.external_id, i.entry_id, i.quarantine_id, e.position
    FROM unnest(CAST(:inboxes AS uuid[]), CAST(:names AS text[])) AS k(inbox, name)
    JOIN ingress i ON i.inbox_id = k.inbox AND i.external_id = k.name
    LEFT JOIN entries e ON e.id = i.entry_id
""")

_RELEASE = Query("DELETE FROM ingress WHERE inbox_id = :inbox AND external_id = :name")


async def claim(
    session: WriteSession,
    entrances: Sequence[Entrance],
    *,
    entry_ids: Sequence[UUID] | None = None,
    quarantine_id: UUID | None = None,
) -> set[Entrance]:
    """Enter the input in the ledger; returns what was not in it yet."""
    values = claiming(entrances, entry_ids or (), quarantine_id)
    return {(inbox_id, name) for inbox_id, name in await _CLAIM.rows(session, values)}


def claiming(
    entrances: Sequence[Entrance], entry_ids: Sequence[UUID], quarantine_id: UUID | None = None
) -> dict[str, object]:
    """The values of `CLAIM`."""
    return column("inbox", [inbox for inbox, _ in entrances]) | {
        "names": [name for _, name in entrances],
        "entries": list(entry_ids),
        "quarantine": quarantine_id,
    }


async def add_names(session: WriteSession, names: Collection[tuple[UUID, str, UUID]]) -> None:
    """Further names of entries: (inbox, name, entry). What has a meaning already keeps it."""
    if names:
        inboxes, words, entries = zip(*names, strict=True)
        facts = {"names": list(words), "entries": list(entries), "quarantine": None}
        await _CLAIM.rows(session, column("inbox", inboxes) | facts)


async def outcomes(
    session: AnySession, entrances: Collection[Entrance]
) -> dict[Entrance, Accepted | Quarantined]:
    """What became of input that was in the ledger before."""
    if not entrances:
        return {}
    rows = await _OUTCOME.rows(
        session,
        {
            "inboxes": [inbox for inbox, _ in entrances],
            "names": [name for _, name in entrances],
        },
    )
    return {(row["inbox_id"], row["external_id"]): _outcome(row) for row in rows}


def _outcome(row: asyncpg.Record) -> Accepted | Quarantined:
    if row["quarantine_id"] is not None:
        return Quarantined(row["quarantine_id"])
    return Accepted(row["entry_id"], row["position"], duplicate=True)


async def release(session: WriteSession, entrance: Entrance) -> None:
    """Forget the input, so that it can come in once more (a replay out of quarantine)."""
    inbox, name = entrance
    await _RELEASE.rows(session, {"inbox": inbox, "name": name})
