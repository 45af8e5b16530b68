"""The operators: made, found, changed, and why the last administrator stays."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, func, select, text

from hub.db.base import Json
from hub.db.engine import AnySession, WriteSession
from hub.errors import Conflict, Invalid, NotFound
from hub.operators.access import Role
from hub.operators.tables import Operator, OperatorIdentity

_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,255}")
# Whoever may remove or add an administrator takes turns ("admins" in ASCII).
_ADMINISTRATORS = text("SELECT pg_advisory_xact_lock(0x61646d696e73)")
# Whoever gives an address wants what comes, not what was.
_OLD_ALERTS = text("""
    UPDATE notifications SET alert_sent_at = :now
    WHERE operator_id = :id AND alert_id IS NOT NULL AND alert_sent_at IS NULL
""")


def email_of(raw: str) -> str:
    """The address to sign in with; raises Invalid. Case is kept, and does not matter."""
    email = raw.strip()
    if not _EMAIL.fullmatch(email):
        raise Invalid(
            "This is no email address.", fields={"email": "Write it as name@example.com."}
        )
    return email


async def by_email(session: AnySession, email: str) -> Operator | None:
    query = select(Operator).where(func.lower(Operator.email) == func.lower(email.strip()))
    return (await session.scalars(query)).first()


async def get(session: AnySession, operator_id: UUID) -> Operator:
    row = await session.get(Operator, operator_id)
    if row is None:
        raise NotFound("There is no such operator.")
    return row


async def create(  # noqa: PLR0913 - the columns of a row
    session: WriteSession,
    email: str,
    role: Role,
    *,
    name: str = "",
    locale: str = "",
    password_hash: str = "",
    now: datetime,
) -> Operator:
    """A new operator, without a password until a set-up link is used. Raises Conflict."""
    email = email_of(email)
    await session.execute(_ADMINISTRATORS)
    if (existing := await by_email(session, email)) is not None:
        raise Conflict(
            "Somebody signs in with this address already.",
            fields={"email": "Use another address."},
            extra={"id": str(existing.id)},
        )
    row = Operator(
        email=email,
        name=_called(name, email),
        role=role,
        locale=locale,
        password_hash=password_hash,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    return row


def _called(name: str, email: str) -> str:
    """Who gives no name is called by what stands before the @, since customers see it."""
    return name.strip() or email.partition("@")[0]


async def any_exist(session: AnySession) -> bool:
    return bool(await session.scalar(select(exists(select(Operator.id)))))


async def page(session: AnySession, *, after: UUID | None, limit: int) -> list[Operator]:
    """Oldest first."""
    query = select(Operator).order_by(Operator.id).limit(limit)
    if after is not None:
        query = query.where(Operator.id > after)
    return list((await session.scalars(query)).all())


async def hold(session: WriteSession, operator_id: UUID) -> Operator:
    """The operator, and nobody else acts for them until the transaction ends."""
    row = await session.get(Operator, operator_id, with_for_update=True)
    if row is None:
        raise NotFound("There is no such operator.")
    return row


async def update(
    session: WriteSession, operator_id: UUID, changes: dict[str, Any], now: datetime
) -> Operator:
    """Apply any of name, locale, role, capacity, disabled, notify (merged by kind), alert_to.

    Raises Conflict when nobody could administer any more.
    """
    await session.execute(_ADMINISTRATORS)
    row = await hold(session, operator_id)
    if changes.get("alert_to", row.alert_to) != row.alert_to:
        await session.execute(_OLD_ALERTS, {"id": operator_id, "now": now})
    for field in ("name", "locale", "role", "capacity", "alert_to"):
        if field in changes:
            setattr(row, field, changes[field])
    row.name = _called(row.name, row.email)
    if "notify" in changes:
        row.notify = {**row.notify, **changes["notify"]}
    if "disabled" in changes:
        row.disabled_at = (row.disabled_at or now) if changes["disabled"] else None
    await session.flush()
    if changes.keys() & {"role", "disabled"} and not await _administrators(session):
        raise Conflict(
            "This is the last administrator.",
            remedy="Make somebody else an administrator first.",
            code="last-administrator",
        )
    return row


async def set_password(session: WriteSession, operator_id: UUID, password_hash: str) -> None:
    (await get(session, operator_id)).password_hash = password_hash
    await session.flush()


async def linked(session: AnySession) -> frozenset[UUID]:
    """The operators with an account at a sign-in provider."""
    return frozenset((await session.scalars(select(OperatorIdentity.operator_id))).all())


async def unlink(session: WriteSession, operator_id: UUID) -> bool:
    """Forget an operator's accounts at sign-in providers; whether there was one."""
    gone = delete(OperatorIdentity).where(OperatorIdentity.operator_id == operator_id)
    return bool((await session.scalars(gone.returning(OperatorIdentity.issuer))).all())


async def _administrators(session: AnySession) -> int:
    query = select(func.count()).where(
        Operator.role == Role.ADMINISTRATOR, Operator.disabled_at.is_(None)
    )
    return await session.scalar(query) or 0


def view(row: Operator, *, private: bool) -> Json:
    """`private` adds the address they sign in with."""
    public: Json = {
        "id": row.id,
        "name": row.name,
        "role": row.role,
        "locale": row.locale,
        "disabled": row.disabled_at is not None,
        "capacity": row.capacity,
        "created_at": row.created_at,
    }
    return {**public, "email": row.email} if private else public
