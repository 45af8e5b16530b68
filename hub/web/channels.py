"""`/channels/{inbox}/...`, `/chat/{inbox}/...`: providers and widgets, led to their inbox."""

from collections.abc import Callable
from uuid import UUID

from aiohttp import web

from hub.errors import NotFound
from hub.ids import parse_id
from hub.inboxes.open_inbox import OpenInbox
from hub.ports import HttpChannel

OpenInboxes = Callable[[UUID], OpenInbox | None]


class ChannelDoor:
    """Finds a request's inbox; one that is unknown, closed or not spoken to is the same 404."""

    def __init__(self, open_inbox: OpenInboxes) -> None:
        self._open_inbox = open_inbox

    async def serve(self, request: web.Request) -> web.StreamResponse:
        inbox_id = parse_id(request.match_info["inbox"])
        found = self._open_inbox(inbox_id) if inbox_id is not None else None
        if found is None or not isinstance(found.channel, HttpChannel):
            raise NotFound("There is nothing here.")
        return await found.channel.handle_http(request, request.match_info["tail"])
