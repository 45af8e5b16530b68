"""A pressed button is a message of the customer: it says what stood on the button."""

from uuid import UUID

from sqlalchemy import text

from hub.conversations import rating
from hub.conversations.inbound.incoming import key_of
from hub.db.engine import Database
from hub.ports import Change, InboundMessage

# A quick finger is here before what the provider calls the message has been written down.
_LABEL = text("""
    SELECT button->>'label'
    FROM deliveries, jsonb_array_elements(coalesce(content->'buttons', '[]')) AS button
    WHERE inbox_id = :inbox AND button->>'value' = :value
      AND ((external_id = :name AND external_id <> '')
           OR (status = 'sending' AND (scheme, address) = (:scheme, :address)))
    ORDER BY external_id = :name DESC LIMIT 1
""")


async def to_message(database: Database, inbox_id: UUID, change: Change) -> InboundMessage:
    """The message that pressing the button amounts to; its value is in `data`, for rules."""
    async with database.reading() as session:
        label = await (await session.connection()).scalar(
            _LABEL,
            {
                "inbox": inbox_id,
                "name": key_of(change.external_id),
                "value": change.value,
                "scheme": change.address.scheme,
                "address": change.address.value,
            },
        )
    # Only what we offered there names a conversation of theirs.
    rated = rating.read(change.value) if label else None
    return InboundMessage(
        external_id=f"change:{change.change_id}",
        address=change.address,
        text=label or change.value,
        occurred_at=change.occurred_at,
        proof=change.proof,
        thread=(change.external_id,),
        data={"button": change.value},
        # A customer who is content starts no new work by saying so.
        automatic=rated is not None and not rated.low,
        conversation_id=rated.conversation_id if rated else None,
    )
