"""Whether another inbox receives from the same account already: two of them would fight over it.

A provider hands each message to one of two who ask for it, or ends the one's connection when the
other comes; the lease that lets one node receive is of one inbox and cannot help.
"""

from sqlalchemy import select, text

from hub.crypto import Keyring
from hub.db.engine import WriteSession
from hub.errors import Conflict, HubError
from hub.inboxes import settings as inbox_settings
from hub.inboxes.tables import Inbox
from hub.ports import Accounts, ChannelType

# Whoever adds or switches on an inbox takes turns ("inbox" in ASCII).
_TURN = text("SELECT pg_advisory_xact_lock(0x696e626f78)")


async def claim(
    session: WriteSession, channel_type: ChannelType, inbox: Inbox, keyring: Keyring
) -> None:
    """Raises Conflict naming the enabled inbox (`id`) that has one of this inbox's accounts."""
    if not isinstance(channel_type, Accounts):
        return
    await session.execute(_TURN)
    wanted = _accounts(channel_type, inbox, keyring)
    same = select(Inbox).where(Inbox.channel == inbox.channel, Inbox.enabled).order_by(Inbox.id)
    for other in await session.scalars(same):
        if other is not inbox and wanted & _accounts(channel_type, other, keyring):
            raise Conflict(
                f"The inbox “{other.name}” receives from this account already.",
                remedy="Change that inbox, or switch it off first.",
                code="account-in-use",
                extra={"id": str(other.id)},
            )


def _accounts(channel_type: Accounts, inbox: Inbox, keyring: Keyring) -> frozenset[str]:
    try:
        settings = inbox_settings.restore(channel_type.settings, inbox.settings, keyring)
    except HubError:
        # It cannot be opened either: its own state says so.
        return frozenset()
    return frozenset(channel_type.accounts(settings))
