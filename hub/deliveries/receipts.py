"""What a provider's receipts change: in any order, repeated, and before we know what they name."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parseaddr
from functools import partial
from typing import Any
from uuid import UUID

import orjson
import structlog
from sqlalchemy import text

from hub.clock import rfc3339
from hub.db.engine import Database, WriteSession
from hub.db.retry import retry_serialization
from hub.deliveries import news
from hub.deliveries.news import Locked, News
from hub.deliveries.status import Status
from hub.ports import DeliveryReceipt

log = structlog.get_logger(__name__)

_BY_ID = text(
    "SELECT id FROM deliveries WHERE id = ANY (CAST(:ids AS uuid[])) AND inbox_id = :inbox"
)

_BY_NAME = text("""
    SELECT id, external_id FROM deliveries
    WHERE inbox_id = :inbox AND external_id = ANY (CAST(:names AS text[])) AND external_id <> ''
""")

_COPIES = text("""
    SELECT id, copy FROM deliveries,
        jsonb_array_elements_text(coalesce(content->'cc', '[]') || coalesce(content->'bcc', '[]'))
        AS copy
    WHERE id = ANY (CAST(:ids AS uuid[]))
""")

# Sorted, so that two transactions never wait for each other.
_LOCK_NAMES = text("""
    SELECT pg_advisory_xact_lock(key) FROM (
        SELECT DISTINCT hashtextextended(inbox || ' ' || name, 0) AS key
        FROM unnest(CAST(:inboxes AS text[]), CAST(:names AS text[])) AS one(inbox, name)
        ORDER BY 1
    ) AS keys
""")

_KEEP = text("""
    INSERT INTO early_receipts (inbox_id, external_id, receipt)
    SELECT :inbox, name, receipt::jsonb
    FROM unnest(CAST(:names AS text[]), CAST(:receipts AS text[])) AS early(name, receipt)
""")

_CLAIM_EARLY = text("""
    DELETE FROM early_receipts AS early
    USING unnest(CAST(:ids AS uuid[]), CAST(:inboxes AS uuid[]), CAST(:names AS text[]))
          AS sent(id, inbox_id, name)
    WHERE early.inbox_id = sent.inbox_id AND early.external_id = sent.name
    RETURNING sent.id, early.receipt
""")

_SEEN = text("""
    WITH seen AS (
        SELECT coalesce(read_position, 0) AS before FROM reachability
        WHERE contact_point_id = :contact_point AND inbox_id = :inbox
    )
    SELECT d.id
    FROM streams AS s
    JOIN entries AS e ON e.stream_id = s.id
     AND e.position > coalesce((SELECT before FROM seen), 0) AND e.position <= :position
     AND e.direction = 'outbound'
    JOIN deliveries AS d ON d.entry_id = e.id
    WHERE s.contact_point_id = :contact_point AND d.inbox_id = :inbox
      AND d.status IN ('sending', 'unknown', 'sent', 'delivered')
""")

# Nobody has read what nobody has written yet: else what is written next would never be read.
_READ_UP_TO = text("""
    INSERT INTO reachability (contact_point_id, inbox_id, read_position)
    VALUES (:contact_point, :inbox,
            least(CAST(:position AS bigint), (SELECT last_value FROM entry_positions)))
    ON CONFLICT (contact_point_id, inbox_id) DO UPDATE
       SET read_position = greatest(reachability.read_position, excluded.read_position)
""")

_ROUNDS = 3


async def take(
    database: Database, inbox_id: UUID, receipts: Sequence[DeliveryReceipt], now: datetime
) -> None:
    """Record `receipts` of one inbox; returns after the commit. An inbox only speaks of its own.

    A receipt whose external id nobody knows yet is kept: the send it belongs to may still be on
    its way back to us.
    """
    left: Sequence[DeliveryReceipt] = receipts
    for _ in range(_ROUNDS):
        left = await retry_serialization(partial(_apply, database, inbox_id, left, now))
        if left:
            left = await _keep_early(database, inbox_id, left)
        if not left:
            return


async def _apply(
    database: Database, inbox_id: UUID, receipts: Sequence[DeliveryReceipt], now: datetime
) -> list[DeliveryReceipt]:
    """Merge those whose delivery is known; returns the others."""
    async with database.transaction() as session:
        found = await _find(session, inbox_id, receipts)
        held = await news.lock(session, {one for one in found if one is not None})
        copies = await _copies(session, found, receipts)
        learnt = [
            _news(delivery_id, receipt)
            for delivery_id, receipt in zip(found, receipts, strict=True)
            if delivery_id is not None
            and (delivery_id, receipt.recipient.casefold()) not in copies
        ]
        await news.apply(session, held, learnt, now)
    return [receipt for one, receipt in zip(found, receipts, strict=True) if one is None]


async def _find(
    session: WriteSession, inbox_id: UUID, receipts: Sequence[DeliveryReceipt]
) -> list[UUID | None]:
    connection = await session.connection()
    ids = [one.delivery_id for one in receipts if one.delivery_id is not None]
    names = [news.words(one.external_id) for one in receipts if one.external_id]
    known = set((await connection.execute(_BY_ID, {"ids": ids, "inbox": inbox_id})).scalars())
    rows = await connection.execute(_BY_NAME, {"names": names, "inbox": inbox_id})
    named: dict[str, UUID] = {row.external_id: row.id for row in rows}
    return [
        one.delivery_id if one.delivery_id in known else named.get(news.words(one.external_id))
        for one in receipts
    ]


async def _copies(
    session: WriteSession, found: Sequence[UUID | None], receipts: Sequence[DeliveryReceipt]
) -> set[tuple[UUID, str]]:
    """(delivery, address) of those who had a copy: what became of it is no news of the message."""
    ids = [one for one, about in zip(found, receipts, strict=True) if one and about.recipient]
    if not ids:
        return set()
    rows = await (await session.connection()).execute(_COPIES, {"ids": ids})
    return {(row.id, parseaddr(row.copy)[1].casefold()) for row in rows}


def _news(delivery_id: UUID, receipt: DeliveryReceipt) -> News:
    return News(
        delivery_id,
        Status(receipt.status),
        receipt.occurred_at,
        external_id=receipt.external_id,
        provider_status=receipt.provider_status,
        provider_code=receipt.provider_code,
        reason=receipt.reason,
        detail=receipt.detail,
    )


async def _keep_early(
    database: Database, inbox_id: UUID, receipts: Sequence[DeliveryReceipt]
) -> list[DeliveryReceipt]:
    """Keep what cannot be matched; returns what can be by now.

    Holds the locks of the names while it looks, as `claim_early` does while a send is recorded: so
    either this sees the delivery's name, or the recording sees the kept receipt. Never locks a
    customer, so the two cannot wait for each other.
    """
    named = [one for one in receipts if one.external_id]
    if len(named) < len(receipts):
        log.warning("receipts.unknown_delivery", inbox_id=str(inbox_id))
    async with database.transaction() as session:
        await _lock_names(session, [(inbox_id, news.words(one.external_id)) for one in named])
        found = await _find(session, inbox_id, named)
        early = [one for match, one in zip(found, named, strict=True) if match is None]
        await (await session.connection()).execute(
            _KEEP,
            {
                "inbox": inbox_id,
                "names": [news.words(one.external_id) for one in early],
                "receipts": [orjson.dumps(_to_json(one)).decode() for one in early],
            },
        )
    return [one for match, one in zip(found, named, strict=True) if match is not None]


async def _lock_names(session: WriteSession, names: Sequence[tuple[UUID, str]]) -> None:
    await (await session.connection()).execute(
        _LOCK_NAMES,
        {
            "inboxes": [str(inbox_id) for inbox_id, _ in names],
            "names": [name for _, name in names],
        },
    )


async def claim_early(
    session: WriteSession, held: Mapping[UUID, Locked], learnt: Sequence[News]
) -> list[News]:
    """The receipts that came before these deliveries had their external ids."""
    named = [
        (one.delivery_id, held[one.delivery_id].inbox_id, news.words(one.external_id))
        for one in learnt
        if one.external_id and one.delivery_id in held
    ]
    if not named:
        return []
    await _lock_names(session, [(inbox_id, name) for _, inbox_id, name in named])
    rows = await (await session.connection()).execute(
        _CLAIM_EARLY,
        {
            "ids": [one for one, _, _ in named],
            "inboxes": [inbox_id for _, inbox_id, _ in named],
            "names": [name for _, _, name in named],
        },
    )
    return [_news(row.id, _from_json(row.receipt)) for row in rows]


def _to_json(receipt: DeliveryReceipt) -> dict[str, Any]:
    return {
        "status": receipt.status,
        "occurred_at": rfc3339(receipt.occurred_at),
        "external_id": news.words(receipt.external_id),
        "provider_status": news.words(receipt.provider_status),
        "provider_code": news.words(receipt.provider_code),
        "detail": news.words(receipt.detail),
        "reason": news.words(receipt.reason),
    }


def _from_json(kept: Mapping[str, Any]) -> DeliveryReceipt:
    return DeliveryReceipt(**{**kept, "occurred_at": datetime.fromisoformat(kept["occurred_at"])})


async def read_up_to(
    session: WriteSession,
    inbox_id: UUID,
    contact_point_id: UUID,
    *,
    position: int,
    at: datetime,
    now: datetime,
) -> None:
    """The customer has seen everything up to `position` at this contact point; repeatable."""
    connection = await session.connection()
    where = {"contact_point": contact_point_id, "inbox": inbox_id, "position": position}
    seen = list((await connection.execute(_SEEN, where)).scalars())
    held = await news.lock(session, seen)
    await connection.execute(_READ_UP_TO, where)
    await news.apply(session, held, [News(one, Status.READ, at) for one in seen], now)
