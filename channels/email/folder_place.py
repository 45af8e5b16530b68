"""Opening a folder, and finding the place in it where we left off."""

import structlog

from channels.email.imap import Mailbox, Selected
from channels.email.positions import Position, begin, from_json
from channels.email.settings import EmailSettings
from hub.ports import Host

log = structlog.get_logger(__name__)


def key_of(folder: str) -> str:
    """Under which the position is kept in `Host.state`."""
    return f"folder:{folder}"


async def find_place(
    folder: str, mailbox: Mailbox, host: Host, settings: EmailSettings
) -> Position:
    """Select the folder; its position is kept from the first time on."""
    selected = await mailbox.select(folder)
    newest = await _newest(mailbox, selected)
    kept = await host.state.get(key_of(folder))
    before = from_json(kept) if kept is not None else None
    position = begin(before, selected, newest, settings.import_days, host.now())
    if position != before:
        if before is not None:
            log.warning("email.folder_renumbered", folder=folder)
        await host.state.put(key_of(folder), position.to_json())
    return position


async def _newest(mailbox: Mailbox, selected: Selected) -> int:
    """The last UID given so far."""
    if selected.next_uid:
        return selected.next_uid - 1
    # UIDNEXT is no must (RFC 3501 6.3.1).
    return max(await mailbox.uids(1), default=0)
