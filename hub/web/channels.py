"""`/channels/{inbox}/...`, `/chat/{inbox}/...`: providers and widgets, led to their inbox."""

from collections.abc import Callable
from uuid import UUID

from aiohttp import web

from hub.errors import NotFound
from hub.ids import parse_id
from hub.inboxes.open_inbox import OpenInbox
from hub.ports import HttpChannel
from hub.web.proxies import CALLER

OpenInboxes = Callable[[UUID, str], OpenInbox | None]
"""By id, and the name of the path it is called under ('' = any). Raises Unavailable for an inbox
that should be open and is not at this moment."""


class ChannelDoor:
    """Finds a request's inbox; one that is unknown, disabled or not spoken to is the same 404."""

    def __init__(self, open_inbox: OpenInboxes) -> None:
        self._open_inbox = open_inbox

    async def serve(self, request: web.Request) -> web.StreamResponse:
        return await self._lead(request, "")

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """An inbox that people talk to in their browser; any other is as good as unknown here."""
        return await self._lead(request, "chat")

    async def _lead(self, request: web.Request, path: str) -> web.StreamResponse:
        inbox_id = _inbox_id(request)
        found = self._open_inbox(inbox_id, path) if inbox_id is not None else None
        if found is None or not isinstance(found.channel, HttpChannel):
            raise NotFound("There is nothing here.")
        caller = request[CALLER]
        if caller.address != request.remote:
            # Behind a trusted proxy: limits are the caller's and not the proxy's.
            request = request.clone(remote=caller.address)
        return await found.channel.handle_http(request, request.match_info["tail"])

    async def page(self, request: web.Request) -> web.StreamResponse:
        """An address typed without its last slash: relative links on the page need that slash."""
        inbox_id = _inbox_id(request)
        if inbox_id is None:
            raise NotFound("There is nothing here.")
        # As it came: decoded it could hold the end of a line, which no header can.
        raw = request.rel_url.raw_query_string
        query = f"?{raw}" if raw else ""
        # Relative, so that it holds behind a proxy that takes a prefix off.
        return web.Response(status=308, headers={"Location": f"{inbox_id}/{query}"})


def _inbox_id(request: web.Request) -> UUID | None:
    return parse_id(request.match_info["inbox"])
