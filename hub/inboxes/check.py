"""Trying an inbox's settings against its provider, without opening it."""

import asyncio
from collections.abc import Sequence

import structlog

from hub.errors import HubError
from hub.inboxes import settings as inbox_settings
from hub.inboxes.open_inbox import InboxRef
from hub.inboxes.tables import Inbox
from hub.inboxes.upkeep import Tools
from hub.ports import Finding

log = structlog.get_logger(__name__)

PATIENCE = 30.0
"""Seconds a provider gets to answer."""


async def check(tools: Tools, inbox: Inbox) -> Sequence[Finding]:
    """What the channel found; its own failure to find out is a finding as well."""
    try:
        channel_type = await asyncio.to_thread(tools.registry.type, inbox.channel)
        settings = inbox_settings.restore(channel_type.settings, inbox.settings, tools.keyring)
        region = str(getattr(settings, "region", "") or "")
        ref = InboxRef(inbox.id, inbox.channel, inbox.name, inbox.pool, region, inbox.reopen_days)
        async with asyncio.timeout(PATIENCE):
            return await channel_type.check(settings, tools.host_for(ref))
    except HubError as error:
        return [Finding("error", str(error), error.remedy)]
    except TimeoutError:
        return [Finding("error", f"There was no answer within {PATIENCE:g} seconds.")]
    except Exception:
        log.exception("inbox.check_failed", inbox_id=str(inbox.id), channel=inbox.channel)
        return [Finding("error", "The check itself failed; the server's log says how.")]
