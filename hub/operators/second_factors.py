"""Second factors: set up, confirmed, asked for, replaced and taken away."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update

from hub.crypto import Keyring, token_hash
from hub.db.base import Json
from hub.db.engine import AnySession, WriteSession
from hub.errors import Conflict, Invalid
from hub.operators import totp
from hub.operators.tables import RecoveryCode, SecondFactor

BEGUN_LASTS = timedelta(minutes=15)
"""A secret that is not confirmed by then is worth nothing: it may have been seen since."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Since when a second factor is asked for (None: never), and the recovery codes left."""

    confirmed_at: datetime | None
    recovery_codes: int


async def standing(session: AnySession, operator_id: UUID) -> Standing:
    row = await session.get(SecondFactor, operator_id)
    left = select(func.count()).where(
        RecoveryCode.operator_id == operator_id, RecoveryCode.used_at.is_(None)
    )
    return Standing(row.confirmed_at if row else None, await session.scalar(left) or 0)


async def is_asked(session: AnySession, operator_id: UUID) -> bool:
    """Whether this operator signs in with a second factor."""
    row = await session.get(SecondFactor, operator_id)
    return row is not None and row.confirmed_at is not None


async def holders(session: AnySession) -> frozenset[UUID]:
    """The operators who have a second factor."""
    query = select(SecondFactor.operator_id).where(SecondFactor.confirmed_at.is_not(None))
    return frozenset((await session.scalars(query)).all())


async def begin(session: WriteSession, operator_id: UUID, keyring: Keyring, now: datetime) -> str:
    """A new secret, in place of an unconfirmed one; raises Conflict when one is in use."""
    row = await session.get(SecondFactor, operator_id, with_for_update=True)
    if row is not None and row.confirmed_at is not None:
        raise Conflict(
            "You have a second factor already.",
            remedy="Switch it off first, then set up another.",
            code="second-factor-exists",
        )
    secret = totp.new_secret()
    if row is None:
        row = SecondFactor(operator_id=operator_id)
        session.add(row)
    row.secret, row.created_at, row.last_step = keyring.encrypt(secret), now, 0
    await session.flush()
    return secret


async def confirm(
    session: WriteSession, operator_id: UUID, code: str, keyring: Keyring, now: datetime
) -> list[str]:
    """From now on it is asked for. Returns the recovery codes, which are nowhere afterwards.

    Raises Conflict when nothing waits to be confirmed any more, Invalid for a wrong code.
    """
    row = await session.get(SecondFactor, operator_id, with_for_update=True)
    if row is None or row.confirmed_at is not None or row.created_at + BEGUN_LASTS <= now:
        raise Conflict(
            "There is no second factor that waits for its first code.",
            remedy="Begin anew: the first code is wanted within fifteen minutes.",
            code="nothing-to-confirm",
        )
    if not _takes(row, totp.tidy(code), keyring, now):
        raise wrong_code()
    row.confirmed_at = now
    return await new_recovery_codes(session, operator_id)


async def new_recovery_codes(session: WriteSession, operator_id: UUID) -> list[str]:
    """Ten fresh ones; what was left of the earlier ones is worth nothing any more."""
    await session.execute(delete(RecoveryCode).where(RecoveryCode.operator_id == operator_id))
    codes = totp.new_recovery_codes()
    session.add_all(
        RecoveryCode(operator_id=operator_id, code_hash=token_hash(totp.tidy(one)))
        for one in codes
    )
    await session.flush()
    return codes


async def spend(
    session: WriteSession, operator_id: UUID, code: str, keyring: Keyring, now: datetime
) -> bool:
    """Whether the code is right, of the app or a recovery code; it is not right a second time."""
    given = totp.tidy(code)
    if not totp.is_app_code(given):
        return await _spend_recovery_code(session, operator_id, given, now)
    row = await session.get(
        SecondFactor, operator_id, with_for_update=True, populate_existing=True
    )
    if row is None or row.confirmed_at is None or not _takes(row, given, keyring, now):
        return False
    await session.flush()
    return True


def _takes(row: SecondFactor, code: str, keyring: Keyring, now: datetime) -> bool:
    """Whether the app's code is right; then it is noted as used."""
    step = totp.step_told(keyring.decrypt(row.secret), code, now, last=row.last_step)
    row.last_step = row.last_step if step is None else step
    return step is not None


async def _spend_recovery_code(
    session: WriteSession, operator_id: UUID, code: str, now: datetime
) -> bool:
    spent = await session.scalar(
        update(RecoveryCode)
        .where(
            RecoveryCode.operator_id == operator_id,
            RecoveryCode.code_hash == token_hash(code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.operator_id)
    )
    return spent is not None


async def remove(session: WriteSession, operator_id: UUID) -> bool:
    """Take it away, recovery codes included; whether there was one in use."""
    row = await session.get(SecondFactor, operator_id, with_for_update=True)
    used = row is not None and row.confirmed_at is not None
    await session.execute(delete(RecoveryCode).where(RecoveryCode.operator_id == operator_id))
    await session.execute(delete(SecondFactor).where(SecondFactor.operator_id == operator_id))
    return used


async def renew(session: WriteSession, keyring: Keyring) -> int:
    """Encrypt every secret under the present key; how many were under an earlier one."""
    changed = 0
    query = select(SecondFactor).order_by(SecondFactor.operator_id).with_for_update()
    for row in await session.scalars(query):
        if (renewed := keyring.renewed(row.secret)) is not None:
            row.secret = renewed
            changed += 1
    await session.flush()
    return changed


def wrong_code() -> Invalid:
    return Invalid(
        "This code is wrong, or has been used.",
        remedy="Wait for the next one; the phone's clock has to be right.",
        fields={"code": "Wrong, or used already."},
    )


def view(one: Standing, *, demanded: bool) -> Json:
    return {
        "confirmed_at": one.confirmed_at,
        "recovery_codes": one.recovery_codes,
        "demanded": demanded,
    }
