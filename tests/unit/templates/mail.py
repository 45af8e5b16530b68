"""A mail of given words, as the hub hands it to the channel."""

from uuid import UUID

from hub.conversations.draft import Words
from hub.ports import Address, OutboundMessage

_ID = UUID("0198c5a0-0000-7000-8000-000000000001")


def mail_of(words: Words, locale: str) -> OutboundMessage:
    return OutboundMessage(
        delivery_id=_ID,
        entry_id=_ID,
        conversation_id=None,
        address=Address("email", "irina@example.com"),
        reply_address="",
        text=words.text,
        html=words.html,
        subject=words.subject,
        automatic=True,
        locale=locale,
    )
