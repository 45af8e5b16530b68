"""`/operators`: who works here, with which role; inviting and disabling them."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from hub.operators import audit, passwords, repository, second_factors, setup_links, sign_ins
from hub.operators.access import Role, Scope
from hub.web.api import AnyCall, Call, Routes
from hub.web.bodies import Input
from hub.web.cursors import Page, Paging, after_id, by_id
from hub.web.shapes import Json, Locale, Name, Output, refuse_null

routes = Routes("operators")


class OperatorView(Output):
    """`email`, `second_factor` (whether they sign in with one) and `linked` (to an account at the
    sign-in provider) are shown to administrators.

    `capacity`: how many open conversations they are given in turn at most; null: as their team has
    it.
    """

    id: UUID
    name: str
    role: Role
    locale: str
    disabled: bool
    capacity: int | None
    created_at: AwareDatetime
    email: str | None = None
    second_factor: bool | None = None
    linked: bool | None = None


class Invited(OperatorView):
    """`setup_url`: the one-time link to choose a password, when none was given."""

    setup_url: str | None


class NewOperator(Input):
    email: Annotated[str, Field(max_length=320)]
    role: Annotated[Role, Field(strict=False)]
    name: Annotated[str, Field(max_length=200)] = ""
    locale: Locale = ""
    password: Annotated[str, Field(max_length=1000)] | None = None


class OperatorChanges(Input):
    """Left out = stays. `capacity` null = as their team has it, 0 = none."""

    name: Name | None = None
    locale: Locale | None = None
    role: Annotated[Role, Field(strict=False)] | None = None
    disabled: bool | None = None
    capacity: Annotated[int, Field(ge=0, le=1000)] | None = None


class SetupLinkView(Output):
    setup_url: str


@routes.op("GET", "/operators", query=Paging, out=Page[OperatorView], scope=Scope.MESSAGES_READ)
async def list_operators(call: Call[None, Paging]) -> Json:
    """Everybody who works here, also those who no longer may."""
    private = call.viewer.may(Scope.ADMIN)
    async with call.reading() as session:
        rows = await repository.page(session, after=after_id(call.query), limit=call.query.limit)
        safe = await second_factors.holders(session) if private else frozenset()
        linked = await repository.linked(session) if private else frozenset()
    shown = [
        {
            **repository.view(row, private=private),
            **({"second_factor": row.id in safe, "linked": row.id in linked} if private else {}),
        }
        for row in rows
    ]
    return by_id(shown, call.query)


@routes.op(
    "POST",
    "/operators",
    body=NewOperator,
    out=Invited,
    status=201,
    scope=Scope.ADMIN,
    secret=True,
    also={409: "Somebody signs in with this address already; `id` says who."},
)
async def add_operator(call: Call[NewOperator]) -> Json:
    """Add an operator; without a password, the answer has a one-time link to choose one."""
    new, session = call.body, call.session
    hashed = ""
    if new.password is not None:
        spelled = passwords.acceptable(new.password, email=new.email, name=new.name)
        hashed = await call.services.passwords.hash(spelled)
    row = await repository.create(
        session,
        new.email,
        new.role,
        name=new.name,
        locale=new.locale,
        password_hash=hashed,
        now=call.now,
    )
    await audit.record(
        session,
        call.viewer,
        "operator.created",
        about=("operator", row.id),
        detail={"role": new.role},
        now=call.now,
    )
    url = None if hashed else await _setup_url(call, row.id)
    return {**repository.view(row, private=True), "setup_url": url}


@routes.op(
    "PATCH",
    "/operators/{id}",
    body=OperatorChanges,
    out=OperatorView,
    scope=Scope.ADMIN,
    also={409: "`last-administrator`: somebody has to be able to administer."},
)
async def change_operator(call: Call[OperatorChanges]) -> Json:
    """Change name, locale, role, or whether they may sign in. Disabling ends their sign-ins."""
    changes = call.body.model_dump(exclude_unset=True)
    refuse_null(changes, but={"capacity"})
    row = await repository.update(call.session, call.id, changes, call.now)
    if changes.get("disabled"):
        await sign_ins.revoke_all(call.session, call.id, call.now)
    await audit.record(
        call.session,
        call.viewer,
        "operator.changed",
        about=("operator", row.id),
        detail={"changed": sorted(changes)},
        now=call.now,
    )
    return repository.view(row, private=True)


@routes.op(
    "POST",
    "/operators/{id}/setup-link",
    out=SetupLinkView,
    status=201,
    scope=Scope.ADMIN,
    secret=True,
)
async def make_setup_link(call: Call) -> Json:
    """A fresh one-time link with which this operator chooses a new password."""
    await repository.get(call.session, call.id)
    await audit.record(
        call.session, call.viewer, "operator.invited", about=("operator", call.id), now=call.now
    )
    return {"setup_url": await _setup_url(call, call.id)}


@routes.op("DELETE", "/operators/{id}/sign-ins", status=204, scope=Scope.ADMIN)
async def sign_operator_out(call: Call) -> None:
    """Sign an operator out of every browser."""
    await repository.get(call.session, call.id)
    await sign_ins.revoke_all(call.session, call.id, call.now)
    await _audit(call, "operator.signed_out")


@routes.op("DELETE", "/operators/{id}/second-factor", status=204, scope=Scope.ADMIN)
async def reset_second_factor(call: Call) -> None:
    """For who has lost phone and recovery codes: the password is enough again.

    They are signed out everywhere.
    """
    await repository.get(call.session, call.id)
    if await second_factors.remove(call.session, call.id):
        await sign_ins.revoke_all(call.session, call.id, call.now)
        await _audit(call, "second_factor.removed")


@routes.op("DELETE", "/operators/{id}/identities", status=204, scope=Scope.ADMIN)
async def unlink_operator(call: Call) -> None:
    """Forget who an operator is at the sign-in provider: their next sign-in there links anew.
    Their browsers are signed out."""
    await repository.get(call.session, call.id)
    if await repository.unlink(call.session, call.id):
        await sign_ins.revoke_all(call.session, call.id, call.now)
        await _audit(call, "operator.unlinked")


async def _audit(call: Call, action: str) -> None:
    about = ("operator", call.id)
    await audit.record(call.session, call.viewer, action, about=about, now=call.now)


async def _setup_url(call: AnyCall, operator_id: UUID) -> str:
    token = await setup_links.invite(call.session, operator_id, call.now)
    return f"{call.public_url}/setup/{token}"
