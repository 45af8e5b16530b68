"""Inboxes as an administrator sees and changes them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from hub.clock import rfc3339
from hub.crypto import Keyring
from hub.db.base import Json
from hub.db.engine import AnySession, WriteSession, wake_after_commit
from hub.db.event_log import append
from hub.db.signals import Topic
from hub.errors import Invalid, NotFound
from hub.events import EventType, NewEvent
from hub.inboxes import accounts
from hub.inboxes import settings as inbox_settings
from hub.inboxes.open_inbox import REOPEN_DAYS
from hub.inboxes.registry import ChannelUnusable, Registry
from hub.inboxes.tables import Inbox
from hub.ports import ChannelType, HttpChannelType


@dataclass(frozen=True, slots=True)
class InboxDraft:
    """A new inbox: `settings` as the channel's own form spells them."""

    channel: str
    name: str
    settings: Json
    pool: str = "main"
    enabled: bool = True
    reopen_days: int = REOPEN_DAYS


@dataclass(frozen=True, slots=True)
class InboxChanges:
    """What to change; None leaves as it is. Any change, also an empty one, reopens the inbox."""

    name: str | None = None
    pool: str | None = None
    enabled: bool | None = None
    settings: Json | None = None
    reopen_days: int | None = None


class InboxRepository:
    """Creates, lists and changes inboxes. `public_url`: where the hub is reached from outside."""

    def __init__(self, registry: Registry, keyring: Keyring, public_url: str) -> None:
        self._registry = registry
        self._keyring = keyring
        self._public_url = public_url

    async def create(self, session: WriteSession, draft: InboxDraft, *, now: datetime) -> Inbox:
        """Raises Invalid naming the field: an unknown channel, an empty name, wrong settings.

        Raises Conflict naming the inbox that has the account already.
        """
        channel_type = self._registry.type(draft.channel)
        inbox = Inbox(
            channel=draft.channel,
            name=_word("name", draft.name),
            pool=_word("pool", draft.pool),
            reopen_days=draft.reopen_days,
            enabled=draft.enabled,
            settings=inbox_settings.accept(channel_type.settings, draft.settings, self._keyring),
            state="opening" if draft.enabled else "disabled",
            state_at=now,
            created_at=now,
        )
        if inbox.enabled:
            await accounts.claim(session, channel_type, inbox, self._keyring)
        session.add(inbox)
        await session.flush()
        await session.refresh(inbox)
        await _announce(session, inbox, now)
        return inbox

    async def patch(
        self, session: WriteSession, inbox_id: UUID, changes: InboxChanges, *, now: datetime
    ) -> Inbox:
        """Change the inbox and have every node open it anew. Secrets that are not sent stay.

        Raises Conflict as `create` does.
        """
        inbox = await session.get(Inbox, inbox_id, with_for_update=True)
        if inbox is None:
            raise _unknown(inbox_id)
        if changes.name is not None:
            inbox.name = _word("name", changes.name)
        if changes.pool is not None:
            inbox.pool = _word("pool", changes.pool)
        if changes.reopen_days is not None:
            inbox.reopen_days = changes.reopen_days
        if changes.settings is not None:
            model = self._registry.type(inbox.channel).settings
            inbox.settings = inbox_settings.accept(
                model, changes.settings, self._keyring, stored=inbox.settings
            )
        if changes.enabled is not None:
            inbox.enabled = changes.enabled
        await self._claim(session, inbox, changes)
        inbox.version += 1
        inbox.state = "opening" if inbox.enabled else "disabled"
        inbox.detail = inbox.remedy = ""
        inbox.state_at = now
        await session.flush()
        await _announce(session, inbox, now)
        return inbox

    async def _claim(self, session: WriteSession, inbox: Inbox, changes: InboxChanges) -> None:
        # An inbox that is only renamed receives from what it did before.
        if inbox.enabled and (changes.enabled or changes.settings is not None):
            channel_type = self._registry.type(inbox.channel)
            await accounts.claim(session, channel_type, inbox, self._keyring)

    async def get(self, session: AnySession, inbox_id: UUID) -> Inbox:
        inbox = await session.get(Inbox, inbox_id)
        if inbox is None:
            raise _unknown(inbox_id)
        return inbox

    async def listing(self, session: AnySession) -> list[Inbox]:
        """All inboxes, oldest first: there are as many as a company has accounts."""
        return list(await session.scalars(select(Inbox).order_by(Inbox.id)))

    def view(self, inbox: Inbox) -> Json:
        """The JSON shape of an inbox; secrets only say whether they are set."""
        return {
            "id": str(inbox.id),
            "channel": inbox.channel,
            "name": inbox.name,
            "pool": inbox.pool,
            "reopen_days": inbox.reopen_days,
            "enabled": inbox.enabled,
            "state": inbox.state,
            "detail": inbox.detail,
            "remedy": inbox.remedy,
            "state_at": rfc3339(inbox.state_at),
            "created_at": rfc3339(inbox.created_at),
            "settings": inbox_settings.shown(inbox.settings),
            "urls": self._urls(inbox),
        }

    def schema(self, channel: str) -> Json:
        """JSON Schema of the channel's settings: what a form is drawn from."""
        return self._registry.type(channel).settings.model_json_schema()

    def _urls(self, inbox: Inbox) -> Json:
        paths = _paths(self._registry, inbox.channel)
        chat = f"{self._public_url}/chat/{inbox.id}/"
        below = f"{self._public_url}/channels/{inbox.id}/"
        return {
            "webhook": below + paths["webhook"] if "webhook" in paths else None,
            "status": below + paths["status"] if "status" in paths else None,
            "chat": chat + paths["chat"] if "chat" in paths else None,
        }


def _paths(registry: Registry, channel: str) -> dict[str, str]:
    try:
        channel_type: ChannelType = registry.type(channel)
    except ChannelUnusable:
        return {}
    return dict(channel_type.paths) if isinstance(channel_type, HttpChannelType) else {}


async def _announce(session: WriteSession, inbox: Inbox, now: datetime) -> None:
    data = {"inbox_id": str(inbox.id), "state": inbox.state}
    event = NewEvent(EventType.INBOX_STATE_CHANGED, now, inbox_id=inbox.id, data=data)
    await append(session, [event])
    wake_after_commit(session, Topic.INBOXES)


def _word(field: str, value: str) -> str:
    word = value.strip()
    if not word or len(word) > 100 or not word.isprintable():
        raise Invalid(
            f"The {field} must have 1 to 100 characters.", fields={field: "1 to 100 characters"}
        )
    return word


def _unknown(inbox_id: UUID) -> NotFound:
    return NotFound(f"There is no inbox {inbox_id}.")
