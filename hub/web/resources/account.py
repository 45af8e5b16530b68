"""`/me/…`: one's own password, the browsers one is signed in with, and one's second factor."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from hub.db.engine import WriteSession
from hub.operators import audit, lockout, passwords, repository, second_factors, sign_ins, totp
from hub.operators import sign_in_rules as rules
from hub.web.api import AnyCall, Call, Routes
from hub.web.bodies import Input
from hub.web.resources import proof
from hub.web.resources.proof import credential_of, own_id
from hub.web.shapes import Json, Output

routes = Routes("me")

_ISSUER = "Besedka"
Secret = Annotated[str, Field(max_length=1000)]
Code = Annotated[str, Field(min_length=1, max_length=100)]


class NewPassword(Input):
    """`current` stays empty for who has none yet."""

    current: Secret
    password: Secret


class SignInView(Output):
    """A browser that is signed in; `current` is the one that asks."""

    id: UUID
    user_agent: str
    address: str
    created_at: AwareDatetime
    seen_at: AwareDatetime
    current: bool


class SignInList(Output):
    items: list[SignInView]
    next: None


class SecondFactorView(Output):
    """`confirmed_at`: since when it is asked for; null without one. `recovery_codes`: how many are
    left. `demanded`: everybody here must have one."""

    confirmed_at: AwareDatetime | None
    recovery_codes: int
    demanded: bool


class Proof(Input):
    """`password` is not looked at where none is set: then a sign-in of the last ten minutes is
    the proof."""

    password: Secret = ""


class BothProofs(Proof):
    """`code`: of the app, or a recovery code."""

    code: Code


class FirstCode(Input):
    code: Code


class NewSecondFactor(Output):
    """What the app has to know, in three forms: typed, as an address, as an SVG of a QR code."""

    secret: str
    address: str
    picture: str


class RecoveryCodes(Output):
    """Each stands in for the app once. They are shown this once."""

    recovery_codes: list[str]


@routes.op(
    "POST",
    "/me/password",
    body=NewPassword,
    status=204,
    scope="signed-in",
    operators_only=True,
    transactional=False,
)
async def change_password(call: Call[NewPassword]) -> None:
    """Choose a new password; every other sign-in of this operator ends."""
    async with call.reading() as session:
        row = await repository.get(session, own_id(call))
    spelled = passwords.acceptable(call.body.password, email=row.email, name=row.name)
    proven = await proof.of_password(call, call.body.current, field="current")
    hashed = await call.services.passwords.hash(spelled)
    async with call.services.database.transaction() as session:
        await lockout.succeeded(session, proven.locks)
        await repository.set_password(session, row.id, hashed)
        await sign_ins.revoke_all(session, row.id, call.now, but=credential_of(call).id)
        await _audit(call, session, "operator.password_changed")


@routes.op("GET", "/me/sign-ins", out=SignInList, scope="signed-in", operators_only=True)
async def list_sign_ins(call: Call) -> Json:
    """The browsers one is signed in with, the latest used first."""
    async with call.reading() as session:
        rows = await sign_ins.of_operator(session, own_id(call), call.now)
    current = credential_of(call).id
    return {"items": [{**row, "current": row["id"] == current} for row in rows], "next": None}


@routes.op("DELETE", "/me/sign-ins", status=204, scope="signed-in", operators_only=True)
async def end_other_sign_ins(call: Call) -> None:
    """Sign all of one's browsers out but the one that asks."""
    await sign_ins.revoke_all(call.session, own_id(call), call.now, but=credential_of(call).id)
    await _audit(call, call.session, "operator.signed_out")


@routes.op("DELETE", "/me/sign-ins/{id}", status=204, scope="signed-in", operators_only=True)
async def end_sign_in(call: Call) -> None:
    """Sign one of one's own browsers out."""
    await sign_ins.revoke(call.session, own_id(call), call.id, call.now)


@routes.op(
    "GET",
    "/me/second-factor",
    out=SecondFactorView,
    scope="signed-in",
    operators_only=True,
    confined=True,
)
async def get_second_factor(call: Call) -> Json:
    """Whether one signs in with a second factor."""
    async with call.reading() as session:
        standing = await second_factors.standing(session, own_id(call))
        demanded = (await rules.load(session)).second_factor
    return second_factors.view(standing, demanded=demanded)


@routes.op(
    "POST",
    "/me/second-factor",
    body=Proof,
    out=NewSecondFactor,
    status=201,
    scope="signed-in",
    operators_only=True,
    transactional=False,
    secret=True,
    confined=True,
    also={409: "`second-factor-exists`: one is in use."},
)
async def begin_second_factor(call: Call[Proof]) -> Json:
    """Make a secret for an app that shows codes. It is asked for once a first code confirms it."""
    proven = await proof.of_password(call, call.body.password, field="password")
    keyring = call.services.keyring
    async with call.services.database.transaction() as session:
        await lockout.succeeded(session, proven.locks)
        secret = await second_factors.begin(session, proven.operator.id, keyring, call.now)
    address = totp.address(secret, account=proven.operator.email, issuer=_ISSUER)
    return {"secret": secret, "address": address, "picture": totp.picture(address)}


@routes.op(
    "POST",
    "/me/second-factor/confirm",
    body=FirstCode,
    out=RecoveryCodes,
    scope="signed-in",
    operators_only=True,
    transactional=False,
    secret=True,
    confined=True,
    also={
        409: "`nothing-to-confirm`: none has been begun in the last fifteen minutes, or one is"
        " in use already."
    },
)
async def confirm_second_factor(call: Call[FirstCode]) -> Json:
    """The app's first code: from now on one is asked for. One's other browsers are signed out."""
    me, keyring = own_id(call), call.services.keyring
    locks = await proof.begin_try(call, lockout.factor_key(me))
    async with call.services.database.transaction() as session:
        codes = await second_factors.confirm(session, me, call.body.code, keyring, call.now)
        await lockout.succeeded(session, locks)
        await sign_ins.revoke_all(session, me, call.now, but=credential_of(call).id)
        await _audit(call, session, "second_factor.confirmed")
    return {"recovery_codes": codes}


@routes.op(
    "POST",
    "/me/second-factor/recovery-codes",
    body=BothProofs,
    out=RecoveryCodes,
    scope="signed-in",
    operators_only=True,
    transactional=False,
    secret=True,
)
async def renew_recovery_codes(call: Call[BothProofs]) -> Json:
    """Ten new recovery codes; the earlier ones are worth nothing any more."""
    proven = await proof.of_both(call, call.body.password, call.body.code)
    async with call.services.database.transaction() as session:
        await lockout.succeeded(session, proven.locks)
        codes = await second_factors.new_recovery_codes(session, proven.operator.id)
        await _audit(call, session, "second_factor.recovery_codes_made")
    return {"recovery_codes": codes}


@routes.op(
    "POST",
    "/me/second-factor/remove",
    body=BothProofs,
    status=204,
    scope="signed-in",
    operators_only=True,
    transactional=False,
)
async def remove_second_factor(call: Call[BothProofs]) -> None:
    """Sign in with the password alone again."""
    proven = await proof.of_both(call, call.body.password, call.body.code)
    async with call.services.database.transaction() as session:
        await lockout.succeeded(session, proven.locks)
        await second_factors.remove(session, proven.operator.id)
        await _audit(call, session, "second_factor.removed")


async def _audit(call: AnyCall, session: WriteSession, action: str) -> None:
    about = ("operator", own_id(call))
    await audit.record(session, call.viewer, action, about=about, now=call.now)
