"""The pages without JavaScript, signing in, signing out, setting up; and the console's frame."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub import resources
from hub.errors import HubError, Invalid, NotFound, TooMany, Unauthenticated
from hub.oidc import settings as oidc
from hub.operators import audit, passwords, repository, setup_links, sign_ins, viewers
from hub.operators.sign_ins import TICKET_LASTS, Browser, Door, HalfWay, SignedIn
from hub.web import problems
from hub.web.bodies import Malformed, Unsupported, read_bounded
from hub.web.gate import Gate, cookie_name, cookie_token, require_own_page
from hub.web.proxies import CALLER, Caller
from hub.web.security import page_headers
from hub.web.services import Services

_LANGUAGE = re.compile(r"\b(en|ru|bg)\b")
_LARGEST_FORM = 16 * 1024
_DEVICE_LASTS = 365 * 24 * 3600
_TICKET_LASTS = int(TICKET_LASTS.total_seconds())


class Pages:
    """`prefix`: the path of HUB_PUBLIC_URL, before every address on a page."""

    def __init__(self, services: Services, gate: Gate, prefix: str) -> None:
        self._services = services
        self._gate = gate
        self._prefix = prefix
        self.door = Door(services.database, services.passwords, services.keyring)
        folder = resources.path("templates") / "web"
        self._words: Mapping[str, Mapping[str, str]] = resources.words("web", "words.yaml")
        loader = FileSystemLoader(folder)
        self._templates = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, auto_reload=False
        )

    async def home(self, request: web.Request) -> web.Response:
        """The console for who is signed in; everybody else signs in first."""
        if not await self._signed_in(request):
            return self._go("/sign-in")
        return self.page(request, "console.html")

    async def sign_in_form(self, request: web.Request) -> web.Response:
        if await self._signed_in(request):
            return self._go("/")
        return await self.sign_in_page(request)

    async def sign_in(self, request: web.Request) -> web.Response:
        require_own_page(request, request[CALLER])
        form = await _form(request)
        email = form.get("email", "")
        try:
            signed_in = await self.door.sign_in(
                email, form.get("password", ""), browser_of(request), self._services.clock()
            )
        except (Unauthenticated, TooMany) as error:
            return await self.sign_in_page(request, email=email, error=error)
        return self.enter(request, signed_in)

    async def code_form(self, request: web.Request) -> web.Response:
        """The second step, for who has done the first."""
        async with self._services.database.reading() as session:
            ticket, now = _ticket(request), self._services.clock()
            somebody = await self.door.holder(session, ticket, now) is not None
        return self.page(request, "code.html") if somebody else self._go("/sign-in")

    async def code(self, request: web.Request) -> web.Response:
        require_own_page(request, request[CALLER])
        given = (await _form(request)).get("code", "")[:100]
        try:
            signed_in = await self.door.second_step(
                _ticket(request), given, browser_of(request), self._services.clock()
            )
        except (Invalid, TooMany) as error:
            status = problems.status_of(error)
            return self.page(request, "code.html", status=status, error=error)
        except Unauthenticated:
            return self._go("/sign-in")
        return self.enter(request, signed_in)

    async def sign_out(self, request: web.Request) -> web.Response:
        caller = request[CALLER]
        require_own_page(request, caller)
        if token := cookie_token(request, caller):
            async with self._services.database.transaction() as session:
                await sign_ins.sign_out(session, token, self._services.clock())
            self._gate.forget()
        response = self._go("/sign-in")
        response.del_cookie(
            cookie_name(caller), path="/", secure=caller.secure, httponly=True, samesite="Lax"
        )
        return response

    async def setup_form(self, request: web.Request) -> web.Response:
        async with self._services.database.reading() as session:
            token = request.match_info["token"]
            try:
                invited = await setup_links.look(session, token, self._services.clock())
            except NotFound as error:
                return self.page(request, "spent.html", status=404, error=error)
        return self._setup_page(
            request,
            email=invited.email if invited else "",
            name=invited.name if invited else "",
            first=invited is None,
        )

    async def setup(self, request: web.Request) -> web.Response:
        """Make the first administrator, or give the invited operator a password; and sign in."""
        require_own_page(request, request[CALLER])
        form = await _form(request)
        token, now = request.match_info["token"], self._services.clock()
        async with self._services.database.reading() as session:
            try:
                invited = await setup_links.look(session, token, now)
            except NotFound as error:
                return self.page(request, "spent.html", status=404, error=error)
        email = invited.email if invited else form.get("email", "").strip()
        name = form.get("name", "").strip()[:200]
        try:
            repository.email_of(email)
            spelled = passwords.acceptable(form.get("password", ""), email=email, name=name)
            signed_in = await self._redeem(request, email=email, name=name, password=spelled)
        except (Invalid, TooMany) as error:
            return self._setup_page(
                request, email=email, name=name, first=invited is None, error=error
            )
        except NotFound as error:
            return self.page(request, "spent.html", status=404, error=error)
        # The first administrator finds nothing yet: what comes next is an inbox.
        return self.enter(request, signed_in, "/#/settings/inboxes" if invited is None else "/")

    async def _redeem(
        self, request: web.Request, *, email: str, name: str, password: str
    ) -> SignedIn | HalfWay:
        token, now = request.match_info["token"], self._services.clock()
        hashed = await self._services.passwords.hash(password)
        browser = browser_of(request)
        async with self._services.database.transaction() as session:
            operator_id = await setup_links.redeem(
                session, token, email=email, name=name, password_hash=hashed, now=now
            )
            await sign_ins.revoke_all(session, operator_id, now)
            viewer = await viewers.by_operator(session, operator_id)
            if viewer is None:
                raise NotFound("This operator may no longer sign in.")
            await audit.record(
                session,
                viewer,
                "operator.set_up",
                about=("operator", operator_id),
                now=now,
            )
            operator = await repository.get(session, operator_id)
            return await self.door.admit(session, operator, browser, now)

    def fault(self, request: web.Request, error: HubError) -> web.Response:
        """What went wrong, to somebody who looks at a page."""
        return self.page(request, "fault.html", status=problems.status_of(error), error=error)

    async def _signed_in(self, request: web.Request) -> bool:
        try:
            found = await self._gate.credential(request, request[CALLER], self._services.clock())
        except Unauthenticated:
            return False
        return found is not None and found.kind == "sign-in"

    async def sign_in_page(
        self, request: web.Request, *, email: str = "", error: HubError | None = None
    ) -> web.Response:
        async with self._services.database.reading() as session:
            somebody = await repository.any_exist(session)
            provider = await oidc.load(session)
        return self.page(
            request,
            "sign_in.html",
            provider=provider,
            status=problems.status_of(error) if error else 200,
            error=error,
            email=email,
            empty=not somebody,
        )

    def _setup_page(
        self,
        request: web.Request,
        *,
        email: str,
        name: str,
        first: bool,
        error: HubError | None = None,
    ) -> web.Response:
        return self.page(
            request,
            "setup.html",
            status=problems.status_of(error) if error else 200,
            error=error,
            email=email,
            name=name,
            first=first,
            shortest=passwords.SHORTEST,
            longest=passwords.LONGEST,
        )

    def page(
        self,
        request: web.Request,
        template: str,
        *,
        status: int = 200,
        error: HubError | None = None,
        locale: str = "",
        **facts: object,
    ) -> web.Response:
        """A page in the language of whoever is known to read it, else in that of the browser."""
        language = self.language(request, locale)
        values: Mapping[str, Any] = {"base": self._prefix, "language": language, "error": error}
        words = self._words[language]
        text = self._templates.get_template(template).render({**values, **facts, "t": words})
        headers = page_headers()
        if isinstance(error, TooMany):
            headers["Retry-After"] = str(max(1, round(error.retry_after)))
        return web.Response(text=text, status=status, content_type="text/html", headers=headers)

    def language(self, request: web.Request, locale: str = "") -> str:
        """The one a page is in: of `locale` if we speak it, else of the browser."""
        known = locale.partition("-")[0].lower()
        return known if known in self._words else _language(request)

    def words(self, language: str) -> Mapping[str, str]:
        """What the pages say in a language."""
        return self._words[language]

    def _go(self, path: str) -> web.Response:
        headers = {"Location": f"{self._prefix}{path}", "Cache-Control": "no-store"}
        return web.Response(status=303, headers=headers)

    def enter(
        self, request: web.Request, signed_in: SignedIn | HalfWay, path: str = "/"
    ) -> web.Response:
        """In, or on to the second step."""
        caller: Caller = request[CALLER]
        if isinstance(signed_in, HalfWay):
            cookies = [(_ticket_cookie(caller), signed_in.ticket, _TICKET_LASTS)]
            return self.with_cookies(self._go("/sign-in/code"), caller, cookies)
        lasts = int(viewers.SIGN_IN_LASTS.total_seconds())
        cookies = [
            (cookie_name(caller), signed_in.token, lasts),
            (_device_cookie(caller), signed_in.device, _DEVICE_LASTS),
            (_ticket_cookie(caller), "", 0),
        ]
        return self.with_cookies(self._go(path), caller, cookies)

    def with_cookies(
        self, response: web.Response, caller: Caller, cookies: Sequence[tuple[str, str, int]]
    ) -> web.Response:
        for name, value, age in cookies:
            response.set_cookie(
                name,
                value,
                max_age=age,
                path="/",
                secure=caller.secure,
                httponly=True,
                samesite="Lax",
            )
        return response


def _ticket_cookie(caller: Caller) -> str:
    return f"{cookie_name(caller)}-step"


def _ticket(request: web.Request) -> str:
    return request.cookies.get(_ticket_cookie(request[CALLER]), "")


def _device_cookie(caller: Caller) -> str:
    return f"{cookie_name(caller)}-device"


def browser_of(request: web.Request) -> Browser:
    """Where a request comes from."""
    caller = request[CALLER]
    return Browser(
        address=caller.address,
        user_agent=request.headers.get("User-Agent", "").encode("ascii", "replace").decode(),
        device=request.cookies.get(_device_cookie(caller), ""),
    )


def _language(request: web.Request) -> str:
    """The first language of the browser that we speak."""
    found = _LANGUAGE.search(request.headers.get("Accept-Language", "").lower())
    return found[0] if found else "en"


async def _form(request: web.Request) -> dict[str, str]:
    if request.content_type != "application/x-www-form-urlencoded":
        raise Unsupported("This page sends forms.")
    raw = await read_bounded(request, _LARGEST_FORM)
    try:
        fields = parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        raise Malformed("The form cannot be read.") from None
    return {name: value.replace("\0", "") for name, value in fields}
