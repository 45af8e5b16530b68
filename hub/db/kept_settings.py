"""Settings of the whole installation that administrators change while it runs, by name."""

from datetime import datetime

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from hub.db.base import Json
from hub.db.engine import AnySession, WriteSession

_LOAD = text("SELECT value FROM kept_settings WHERE name = :name")

_LOCK = text("""
    INSERT INTO kept_settings (name, updated_at) VALUES (:name, :now)
    ON CONFLICT (name) DO UPDATE SET updated_at = excluded.updated_at
    RETURNING value
""")

_STORE = text("UPDATE kept_settings SET value = :value WHERE name = :name").bindparams(
    bindparam("value", type_=JSONB)
)


async def load(session: AnySession, name: str) -> Json:
    """What is kept under `name`; empty when nobody has said anything yet."""
    found: Json | None = await (await session.connection()).scalar(_LOAD, {"name": name})
    return found or {}


async def lock(session: WriteSession, name: str, now: datetime) -> Json:
    """`load` for whoever is going to change it: nobody else does meanwhile."""
    found: Json = (
        await (await session.connection()).execute(_LOCK, {"name": name, "now": now})
    ).scalar_one()
    return found


async def store(session: WriteSession, name: str, value: Json) -> None:
    """Keep `value` under a name that was locked."""
    await session.execute(_STORE, {"name": name, "value": value})
