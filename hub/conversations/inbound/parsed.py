"""A parsed message as JSON, so that quarantine can give it back without its channel."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.clock import rfc3339
from hub.conversations.cleaning import clean, clean_json
from hub.db.engine import WriteSession
from hub.errors import Invalid
from hub.ports import Address, Attachment, Forwarded, InboundMessage, Proof
from hub.timeline.files import FileStore


def to_json(message: InboundMessage) -> dict[str, object]:
    """All of the message but its raw bytes and files' contents (see `keep_files`)."""
    return clean_json(
        {
            "external_id": message.external_id,
            "address": {"scheme": message.address.scheme, "value": message.address.value},
            "text": message.text,
            "occurred_at": _moment(message.occurred_at),
            "proof": str(message.proof),
            "html": message.html,
            "attachments": [_file_to_json(one) for one in message.attachments],
            "sender_name": message.sender_name,
            "locale": message.locale,
            "reply_address": message.reply_address,
            "conversation_id": _id(message.conversation_id),
            "thread": list(message.thread),
            "names": list(message.names),
            "answers_delivery": _id(message.answers_delivery),
            "data": dict(message.data),
            "automatic": message.automatic,
            "imported": message.imported,
            "forwarded": _forwarded_to_json(message.forwarded),
        }
    )


def from_json(kept: Mapping[str, Any], raw: bytes) -> InboundMessage:
    """The message that `to_json` wrote; raises Invalid when that is no longer possible."""
    try:
        return InboundMessage(
            **{
                **kept,
                "address": Address(**kept["address"]),
                "occurred_at": datetime.fromisoformat(kept["occurred_at"]),
                "proof": Proof(kept["proof"]),
                "attachments": tuple(_file_from_json(one) for one in kept["attachments"]),
                "conversation_id": _parse_id(kept["conversation_id"]),
                "thread": tuple(kept["thread"]),
                "names": tuple(kept.get("names", ())),
                "answers_delivery": _parse_id(kept.get("answers_delivery")),
                "forwarded": _forwarded_from_json(kept.get("forwarded")),
                "raw": raw,
            }
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid(f"The kept message cannot be read: {error}.") from error


def _forwarded_to_json(one: Forwarded | None) -> dict[str, object] | None:
    if one is None:
        return None
    address = {"scheme": one.address.scheme, "value": one.address.value}
    return {"address": address, "name": one.name, "text": one.text, "data": dict(one.data)}


def _forwarded_from_json(kept: Mapping[str, Any] | None) -> Forwarded | None:
    return Forwarded(**{**kept, "address": Address(**kept["address"])}) if kept else None


def _moment(moment: datetime) -> str:
    # A naive time may be why the message is here; it stays what it was.
    return rfc3339(moment) if moment.tzinfo else moment.isoformat()


def _id(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _parse_id(value: str | None) -> UUID | None:
    return None if value is None else UUID(value)


def _file_to_json(attachment: Attachment) -> dict[str, object]:
    return {
        "name": attachment.name,
        "file_id": _id(attachment.file_id),
        "content_type": attachment.content_type,
        "inline": attachment.inline,
        "content_id": attachment.content_id,
    }


def _file_from_json(kept: Mapping[str, Any]) -> Attachment:
    return Attachment(**{**kept, "file_id": _parse_id(kept["file_id"])})


async def keep_files(
    session: WriteSession, files: FileStore, inbox_id: UUID, attachments: Sequence[Attachment]
) -> tuple[Attachment, ...]:
    """The same attachments, their bytes in the file store.

    One too large for the store is left out: the message can then be replayed without it.
    """
    kept = []
    for one in attachments:
        if one.content is None:
            kept.append(one)
        elif len(one.content) <= files.max_bytes:
            stored = await files.save(
                clean(one.name), one.content, uploaded_by=f"inbox:{inbox_id}", session=session
            )
            kept.append(replace(one, content=None, file_id=stored.id))
    return tuple(kept)
