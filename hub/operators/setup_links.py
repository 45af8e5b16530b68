"""One-time links: the first administrator, or an invited operator, chooses a password.

A first-administrator link (no operator) works only while there is no operator at all.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, text

from hub.crypto import new_token, token_hash
from hub.db.engine import AnySession, WriteSession
from hub.errors import NotFound
from hub.operators import repository
from hub.operators.access import Role
from hub.operators.tables import Operator, SetupLink

LASTS = timedelta(days=3)
# Two first starts, or two people with the first link, take turns ("setup" in ASCII).
_TURN = text("SELECT pg_advisory_xact_lock(0x7365747570)")


async def first_administrator(session: WriteSession, now: datetime) -> str | None:
    """A fresh link for the first administrator, in place of older ones; None when not needed."""
    await session.execute(_TURN)
    if await repository.any_exist(session):
        return None
    await session.execute(delete(SetupLink).where(SetupLink.operator_id.is_(None)))
    return await _create(session, None, now)


async def invite(session: WriteSession, operator_id: UUID, now: datetime) -> str:
    """A fresh link for this operator, in place of older ones."""
    await session.execute(delete(SetupLink).where(SetupLink.operator_id == operator_id))
    return await _create(session, operator_id, now)


async def _create(session: WriteSession, operator_id: UUID | None, now: datetime) -> str:
    token = new_token()
    session.add(
        SetupLink(token_hash=token_hash(token), operator_id=operator_id, expires_at=now + LASTS)
    )
    await session.flush()
    return token


async def look(session: AnySession, token: str, now: datetime) -> Operator | None:
    """The invited operator; None: the first administrator. Raises NotFound when it is spent."""
    link = await session.get(SetupLink, token_hash(token))
    return await _invited(session, link, now)


async def _invited(session: AnySession, link: SetupLink | None, now: datetime) -> Operator | None:
    if link is None or link.used_at is not None or link.expires_at <= now:
        raise _spent()
    if link.operator_id is not None:
        return await repository.get(session, link.operator_id)
    if await repository.any_exist(session):
        raise _spent()
    return None


async def redeem(
    session: WriteSession, token: str, *, email: str, name: str, password_hash: str, now: datetime
) -> UUID:
    """Use the link up: the operator (made now, when it is the first) gets name and password."""
    await session.execute(_TURN)
    query = select(SetupLink).where(SetupLink.token_hash == token_hash(token)).with_for_update()
    link = (await session.scalars(query)).first()
    operator = await _invited(session, link, now)
    if operator is None:
        operator = await repository.create(session, email, Role.ADMINISTRATOR, now=now)
    operator.name = name.strip() or operator.name
    operator.password_hash = password_hash
    if link is not None:
        link.used_at = now
    await session.flush()
    return operator.id


def _spent() -> NotFound:
    return NotFound(
        "This link has been used, has expired, or never was.",
        remedy="Sign in, or ask an administrator for a new link. On the server, "
        "`hub operator add EMAIL --role administrator` makes an administrator.",
    )
