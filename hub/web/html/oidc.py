"""`/sign-in/oidc`: to the company's sign-in provider, and back with proof of who somebody is."""

from datetime import datetime
from functools import partial

import structlog
from aiohttp import web

from hub.errors import HubError, NotFound
from hub.oidc import claims, journey, people, provider
from hub.oidc import settings as oidc
from hub.oidc.acquaintance import Acquaintance
from hub.oidc.claims import Claims
from hub.oidc.journey import Journey
from hub.oidc.settings import OidcSettings
from hub.operators import lockout
from hub.operators.sign_ins import HalfWay, SignedIn
from hub.web.gate import cookie_name
from hub.web.html.pages import Pages, browser_of
from hub.web.limits import Limits, Rate
from hub.web.proxies import CALLER
from hub.web.services import Services

log = structlog.get_logger(__name__)

BACK = "/sign-in/oidc/back"
JOURNEYS = Rate(30)
"""How often one address may set out: an office behind one address signs in one by one."""


class OidcPages:
    """Both ends of the journey. A stranger makes the hub call the provider only so often."""

    def __init__(self, services: Services, pages: Pages, limits: Limits) -> None:
        self._services = services
        self._pages = pages
        self._limits = limits
        ask = partial(provider.discover, services.http)
        self._provider = Acquaintance(ask, services.clock)

    async def start(self, request: web.Request) -> web.StreamResponse:
        """On to the provider, with what has to come back kept in a cookie."""
        now = self._services.clock()
        try:
            self._limits.take(f"journey:{request[CALLER].network}", JOURNEYS, now)
            settings = await self._settings()
            there = await self._provider.of(settings.issuer)
        except HubError as error:
            return await self._refuse(request, error)
        trip = journey.begin(settings.issuer, now)
        back = self._back(request)
        url = journey.address(trip, there.authorization, client_id=settings.client_id, back=back)
        response = web.Response(status=303, headers={"Location": url, "Cache-Control": "no-store"})
        lasts = int(journey.LASTS.total_seconds())
        self._keep(request, response, trip.seal(self._services.keyring), lasts)
        return response

    async def back(self, request: web.Request) -> web.StreamResponse:
        """From the provider: a code that is worth something to this browser only, and once."""
        now = self._services.clock()
        browser = browser_of(request)
        keys = [lockout.address_key(browser.address)]
        try:
            settings = await self._settings()
            sealed = request.cookies.get(_cookie(request), "")
            trip = journey.unseal(self._services.keyring, sealed, now)
            code = _code(request, trip, settings)
            async with self._services.database.transaction() as session:
                locks = await lockout.begin_try(session, keys, now)
            person = await self._person(trip, settings, code, self._back(request), now)
            async with self._services.database.transaction() as session:
                operator = await people.operator_of(session, person, settings, now)
                await lockout.succeeded(session, locks)
                door = self._pages.door
                entered: SignedIn | HalfWay
                if settings.vouches:
                    entered = await door.open(session, operator, browser, now, vouched=True)
                else:
                    entered = await door.admit(session, operator, browser, now)
        except HubError as error:
            return await self._refuse(request, error)
        response = self._pages.enter(request, entered)
        self._keep(request, response, "", 0)
        return response

    async def _person(
        self, trip: Journey, settings: OidcSettings, code: str, back: str, now: datetime
    ) -> Claims:
        http, keyring = self._services.http, self._services.keyring
        there = await self._provider.of(settings.issuer)
        form = {"code": code, "redirect_uri": back, "code_verifier": trip.verifier}
        secret = keyring.decrypt(settings.secret) if settings.secret else ""
        tokens = await provider.redeem(http, there, settings, form, secret)
        signing = claims.key_set(await provider.keys(http, there))
        said = claims.verified(tokens.id_token, signing, settings, nonce=trip.nonce, now=now)
        about = {} if said.get("email") else await provider.about(http, there, tokens)
        return claims.who(said, about)

    async def _settings(self) -> OidcSettings:
        async with self._services.database.reading() as session:
            settings = await oidc.load(session)
        if settings is None:
            raise NotFound("Nobody signs in here with a provider.")
        return settings

    def _back(self, request: web.Request) -> str:
        base = self._services.settings.public_url or request[CALLER].origin
        return f"{base}{BACK}"

    async def _refuse(self, request: web.Request, error: HubError) -> web.Response:
        log.warning("oidc.refused", kind=error.kind, reason=error.extra.get("reason", ""))
        response = await self._pages.sign_in_page(request, error=error)
        self._keep(request, response, "", 0)
        return response

    def _keep(self, request: web.Request, response: web.Response, value: str, age: int) -> None:
        self._pages.with_cookies(response, request[CALLER], [(_cookie(request), value, age)])


def _cookie(request: web.Request) -> str:
    return f"{cookie_name(request[CALLER])}-oidc"


def _code(request: web.Request, trip: Journey, settings: OidcSettings) -> str:
    """The code of an answer to this journey; raises Unauthenticated."""
    said = request.query
    # RFC 9207: an answer that names another provider was mixed up.
    if trip.issuer != settings.issuer or said.get("iss", trip.issuer) != trip.issuer:
        raise claims.refused("mixed-up")
    if not trip.fits(said.get("state", "")):
        raise claims.refused("state")
    code = said.get("code", "")
    if not code or len(code) > 4096:
        raise claims.refused("no-code")
    return code
