"""Quarantine: input that could not become a message is kept as it came, with why, to be replayed.

Its commit is what the provider is acknowledged for: nothing is lost, and nothing blocks the inbox.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy import text

from hub.conversations import ledger
from hub.conversations.cleaning import clean
from hub.db import event_log
from hub.db.engine import WriteSession
from hub.db.retry import DATABASE_ERRORS, refusal
from hub.errors import HubError
from hub.events import EventType, NewEvent
from hub.ids import new_id
from hub.ports import Accepted, Quarantined

_MAX_ERROR = 2_000

_PUT = text("""
    INSERT INTO quarantine (id, inbox_id, external_id, raw, message, error, created_at)
    VALUES (:id, :inbox, :name, :raw, CAST(:message AS jsonb), :error, :now)
""")


@dataclass(frozen=True, slots=True)
class Rejected:
    """Input that could not be stored. `name`: the ledger's name for it within the inbox.

    message: the parsed message as `parsed.to_json` writes it; empty when nobody could read it.
    """

    inbox_id: UUID
    name: str
    raw: bytes
    error: str
    message: Mapping[str, object] = field(default_factory=dict)


def reason(error: BaseException) -> str:
    """What an administrator may read about `error`; never a statement with its values."""
    if isinstance(error, HubError):
        words = str(error)
    elif isinstance(error, DATABASE_ERRORS):
        words = f"The database refused it: {refusal(error)}"
    else:
        words = f"{type(error).__name__}: {error}"
    return clean(words)[:_MAX_ERROR]


async def put(session: WriteSession, rejected: Rejected, now: datetime) -> Accepted | Quarantined:
    """Keep the input; a repeat changes nothing and answers what became of its first coming."""
    entrance, quarantine_id = (rejected.inbox_id, rejected.name), new_id()
    if not await ledger.claim(session, [entrance], quarantine_id=quarantine_id):
        return (await ledger.outcomes(session, [entrance]))[entrance]
    await (await session.connection()).execute(
        _PUT,
        {
            "id": quarantine_id,
            "inbox": rejected.inbox_id,
            "name": rejected.name,
            "raw": rejected.raw,
            "message": orjson.dumps(rejected.message).decode(),
            "error": clean(rejected.error)[:_MAX_ERROR],
            "now": now,
        },
    )
    added = NewEvent(
        EventType.QUARANTINE_ADDED,
        now,
        inbox_id=rejected.inbox_id,
        data={"quarantine_id": str(quarantine_id)},
    )
    await event_log.append(session, [added])
    return Quarantined(quarantine_id)
