"""`/settings/oidc`: which provider operators sign in with, and who may come in that way."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, Field

from hub.db import kept_settings
from hub.errors import HubError, Invalid, Unauthenticated
from hub.oidc import provider
from hub.oidc import settings as oidc
from hub.operators import audit
from hub.operators.access import Role, Scope
from hub.web.api import Call, Routes
from hub.web.bodies import Input
from hub.web.oidc import BACK
from hub.web.shapes import Json

routes = Routes("settings")

Domain = Annotated[str, Field(pattern=r"^@?[A-Za-z0-9.-]{1,253}$")]


class OidcPatch(Input):
    """What is left out stays. `issuer` empty: nobody signs in that way. `client_secret` is never
    shown again. `domains`: of the addresses that may come in; none for all. `newcomers`: the role
    of who is no operator yet; null lets in existing operators only. `vouches`: the provider asks
    for a second factor itself."""

    issuer: Annotated[str, Field(max_length=500)] | None = None
    client_id: Annotated[str, Field(max_length=500)] | None = None
    client_secret: Annotated[str, Field(max_length=1000)] | None = None
    label: Annotated[str, Field(max_length=60)] | None = None
    domains: Annotated[list[Domain], Field(max_length=100)] | None = None
    newcomers: Annotated[Role, Field(strict=False)] | None = None
    vouches: bool | None = None


class OidcView(BaseModel):
    """`redirect_uri`: what the provider has to be told. `has_secret`: whether one is kept."""

    issuer: str
    client_id: str
    has_secret: bool
    label: str
    domains: list[str]
    newcomers: Role | None
    vouches: bool
    redirect_uri: str


@routes.op("GET", "/settings/oidc", out=OidcView, scope=Scope.ADMIN)
async def get_oidc(call: Call) -> Json:
    """The provider that operators sign in with."""
    async with call.reading() as session:
        return _shown(call.public_url, await kept_settings.load(session, oidc.NAME))


@routes.op(
    "PATCH",
    "/settings/oidc",
    body=OidcPatch,
    out=OidcView,
    scope=Scope.ADMIN,
    transactional=False,
)
async def change_oidc(call: Call[OidcPatch]) -> Json:
    """Change the provider; another one is asked first whether it is there."""
    given = call.body.model_dump(mode="json", exclude_unset=True)
    issuer = (given.get("issuer") or "").strip()
    if issuer:
        await _try(call, issuer)
    if "issuer" in given:
        given["issuer"] = issuer
    secret = given.pop("client_secret", None)
    if secret is not None:
        given["secret"] = call.services.keyring.encrypt(secret) if secret else ""
    if given.get("domains") is not None:
        given["domains"] = oidc.tidy_domains(given["domains"])
    async with call.services.database.transaction() as session:
        kept = await kept_settings.lock(session, oidc.NAME, call.now)
        after = {key: one for key, one in {**kept, **given}.items() if one is not None}
        if after.get("issuer") and not after.get("client_id"):
            raise Invalid(
                "Without its id the provider knows no client.", fields={"client_id": "Needed."}
            )
        await kept_settings.store(session, oidc.NAME, after)
        detail = {"name": oidc.NAME, "changed": sorted(given)}
        await audit.record(
            session,
            call.viewer,
            "settings.changed",
            about=("settings", None),
            detail=detail,
            now=call.now,
        )
    return _shown(call.public_url, after)


async def _try(call: Call[OidcPatch], issuer: str) -> None:
    if not oidc.is_safe(issuer) or urlsplit(issuer).query:
        wrong = "Write it as https://accounts.example.com, without ? or #."
        raise Invalid("This is no address of a provider.", fields={"issuer": wrong})
    try:
        await provider.discover(call.services.http, issuer)
    except Unauthenticated as error:
        wrong = "What answers there is not this provider, letter for letter."
        raise Invalid("This is no provider.", fields={"issuer": wrong}) from error
    except HubError as error:
        wrong = "Nobody answers there. A private address has to be named in HUB_ALLOW_HOSTS."
        raise Invalid("The provider cannot be reached.", fields={"issuer": wrong}) from error


def _shown(public_url: str, kept: Json) -> Json:
    return {
        "issuer": kept.get("issuer", ""),
        "client_id": kept.get("client_id", ""),
        "has_secret": bool(kept.get("secret")),
        "label": kept.get("label", ""),
        "domains": kept.get("domains", []),
        "newcomers": kept.get("newcomers"),
        "vouches": bool(kept.get("vouches")),
        "redirect_uri": f"{public_url}{BACK}",
    }
