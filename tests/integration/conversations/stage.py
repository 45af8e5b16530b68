"""Customers who wrote, operators who answer."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from hub.conversations.draft import Author, Cause, Draft, Sender
from hub.conversations.inbound.incoming import read
from hub.conversations.inbound.store import store
from hub.conversations.outbound.posting import Sent
from hub.conversations.outbound.reply import Suppressed, attempt_send, send
from hub.customers.identify import Home
from hub.ids import new_id
from hub.inboxes.open_inbox import InboxRef
from hub.operators.access import ROLE_SCOPES, SYSTEM, Role, Viewer
from hub.ports import Accepted, Address, Capabilities, InboundMessage
from hub.timeline.files import FileStore
from tests.integration.deliveries.scene import CAPABILITIES, Scene

NO_CAUSE = Cause()


class Registry:
    """Channels by name, as the stage wants them."""

    def __init__(self, channels: Mapping[str, Capabilities]) -> None:
        self.channels = dict(channels)

    def capabilities(self, name: str, /) -> Capabilities | None:
        return self.channels.get(name)


class Stage(Scene):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.registry = Registry({"fake": CAPABILITIES})

    async def operator(self, name: str, *, hidden: frozenset[UUID] = frozenset()) -> Viewer:
        operator_id = new_id()
        await self.execute(
            "INSERT INTO operators (id, email, name, role) "
            "VALUES (:id, :email, :name, 'operator')",
            id=operator_id,
            email=f"{name}@example.com",
            name=name,
        )
        return Viewer(
            "operator", operator_id, name, ROLE_SCOPES[Role.OPERATOR], hidden, Role.OPERATOR
        )

    async def writes(self, inbox_id: UUID, name: str, words: str, **changes: Any) -> UUID:
        """A customer writes; returns the entry's id."""
        message = InboundMessage(
            external_id=f"in-{new_id()}",
            address=Address("fake", name),
            text=words,
            occurred_at=self.clock(),
        )
        ref = InboxRef(inbox_id, "fake", "shop", "main")
        incoming = read(ref, replace(message, **changes))
        async with self.database.transaction() as session:
            (answer,) = await store(session, FileStore(self.database), [incoming], self.clock)
        assert isinstance(answer, Accepted)
        return answer.entry_id

    async def sends(self, home: Home, viewer: Viewer, words: str, **changes: Any) -> Sent:
        async with self.database.transaction() as session:
            return await send(
                session,
                home.root_id,
                Draft(words)._replace(**changes),
                by=Sender.of(viewer),
                registry=self.registry,
                now=self.clock(),
            )

    async def rule_sends(
        self, home: Home, words: str, *, cause: Cause = NO_CAUSE, **changes: Any
    ) -> Sent | Suppressed:
        draft = Draft(words, purpose="notice", automatic=True)._replace(**changes)
        async with self.database.transaction() as session:
            return await attempt_send(
                session,
                home.root_id,
                draft,
                by=Sender(SYSTEM, Author("rule", None, "Order notices"), cause),
                registry=self.registry,
                now=self.clock(),
            )

    async def conversations(self) -> list[Any]:
        return await self.execute("SELECT * FROM conversations ORDER BY opened_at, id")

    async def events(self, kind: str) -> list[Any]:
        return await self.execute(
            "SELECT * FROM pending_events WHERE type = :kind ORDER BY n", kind=kind
        )
