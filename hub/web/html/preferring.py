"""`/preferences/{token}`: where customers say what they get, by which channel first, and when not.

Signed in nowhere and without JavaScript; the token is the proof. Looking changes nothing.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl
from uuid import UUID

from aiohttp import web

from hub.conversations.outbound import preferring
from hub.conversations.outbound.preferring import PURPOSES, Answer, Standing
from hub.conversations.outbound.stop_links import StopLinks
from hub.customers.quiet import Quiet
from hub.errors import HubError, Invalid
from hub.web.bodies import read_bounded
from hub.web.html.pages import Pages
from hub.web.services import Services

_LARGEST = 4 * 1024
_NIGHT = Quiet.parse("22:00", "08:00")
"""What is offered to who has no quiet hours yet."""


class PreferencePages:
    def __init__(self, services: Services, pages: Pages) -> None:
        self._services = services
        self._pages = pages
        self._links = StopLinks(services.keyring, services.settings.public_url)

    async def ask(self, request: web.Request) -> web.Response:
        """How it stands."""
        point = self._links.read_preferences(request.match_info["token"])
        standing = None
        if point is not None:
            async with self._services.database.reading() as session:
                standing = await preferring.look(session, point)
        return self._page(request, point, standing)

    async def save(self, request: web.Request) -> web.Response:
        """Keep what the form says."""
        point = self._links.read_preferences(request.match_info["token"])
        if point is None:
            return self._page(request, None, None)
        raw = (await read_bounded(request, _LARGEST)).decode("utf-8", "replace")
        try:
            form = dict(parse_qsl(raw, keep_blank_values=True, max_num_fields=20))
        except ValueError:
            form = {}
        if "from" not in form:
            # No answer of this page: each unticked box would be taken for a no.
            return await self.ask(request)
        error: HubError | None = None
        async with self._services.database.transaction() as session:
            standing = await preferring.look(session, point)
            if standing is None:
                return self._page(request, None, None)
            words = self._pages.words(self._pages.language(request, standing.locale))
            try:
                said = _answer(form, words)
            except Invalid as wrong:
                error = wrong
            else:
                await preferring.answer(session, point, said, self._services.clock())
                standing = await preferring.look(session, point)
        given = form if error else None
        return self._page(request, point, standing, saved=error is None, error=error, given=given)

    def _page(
        self,
        request: web.Request,
        point: UUID | None,
        standing: Standing | None,
        *,
        saved: bool = False,
        error: HubError | None = None,
        given: Mapping[str, str] | None = None,
    ) -> web.Response:
        """`given`: what could not be kept, shown as it was filled in."""
        status = 404 if standing is None else 422 if error else 200
        return self._pages.page(
            request,
            "preferences.html",
            status=status,
            error=error,
            locale=standing.locale if standing else "",
            standing=standing,
            stop_url=self._links.url(point) if point else "",
            saved=saved,
            purposes=PURPOSES,
            channels=self._offered(standing),
            chosen=(given or _form(standing)) if standing else {},
        )

    def _offered(self, standing: Standing | None) -> list[str]:
        """The channels that reach somebody who does not come to look."""
        found = []
        for name in standing.channels if standing else ():
            can = self._services.registry.capabilities(name)
            if can is not None and not can.awaits_visit:
                found.append(name)
        return found


def _form(standing: Standing) -> dict[str, str]:
    """The form as somebody would have filled it in who wants what holds."""
    wants = standing.wants.channels
    return {
        **{str(one): "1" for one, allowed in standing.allowed.items() if allowed},
        **({"quiet": "1"} if standing.hours else {}),
        "channel": wants[0] if wants else "",
        **(standing.hours or _NIGHT).shown,
    }


def _answer(form: Mapping[str, str], words: Mapping[str, str]) -> Answer:
    """Raises Invalid for hours that are none."""
    own = "quiet" in form
    return Answer(
        allowed={one: str(one) in form for one in PURPOSES},
        wordings={one: words[f"purpose_{one}"] for one in PURPOSES},
        channel=form.get("channel", ""),
        quiet=Quiet.parse(form.get("from", ""), form.get("until", "")) if own else "none",
    )
