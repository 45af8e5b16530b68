"""Customers who write from several addresses, and operators who join them and take them apart."""

from typing import Any
from uuid import UUID

from typing_extensions import override

from hub.conversations.draft import Author
from hub.conversations.merging import reshape
from hub.conversations.merging.by import By
from hub.customers import repository
from hub.customers.edges import Moved
from hub.customers.evidence import Evidence
from hub.db.base import Json
from hub.operators.access import SYSTEM
from hub.timeline import page
from tests.integration.conversations.stage import Stage
from tests.integration.deliveries.scene import Turned

ACTS = ("customer.", "contact_point.", "conversation.")


class People(Stage):
    """Addresses are names (`fake:anna`); every one is a customer of its own to begin with."""

    clock: Turned  # type: ignore[mutable-override]
    operator_id: UUID | None = None

    @property
    def by(self) -> By:
        return By(Author("operator", self.operator_id, "Olga"), self.clock())

    async def merge(self, survivor: UUID, other: UUID, reason: str = "") -> Moved:
        async with self.database.transaction() as session:
            grounds = self.by.grounds(Evidence.OPERATOR, reason)
            return await reshape.merge(session, survivor, other, grounds, self.by)

    async def undo(self, customer_id: UUID, edge_id: UUID) -> Moved:
        async with self.database.transaction() as session:
            return await reshape.undo(session, customer_id, edge_id, self.by)

    async def split(self, point_id: UUID, reason: str = "") -> Moved:
        async with self.database.transaction() as session:
            grounds = self.by.grounds(Evidence.OPERATOR, reason)
            return await reshape.split(session, point_id, grounds, self.by)

    async def get(self, customer_id: UUID) -> Json:
        async with self.database.reading() as session:
            return await repository.get(session, customer_id, now=self.clock())

    async def root(self, customer_id: UUID) -> UUID:
        return UUID((await self.get(customer_id))["id"])

    async def timeline(self, customer_id: UUID) -> list[Any]:
        """All entries but the lines that tell of merges and splits."""
        async with self.database.reading() as session:
            found = await page.page(session, customer_id, SYSTEM, limit=200)
        return [
            one for one in found.items if not str(one["data"].get("activity", "")).startswith(ACTS)
        ]

    async def words(self, customer_id: UUID) -> list[str]:
        return [one["text"] for one in await self.timeline(customer_id)]

    async def acts(self, customer_id: UUID) -> list[Any]:
        async with self.database.reading() as session:
            found = await page.page(session, customer_id, SYSTEM, limit=200)
        return [
            one["data"]
            for one in found.items
            if str(one["data"].get("activity", "")).startswith(ACTS)
        ]

    @override
    async def conversations(self) -> list[Any]:
        return await self.execute(
            "SELECT s.root_id AS customer_id, c.* FROM conversations c "
            "JOIN streams s ON s.id = c.opening_stream_id ORDER BY c.opened_at, c.id"
        )

    async def said(self) -> dict[str, list[str]]:
        """{conversation: what is said in it}, in order."""
        rows = await self.execute(
            "SELECT conversation_id, array_agg(text ORDER BY position) AS words FROM entries "
            "WHERE kind = 'message' GROUP BY conversation_id"
        )
        return {str(row.conversation_id): row.words for row in rows}
