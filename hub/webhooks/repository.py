"""Webhooks as an administrator makes, changes and lists them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from hub.clock import rfc3339
from hub.crypto import Keyring
from hub.db.base import Json
from hub.db.engine import AnySession, WriteSession, savepoint
from hub.errors import Conflict, Invalid, NotFound
from hub.events import FOR_ONE, EventType
from hub.inboxes.outgoing_http import allowed
from hub.settings import Network
from hub.webhooks import lanes
from hub.webhooks.enqueue import ALL
from hub.webhooks.signing import new_secret
from hub.webhooks.tables import Webhook

_COUNTS = text("""
    SELECT webhook_id, status, count(*) AS many FROM (
        SELECT k.id AS webhook_id, d.status
        FROM unnest(CAST(:ids AS uuid[])) AS k(id), LATERAL (
            SELECT status FROM webhook_deliveries
            WHERE webhook_id = k.id AND status <> 'delivered' LIMIT 10000) AS d
    ) AS waiting GROUP BY webhook_id, status
""")


@dataclass(frozen=True, slots=True)
class Draft:
    """A new webhook. events: types of hub.events, or `*`; none: only what rules tell it."""

    name: str
    url: str
    events: Sequence[str]
    enabled: bool = True


async def create(
    session: WriteSession,
    draft: Draft,
    *,
    keyring: Keyring,
    exempt: Sequence[Network],
    now: datetime,
) -> tuple[Webhook, str]:
    """The row and its secret, which is shown this once. Raises Invalid, and Conflict on the name.

    exempt: networks that may be called though private.
    """
    secret = new_secret()
    row = Webhook(
        name=draft.name,
        url=checked_url(draft.url, exempt),
        events=checked_events(draft.events),
        enabled=draft.enabled,
        secret=keyring.encrypt(secret),
        disabled_at=None if draft.enabled else now,
        disabled_reason="" if draft.enabled else "by-hand",
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    await _flush(session, draft.name)
    await session.refresh(row)
    return row, secret


async def patch(
    session: WriteSession,
    webhook_id: UUID,
    given: Json,
    *,
    exempt: Sequence[Network],
    now: datetime,
) -> Webhook:
    """Change what is `given` (name, url, events, enabled); raises as `create` does.

    Switched on again it hears of what happens from now on; what it missed can be replayed.
    """
    row = await _locked(session, webhook_id)
    if "url" in given:
        row.url = checked_url(given["url"], exempt)
    if "events" in given:
        row.events = checked_events(given["events"])
    if "name" in given:
        row.name = given["name"]
    row.updated_at = now
    await _flush(session, row.name)
    if given.get("enabled") is True and not row.enabled:
        row.enabled, row.disabled_at, row.disabled_reason, row.failing_since = True, None, "", None
        await session.flush()
    if given.get("enabled") is False and row.enabled:
        await lanes.stop(session, webhook_id, "by-hand", now)
        await session.refresh(row)
    return row


async def rotate(
    session: WriteSession, webhook_id: UUID, overlap: timedelta, *, keyring: Keyring, now: datetime
) -> tuple[Webhook, str]:
    """A new secret, shown this once; the old one goes on signing beside it for `overlap`."""
    row, secret = await _locked(session, webhook_id), new_secret()
    row.old_secret, row.old_secret_until = row.secret, now + overlap
    row.secret, row.updated_at = keyring.encrypt(secret), now
    await session.flush()
    return row, secret


async def delete(session: WriteSession, webhook_id: UUID) -> None:
    """Forget the webhook and all it was told; work under way finds nothing left to do."""
    await session.delete(await _locked(session, webhook_id))
    await session.flush()


async def get(session: AnySession, webhook_id: UUID) -> Webhook:
    row = await session.get(Webhook, webhook_id)
    if row is None:
        raise _unknown()
    return row


async def page(session: AnySession, *, after: UUID | None, limit: int) -> list[Webhook]:
    """Oldest first."""
    query = select(Webhook).order_by(Webhook.id).limit(limit)
    if after is not None:
        query = query.where(Webhook.id > after)
    return list(await session.scalars(query))


async def shown(session: AnySession, rows: Sequence[Webhook]) -> list[Json]:
    """The JSON shape of webhooks; `pending` and `failed` are counted up to 10,000 together."""
    found = await (await session.connection()).execute(_COUNTS, {"ids": [row.id for row in rows]})
    counts = {(line.webhook_id, line.status): line.many for line in found}
    return [
        _view(row, counts.get((row.id, "pending"), 0), counts.get((row.id, "failed"), 0))
        for row in rows
    ]


def _view(row: Webhook, pending: int, failed: int) -> Json:
    return {
        "id": str(row.id),
        "name": row.name,
        "url": row.url,
        "events": row.events,
        "enabled": row.enabled,
        "state": state_of(row),
        "disabled_reason": row.disabled_reason,
        "disabled_at": _moment(row.disabled_at),
        "failing_since": _moment(row.failing_since),
        "last_success_at": _moment(row.last_success_at),
        "old_secret_until": _moment(row.old_secret_until),
        "pending": pending,
        "failed": failed,
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
    }


def state_of(row: Webhook) -> str:
    """on, failing (its last call failed), off."""
    if not row.enabled:
        return "off"
    return "failing" if row.failing_since else "on"


def checked_url(url: str, exempt: Sequence[Network]) -> str:
    """The address as it will be called; raises Invalid for what could never be."""
    fault = _fault(url, exempt)
    if fault:
        raise Invalid("This address cannot be called.", fields={"url": fault})
    return url


def _fault(url: str, exempt: Sequence[Network]) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "Write it like https://shop.example/hook."
    spelled = url.isprintable() and " " not in url
    if parts.scheme not in {"https", "http"} or not host or not spelled:
        return "Write it like https://shop.example/hook."
    if parts.username is not None:
        return "Leave out the user and the password: calls are signed instead."
    return _private(host, exempt)


def _private(host: str, exempt: Sequence[Network]) -> str:
    """Told early for a bare address; a name is checked where the connection is made."""
    try:
        ip_address(host)
    except ValueError:
        return ""
    return "" if allowed(host, exempt) else "Name its network in HUB_ALLOW_HOSTS first."


def checked_events(wanted: Sequence[str]) -> list[str]:
    """Raises Invalid naming those that do not exist."""
    known = {str(one) for one in EventType if one not in FOR_ONE} | {ALL}
    unknown = sorted(set(wanted) - known)
    if unknown:
        raise Invalid(
            "Some of these events do not exist.",
            remedy="docs/events.md lists them.",
            fields={"events": f"Unknown: {', '.join(unknown)[:500]}"},
        )
    return sorted(set(wanted))


async def _locked(session: WriteSession, webhook_id: UUID) -> Webhook:
    row = await session.get(Webhook, webhook_id, with_for_update=True)
    if row is None:
        raise _unknown()
    return row


async def _flush(session: WriteSession, name: str) -> None:
    try:
        async with savepoint(session):
            await session.flush()
    except IntegrityError as error:
        raise Conflict(
            f"There is a webhook called `{name}` already.", remedy="Choose another name."
        ) from error


def _unknown() -> NotFound:
    return NotFound("There is no such webhook.")


def _moment(value: datetime | None) -> Any:  # noqa: ANN401 - null in JSON
    return None if value is None else rfc3339(value)
