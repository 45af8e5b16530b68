"""Whether it is really the operator who asks: by their password, else by having just signed in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from hub.errors import Forbidden, Invalid, Unauthenticated
from hub.operators import lockout, repository, second_factors, sign_ins
from hub.operators.tables import Operator
from hub.operators.viewers import Credential
from hub.web.api import AnyCall

FRESH = timedelta(minutes=10)
"""How long a sign-in proves who somebody is who has no password."""


@dataclass(frozen=True, slots=True)
class Proven:
    """The operator, and what `lockout.succeeded` is given in the transaction that follows."""

    operator: Operator
    locks: Mapping[str, datetime | None]


async def of_password(call: AnyCall, password: str, *, field: str) -> Proven:
    """Who asks has the password: a borrowed browser must not guess it either.

    Raises Invalid, TooMany, and Forbidden for who has none and signed in a while ago.
    """
    async with call.reading() as session:
        row = await repository.get(session, own_id(call))
        began = await sign_ins.began(session, credential_of(call).id)
    if not row.password_hash:
        if began is not None and began + FRESH > call.now:
            return Proven(row, {})
        raise Forbidden(
            "You signed in a while ago.",
            remedy="Sign out, sign in again, and do this within ten minutes.",
            code="sign-in-again",
        )
    locks = await begin_try(call, lockout.device_key(f"password:{row.id}"))
    verdict = await call.services.passwords.verify(row.password_hash, password)
    if not verdict.ok:
        raise Invalid("The current password is wrong.", fields={field: "Wrong."})
    return Proven(row, locks)


async def of_both(call: AnyCall, password: str, code: str) -> Proven:
    """Who asks has the password and the second factor; the code is spent.

    Raises like `of_password`.
    """
    proven = await of_password(call, password, field="password")
    locks = await begin_try(call, lockout.factor_key(proven.operator.id))
    async with call.services.database.transaction() as session:
        keyring = call.services.keyring
        if not await second_factors.spend(session, proven.operator.id, code, keyring, call.now):
            raise second_factors.wrong_code()
    return Proven(proven.operator, {**proven.locks, **locks})


async def of_all_asked(call: AnyCall, password: str, code: str) -> Proven:
    """Who asks has what they sign in with: the password, and the second factor if they have one.

    Raises like `of_password`, and Forbidden for a token.
    """
    if call.viewer.kind != "operator":
        raise Forbidden("Only an operator who is signed in may change this.")
    async with call.reading() as session:
        asked = await second_factors.is_asked(session, own_id(call))
    if asked:
        return await of_both(call, password, code)
    return await of_password(call, password, field="password")


async def begin_try(call: AnyCall, key: str) -> Mapping[str, datetime | None]:
    """Count a try before it is looked at, whatever becomes of it; raises TooMany."""
    async with call.services.database.transaction() as session:
        return await lockout.begin_try(session, [key], call.now)


def own_id(call: AnyCall) -> UUID:
    """The operator who asks."""
    if call.viewer.id is None:
        raise Unauthenticated("This viewer is nobody in particular.")
    return call.viewer.id


def credential_of(call: AnyCall) -> Credential:
    """The sign-in by which they ask."""
    if call.credential is None:
        raise Unauthenticated("This needs a sign-in.")
    return call.credential
