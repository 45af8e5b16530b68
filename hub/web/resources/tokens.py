"""`/tokens`: the keys of programs. Only the answer that makes a token holds it."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from hub.operators import audit, tokens
from hub.operators.access import Scope
from hub.web.api import AnyCall, Call, Routes
from hub.web.bodies import Input
from hub.web.cursors import Page, Paging, after_id, by_id
from hub.web.shapes import Json, Name, Output

routes = Routes("tokens")


class TokenView(Output):
    """`system` is the name that orders pushed with this token carry."""

    id: UUID
    name: str
    system: str
    scopes: list[str]
    created_at: AwareDatetime
    last_used_at: AwareDatetime | None
    revoked_at: AwareDatetime | None


class NewTokenView(TokenView):
    token: str


class NewToken(Input):
    name: Name
    scopes: Annotated[
        list[Annotated[Scope, Field(strict=False)]], Field(min_length=1, max_length=len(Scope))
    ]
    system: Annotated[str, Field(max_length=100)] = ""


@routes.op("GET", "/tokens", query=Paging, out=Page[TokenView], scope=Scope.ADMIN)
async def list_tokens(call: Call[None, Paging]) -> Json:
    """All tokens, also the revoked ones."""
    async with call.reading() as session:
        items = await tokens.page(session, after=after_id(call.query), limit=call.query.limit)
    return by_id(items, call.query)


@routes.op(
    "POST", "/tokens", body=NewToken, out=NewTokenView, status=201, scope=Scope.ADMIN, secret=True
)
async def add_token(call: Call[NewToken]) -> Json:
    """Make a token for a program; it is shown this once."""
    new = call.body
    row, token = await tokens.create(
        call.session, new.name, new.scopes, system=new.system, now=call.now
    )
    await _audit(call, "token.created", row.id, {"name": row.name, "scopes": row.scopes})
    return {**tokens.view(row), "token": token}


@routes.op("DELETE", "/tokens/{id}", status=204, scope=Scope.ADMIN)
async def revoke_token(call: Call) -> None:
    """Take a token back; it stops working within seconds."""
    name = await tokens.revoke(call.session, call.id, call.now)
    await _audit(call, "token.revoked", call.id, {"name": name})


async def _audit(call: AnyCall, action: str, token_id: UUID, detail: Json) -> None:
    about = ("token", token_id)
    await audit.record(call.session, call.viewer, action, about=about, detail=detail, now=call.now)
