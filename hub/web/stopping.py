"""`/stop/{token}`: the page behind the link in a mail, and the one click of RFC 8058.

The token is all the proof there is: whoever has it got the mail. Looking stops nothing, since
programs that check mails for viruses follow every link.
"""

from urllib.parse import parse_qs

from aiohttp import web

from hub.conversations import stopping
from hub.conversations.stop_links import StopLinks
from hub.conversations.stopping import Standing
from hub.web.bodies import read_bounded
from hub.web.pages import Pages
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
        point = self._links.read(request.match_info["token"])
        standing = None
        if point is not None:
            async with self._services.database.reading() as session:
                standing = await stopping.look(session, point)
        return self._page(request, standing)

    async def stop(self, request: web.Request) -> web.Response:
        """Stop, or go on when the form asks for that; mail programs post here by themselves."""
        point = self._links.read(request.match_info["token"])
        if point is None:
            return self._page(request, None)
        # Of other programs a form may come in any shape; that it came is what counts.
        given = parse_qs((await read_bounded(request, _LARGEST)).decode("utf-8", "replace"))
        async with self._services.database.transaction() as session:
            now = self._services.clock()
            await stopping.put(session, point, stopped="resume" not in given, now=now)
            standing = await stopping.look(session, point)
        return self._page(request, standing)

    def _page(self, request: web.Request, standing: Standing | None) -> web.Response:
        status = 404 if standing is None else 200
        return self._pages.page(request, "stop.html", status=status, standing=standing)
