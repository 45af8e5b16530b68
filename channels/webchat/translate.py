"""Between the hub's messages and the chat's JSON."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import orjson

from channels.webchat.bodies import PostMessage
from channels.webchat.visits import Visit
from hub.ports import Attachment, Change, InboundMessage, StoredFile, TranscriptEntry

Json = dict[str, object]
UrlOf = Callable[[UUID], str]


def inbound(
    visit: Visit, posted: PostMessage, files: Sequence[StoredFile], now: datetime
) -> InboundMessage:
    """What a visitor wrote, as the hub takes it."""
    return InboundMessage(
        external_id=external_id(visit, posted.client_id),
        address=visit.address,
        text=posted.text,
        occurred_at=now,
        proof=visit.proof,
        attachments=tuple(
            Attachment(file.name, file_id=file.id, content_type=file.content_type)
            for file in files
        ),
        sender_name=visit.shown_name,
        locale=visit.locale,
        data=_told_beside(visit),
    )


def claimed(visit: Visit, now: datetime) -> Change:
    """What the visitor, or the site, says of him; the same words again are the same change."""
    return Change(
        "claimed",
        now,
        visit.address,
        f"{visit.value}/claimed/{visit.id}/{visit.said}",
        claims=visit.claims,
    )


def _told_beside(visit: Visit) -> Json:
    """Shown to operators as the site's and the visitor's word; it links and merges nothing."""
    page = {"title": visit.page_title, "url": visit.page_url}
    said = {"email": visit.email, "page": page if any(page.values()) else None}
    return {name: words for name, words in said.items() if words}


def external_id(visit: Visit, client_id: str) -> str:
    # A client id holds no slash, so no two visitors can meet in one id.
    return f"{visit.value}/{client_id}"


def shown(entry: TranscriptEntry, visit: Visit, url_of: UrlOf) -> Json:
    """A message as the widget gets it; `client_id` is the one it gave to what it sent itself."""
    return {
        "id": str(entry.id),
        "position": entry.position,
        "direction": entry.direction,
        "text": "" if entry.deleted else entry.text,
        "author": {"name": entry.author_name},
        "files": [] if entry.deleted else [file_shown(file, url_of) for file in entry.files],
        "buttons": [{"label": one.label, "value": one.value} for one in entry.buttons],
        "client_id": _client_id(entry, visit),
        "status": entry.status,
        "deleted": entry.deleted,
        "occurred_at": _rfc3339(entry.occurred_at),
        "recorded_at": _rfc3339(entry.recorded_at),
    }


def _client_id(entry: TranscriptEntry, visit: Visit) -> str:
    own = external_id(visit, "")
    return entry.external_id.removeprefix(own) if entry.external_id.startswith(own) else ""


def file_shown(file: StoredFile, url_of: UrlOf) -> Json:
    return {
        "id": str(file.id),
        "name": file.name,
        "content_type": file.content_type,
        "size": file.size,
        "url": url_of(file.id),
    }


def content(entry: TranscriptEntry) -> tuple[object, ...]:
    """What of an entry a reader would see change: all but its status."""
    return (entry.text, entry.deleted, tuple(file.id for file in entry.files), entry.buttons)


def _rfc3339(moment: datetime) -> str:
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    # Every message spells two: orjson is quickest, but leaves out microseconds that are zero.
    spelled = orjson.dumps(moment, option=orjson.OPT_UTC_Z).decode()[1:-1]
    return spelled if moment.microsecond else f"{spelled[:-1]}.000000Z"
