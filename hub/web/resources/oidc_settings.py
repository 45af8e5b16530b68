"""`/settings/oidc`: which provider operators sign in with, and who may come in that way."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

from hub.db import kept_settings
from hub.errors import Conflict, HubError, Invalid, Unauthenticated
from hub.faults import Spelled
from hub.oidc import provider
from hub.oidc import settings as oidc
from hub.operators import audit, lockout, sign_ins
from hub.operators.access import Role, Scope
from hub.web.api import Call, Routes
from hub.web.bodies import Input
from hub.web.html.oidc import BACK
from hub.web.resources import proof
from hub.web.shapes import Json, Output

routes = Routes("settings")

Domain = Annotated[str, Spelled(r"^@?[A-Za-z0-9.-]{1,253}$", "a domain, such as example.com")]

_PROVEN = frozenset({"issuer", "vouches"})
"""What is changed by who proves who they are: it decides whom the hub believes."""
_RESTED_ON = frozenset({"issuer", "vouches", "domains"})


class OidcPatch(Input):
    """What is left out stays. `issuer` empty: nobody signs in that way. `client_secret` is never
    shown again; another `issuer` gets a new one or none. `domains`: of the addresses that may
    come in; none for all operators. `newcomers`: the role of who is no operator yet, which takes
    `domains`; null lets in existing operators only. `vouches`: the provider asks for a second
    factor itself; not said of another `issuer`, it does not. `password` and `code` prove who asks
    when `issuer` or `vouches` changes: one's own, the code of who has a second factor."""

    issuer: Annotated[str, Field(max_length=500)] | None = None
    client_id: Annotated[str, Field(max_length=500)] | None = None
    client_secret: Annotated[str, Field(max_length=1000)] | None = None
    label: Annotated[str, Field(max_length=60)] | None = None
    domains: Annotated[list[Domain], Field(max_length=100)] | None = None
    newcomers: Annotated[Role, Field(strict=False)] | None = None
    vouches: bool | None = None
    password: Annotated[str, Field(max_length=1000)] = ""
    code: Annotated[str, Field(max_length=100)] = ""


class OidcView(Output):
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
    """Change the provider; another one is asked first whether it is there. Whoever came in on the
    word of the provider is signed out when it, its word or its domains change."""
    given = await _given(call)
    async with call.reading() as session:
        before = await kept_settings.load(session, oidc.NAME)
    locks = await _proven(call, oidc.differing(before, oidc.patched(before, given)))
    async with call.services.database.transaction() as session:
        kept = await kept_settings.lock(session, oidc.NAME, call.now)
        if oidc.believed(kept) != oidc.believed(before):
            raise Conflict("Somebody changed this at the same time.", remedy="Look, then decide.")
        after = oidc.patched(kept, given)
        await lockout.succeeded(session, locks)
        await kept_settings.store(session, oidc.NAME, after)
        if _RESTED_ON & oidc.differing(kept, after):
            await sign_ins.revoke_vouched(session, call.now)
        await audit.record(
            session,
            call.viewer,
            "settings.changed",
            about=("settings", None),
            detail=_trace(kept, after, given),
            now=call.now,
        )
    return _shown(call.public_url, after)


async def _given(call: Call[OidcPatch]) -> Json:
    """The change as it is kept, with the provider tried and the secret encrypted."""
    given = call.body.model_dump(mode="json", exclude_unset=True, exclude={"password", "code"})
    if "issuer" in given:
        given["issuer"] = (given["issuer"] or "").strip()
    if given.get("issuer"):
        await _try(call, given["issuer"])
    secret = given.pop("client_secret", None)
    if secret is not None:
        given["secret"] = call.services.keyring.encrypt(secret) if secret else ""
    if given.get("domains") is not None:
        given["domains"] = oidc.tidy_domains(given["domains"])
    return given


async def _proven(
    call: Call[OidcPatch], changed: Collection[str]
) -> Mapping[str, datetime | None]:
    """What `lockout.succeeded` is given: whom the hub believes is not changed in passing."""
    if _PROVEN.isdisjoint(changed):
        return {}
    return (await proof.of_all_asked(call, call.body.password, call.body.code)).locks


def _trace(kept: Json, after: Json, given: Json) -> Json:
    """What of it stays on record: who was believed before, and who is now."""
    facts = sorted({"issuer", "vouches", "newcomers"} & oidc.differing(kept, after))
    was, became = oidc.believed(kept), oidc.believed(after)
    return {
        "name": oidc.NAME,
        "changed": sorted(given),
        "was": {name: was[name] for name in facts},
        "became": {name: became[name] for name in facts},
    }


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
