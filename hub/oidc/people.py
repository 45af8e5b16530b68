"""Which operator a provider's person is: linked before, found by a verified address, or new."""

from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from hub.db.engine import AnySession, WriteSession
from hub.errors import Invalid, Unauthenticated
from hub.oidc.claims import Claims
from hub.oidc.settings import OidcSettings
from hub.operators import audit, repository
from hub.operators.access import SYSTEM
from hub.operators.tables import Operator, OperatorIdentity

# Two first sign-ins of one person take turns ("oidc" in ASCII).
_TURN = text("SELECT pg_advisory_xact_lock(0x6f696463)")


async def operator_of(
    session: WriteSession, claims: Claims, settings: OidcSettings, now: datetime
) -> Operator:
    """Who they are here, linked from now on. Raises Unauthenticated when they may not come in.

    A linked person stays the same however their address changes, and is nobody else when somebody
    else gets that address: of one provider an operator has one identity.
    """
    await session.execute(_TURN)
    known = await session.get(OperatorIdentity, (claims.issuer, claims.subject))
    if known is not None:
        operator = await repository.get(session, known.operator_id)
        known.used_at = now
    else:
        operator = await _linked(session, claims, settings, now)
    if operator.disabled_at is not None:
        raise _nobody()
    return operator


async def _linked(
    session: WriteSession, claims: Claims, settings: OidcSettings, now: datetime
) -> Operator:
    if not claims.email:
        raise Unauthenticated(
            "The provider has not verified your address.", code="oidc-unverified"
        )
    if not settings.lets_in(claims.email):
        raise _nobody()
    operator = await repository.by_email(session, claims.email)
    if operator is None:
        operator = await _newcomer(session, claims, settings, now)
    if await _is_linked(session, operator, claims.issuer):
        raise _nobody()
    await session.execute(
        insert(OperatorIdentity).values(
            issuer=claims.issuer,
            subject=claims.subject,
            operator_id=operator.id,
            created_at=now,
            used_at=now,
        )
    )
    about = ("operator", operator.id)
    await audit.record(session, SYSTEM, "operator.linked", about=about, now=now)
    return operator


async def _newcomer(
    session: WriteSession, claims: Claims, settings: OidcSettings, now: datetime
) -> Operator:
    if settings.newcomers is None or not settings.domains:
        raise _nobody()
    try:
        operator = await repository.create(
            session, claims.email, settings.newcomers, name=claims.name, now=now
        )
    except Invalid as error:
        raise _nobody() from error
    about = ("operator", operator.id)
    detail = {"role": settings.newcomers, "by": "oidc"}
    await audit.record(session, SYSTEM, "operator.created", about=about, detail=detail, now=now)
    return operator


async def _is_linked(session: AnySession, operator: Operator, issuer: str) -> bool:
    query = select(OperatorIdentity.subject).where(
        OperatorIdentity.operator_id == operator.id, OperatorIdentity.issuer == issuer
    )
    return await session.scalar(query) is not None


def _nobody() -> Unauthenticated:
    return Unauthenticated("Nobody here signs in with this account.", code="oidc-unknown")
