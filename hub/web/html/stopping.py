"""`/stop/{token}`: the page behind the link in a mail, and the one click of RFC 8058.

The token is all the proof there is: whoever has it got the mail. Looking stops nothing, since
programs that check mails for viruses follow every link.
"""

from urllib.parse import parse_qs
from uuid import UUID

from aiohttp import web

from hub.conversations.outbound import stopping
from hub.conversations.outbound.stop_links import StopLinks
from hub.conversations.outbound.stopping import Standing
from hub.customers.consents import Purpose
from hub.web.bodies import read_bounded
from hub.web.html.pages import Pages
from hub.web.services import Services

_LARGEST = 4 * 1024


class StopPages:
    """Served to customers, who are signed in nowhere."""

    def __init__(self, services: Services, pages: Pages) -> None:
        self._services = services
        self._pages = pages
        self._links = StopLinks(services.keyring, services.settings.public_url)

    async def ask(self, request: web.Request) -> web.Response:
        """How it stands, and one button."""
        named = self._links.read(request.match_info["token"])
        standing = None
        if named is not None:
            async with self._services.database.reading() as session:
                standing = await stopping.look(session, *named)
        return self._page(request, named, standing)

    async def stop(self, request: web.Request) -> web.Response:
        """Stop, or go on when the form asks for that; mail programs post here by themselves."""
        named = self._links.read(request.match_info["token"])
        if named is None:
            return self._page(request, None, None)
        # Of other programs a form may come in any shape; that it came is what counts.
        given = parse_qs((await read_bounded(request, _LARGEST)).decode("utf-8", "replace"))
        async with self._services.database.transaction() as session:
            now = self._services.clock()
            await stopping.put(session, named, stopped="resume" not in given, now=now)
            standing = await stopping.look(session, *named)
        return self._page(request, named, standing, resumed="resume" in given)

    def _page(
        self,
        request: web.Request,
        named: tuple[UUID, Purpose] | None,
        standing: Standing | None,
        *,
        resumed: bool = False,
    ) -> web.Response:
        return self._pages.page(
            request,
            "stop.html",
            status=404 if standing is None else 200,
            standing=standing,
            resumed=resumed,
            purpose=str(named[1]) if named else "",
            preferences_url=self._links.preferences(named[0]) if named else "",
        )
