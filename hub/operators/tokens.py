"""The keys of programs: made, listed, taken back. A token is shown once; its hash is kept."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from hub.crypto import new_token, token_hash
from hub.db.base import Json
from hub.db.engine import AnySession, WriteSession
from hub.errors import NotFound
from hub.operators.access import Scope
from hub.operators.tables import ApiToken

PREFIX = "besedka_"
"""Lets secret scanners recognise a leaked token."""


async def create(
    session: WriteSession, name: str, scopes: Collection[Scope], *, system: str = "", now: datetime
) -> tuple[ApiToken, str]:
    """The stored row and the token itself. `system` is what its orders carry; else `name`."""
    token = new_token(PREFIX)
    row = ApiToken(
        name=name,
        system=system or name,
        token_hash=token_hash(token),
        scopes=sorted(set(scopes)),
        created_at=now,
    )
    session.add(row)
    await session.flush()
    return row, token


async def page(session: AnySession, *, after: UUID | None, limit: int) -> list[Json]:
    """Oldest first, the revoked ones too: they answer what the audit asks."""
    query = select(ApiToken).order_by(ApiToken.id).limit(limit)
    if after is not None:
        query = query.where(ApiToken.id > after)
    return [view(row) for row in (await session.scalars(query)).all()]


async def revoke(session: WriteSession, token_id: UUID, now: datetime) -> str:
    """Take a token back; it stops within seconds. Revoking twice changes nothing. Its name."""
    row = await session.get(ApiToken, token_id, with_for_update=True)
    if row is None:
        raise NotFound("There is no such token.")
    row.revoked_at = row.revoked_at or now
    await session.flush()
    return row.name


def view(row: ApiToken) -> Json:
    return {
        "id": row.id,
        "name": row.name,
        "system": row.system,
        "scopes": row.scopes,
        "created_at": row.created_at,
        "last_used_at": row.last_used_at,
        "revoked_at": row.revoked_at,
    }
