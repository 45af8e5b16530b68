"""The web application: which address leads where, and what surrounds every request."""

import re
import time
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web
from aiohttp.typedefs import Middleware

from hub.errors import HubError, NotFound, Unauthenticated
from hub.operators.access import Viewer
from hub.web import problems, security
from hub.web.api import MIB, Operation, Routes
from hub.web.channels import ChannelDoor
from hub.web.endpoint import Endpoint
from hub.web.gate import Gate
from hub.web.health import Health
from hub.web.html.answering import AnswerPages
from hub.web.html.oidc import BACK, OidcPages
from hub.web.html.pages import Pages
from hub.web.html.preferring import PreferencePages
from hub.web.html.questions import QuestionPages
from hub.web.html.stopping import StopPages
from hub.web.limits import Limits
from hub.web.live import LiveSockets
from hub.web.metrics import Metrics
from hub.web.openapi import OpenApi
from hub.web.proxies import CALLER, Proxies
from hub.web.resources import (
    account,
    appointments,
    audit,
    business_hours,
    consents,
    contact_points,
    conversations,
    custom_events,
    customers,
    decisions,
    deliveries,
    drafts,
    files,
    identity,
    inboxes,
    me,
    messages,
    notifications,
    oidc_settings,
    operators,
    orders,
    originals,
    preferences,
    presence,
    quarantine,
    regrouping,
    reminders,
    routing,
    rules,
    saved_replies,
    search,
    sending,
    sign_in_settings,
    teams,
    templates,
    timer_policies,
    tokens,
    trouble,
    views,
    webhooks,
)
from hub.web.services import Services
from hub.web.static_files import StaticFiles

API = "/api/v1"
RESOURCES: Sequence[Routes] = (
    customers.routes,
    identity.routes,
    consents.routes,
    preferences.routes,
    contact_points.routes,
    messages.routes,
    conversations.routes,
    regrouping.routes,
    views.routes,
    presence.routes,
    drafts.routes,
    saved_replies.routes,
    deliveries.routes,
    originals.routes,
    decisions.routes,
    search.routes,
    files.routes,
    inboxes.routes,
    trouble.routes,
    quarantine.routes,
    orders.routes,
    appointments.routes,
    reminders.routes,
    rules.routes,
    templates.routes,
    custom_events.routes,
    operators.routes,
    teams.routes,
    business_hours.routes,
    timer_policies.routes,
    tokens.routes,
    webhooks.routes,
    sending.routes,
    sign_in_settings.routes,
    routing.routes,
    oidc_settings.routes,
    audit.routes,
    me.routes,
    account.routes,
    notifications.routes,
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def operations() -> list[Operation]:
    """Every operation of the API, in the order of the documentation."""
    return [operation for routes in RESOURCES for operation in routes.operations]


def build_app(services: Services, limits: Limits | None = None) -> web.Application:
    """The application, ready to be run; it owns nothing but its open live sockets."""
    proxies = Proxies(services.settings.trusted_proxies, services.settings.public_url)
    gate = Gate(services.database)
    pages = Pages(services, gate, proxies.prefix)
    metrics = Metrics(services, gate)
    frame = Frame(proxies, pages, metrics)
    app = web.Application(middlewares=[frame.middleware], client_max_size=MIB)
    app.on_response_prepare.append(security.on_prepare)
    live = _live(services, gate)

    async def say_goodbye(_app: web.Application) -> None:
        await live.close()

    app.on_shutdown.append(say_goodbye)
    bases = sorted({"", proxies.prefix})
    limits = limits or Limits()
    for method, path, handler in [
        *_api(services, gate, limits),
        *_pages(pages, StopPages(services, pages), PreferencePages(services, pages)),
        *_answers(AnswerPages(services, pages), QuestionPages(services, pages)),
        *_provider(OidcPages(services, pages, limits)),
        *_rest(services, metrics),
        ("GET", f"{API}/live", live.handle),
    ]:
        for base in bases:
            app.router.add_route(method, f"{base}{path}", handler)
            if method == "GET":
                app.router.add_route("HEAD", f"{base}{path}", handler)
    return app


def _api(services: Services, gate: Gate, limits: Limits) -> list[tuple[str, str, Handler]]:
    declared = operations()
    openapi = OpenApi(declared, services.settings.public_url)
    paths = [one.path for one in declared]
    return [
        (
            one.method,
            API + apart_from(one.path, paths),
            Endpoint(one, services, gate, limits).serve,
        )
        for one in [*declared, openapi.operation]
    ]


def apart_from(path: str, others: Sequence[str]) -> str:
    """The path for the router, its `{name}` kept from words that other paths have in its place.

    Else `PATCH /conversations/counts` would look for a conversation called counts, instead of
    saying that one cannot change counts.
    """
    parts = path.split("/")
    named = [place for place, part in enumerate(parts) if part.startswith("{")]
    for place in reversed(named):
        before = "".join(f"{part}/" for part in parts[:place])
        rest = (other[len(before) :] for other in others if other.startswith(before))
        words = {other.partition("/")[0] for other in rest}
        taken = "|".join(re.escape(word) for word in sorted(words) if "{" not in word)
        if taken:
            parts[place] = f"{{{parts[place][1:-1]}:(?!(?:{taken})(?:/|$))[^{{}}/]+}}"
    return "/".join(parts)


def _live(services: Services, gate: Gate) -> LiveSockets:
    async def authenticate(request: web.Request) -> Viewer:
        found = await gate.credential(request, request[CALLER], services.clock(), live=True)
        if found is None:
            raise Unauthenticated("This needs a token or a sign-in.")
        return found.viewer

    return LiveSockets(
        services.feed, services.database, authenticate, typing_at=services.typing_at
    )


def _pages(
    pages: Pages, stops: StopPages, wishes: PreferencePages
) -> list[tuple[str, str, Handler]]:
    return [
        ("GET", "/", pages.home),
        ("GET", "/sign-in", pages.sign_in_form),
        ("POST", "/sign-in", pages.sign_in),
        ("GET", "/sign-in/code", pages.code_form),
        ("POST", "/sign-in/code", pages.code),
        ("POST", "/sign-out", pages.sign_out),
        ("GET", "/setup/{token}", pages.setup_form),
        ("POST", "/setup/{token}", pages.setup),
        ("GET", "/stop/{token}", stops.ask),
        ("POST", "/stop/{token}", stops.stop),
        ("GET", "/preferences/{token}", wishes.ask),
        ("POST", "/preferences/{token}", wishes.save),
    ]


def _answers(answers: AnswerPages, questions: QuestionPages) -> list[tuple[str, str, Handler]]:
    return [
        ("GET", "/appointment/{token}", answers.ask),
        ("POST", "/appointment/{token}", answers.answer),
        ("GET", "/question/{token}", questions.ask),
        ("POST", "/question/{token}", questions.answer),
    ]


def _provider(journey: OidcPages) -> list[tuple[str, str, Handler]]:
    return [("GET", "/sign-in/oidc", journey.start), ("GET", BACK, journey.back)]


def _rest(services: Services, metrics: Metrics) -> list[tuple[str, str, Handler]]:
    health, channels = Health(services), ChannelDoor(services.open_inbox)
    return [
        ("GET", "/healthz", health.alive),
        ("GET", "/readyz", health.ready),
        ("GET", "/metrics", metrics.serve),
        ("GET", "/static/{path:.+}", StaticFiles().serve),
        ("*", "/channels/{inbox}/{tail:.*}", channels.serve),
        ("*", "/chat/{inbox}/{tail:.*}", channels.chat),
        ("GET", "/chat/{inbox}", channels.page),
    ]


class Frame:
    """Around every request: who calls, how long it took, errors in the form the caller reads."""

    def __init__(self, proxies: Proxies, pages: Pages, metrics: Metrics) -> None:
        self._proxies = proxies
        self._pages = pages
        self._metrics = metrics

    @property
    def middleware(self) -> Middleware:
        @web.middleware
        async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
            request[CALLER] = self._proxies.caller(request)
            started = time.perf_counter()
            response = await self._answer(request, handler)
            self._metrics.observe(request, response.status, time.perf_counter() - started)
            return response

        return around

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            if error.status == 404:
                return self._respond(request, NotFound("There is nothing at this address."))
            return problems.of_http(error)
        except Exception as error:  # noqa: BLE001 - nothing leaves without an answer
            known = problems.of_error(error)
            if known is None:
                return problems.unexpected(request, error)
            return self._respond(request, known)

    def _respond(self, request: web.Request, error: HubError) -> web.StreamResponse:
        reads_pages = "text/html" in request.headers.get("Accept", "")
        if reads_pages and API not in request.path:
            return self._pages.fault(request, error)
        return problems.respond(error)
